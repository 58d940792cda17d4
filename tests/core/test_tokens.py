"""Signed tokens."""

from datetime import timedelta
from typing import Any

import jwt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_encode
from pydantic import SecretStr

from core import clock
from core.errors import Unauthenticated
from core.settings import Settings
from core.tokens import Audience, Tokens, fingerprint, random_token

SETTINGS = Settings(secret_key=SecretStr("a secret of the tests, 32 characters and more"))
TOKENS = Tokens(SETTINGS)


def issued(**claims: Any) -> str:
    return TOKENS.issue(Audience.STAFF, "ada", version=3, **claims)


def forged(*, header: dict[str, Any] | None = None, key: bytes | None = None, **claims: Any) -> str:
    """A token of ours with some claims or header fields changed; None leaves one out."""
    token = issued()
    payload = jwt.decode(token, options={"verify_signature": False}) | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    headers = jwt.get_unverified_header(token) | (header or {})
    return jwt.encode(payload, key or SETTINGS.key("jwt"), headers["alg"], headers=headers)


def is_refused(token: str) -> bool:
    with pytest.raises(Unauthenticated, match="not valid"):
        TOKENS.read(token)
    return True


class TestAToken:
    def test_says_whose_it_is_and_since_when(self) -> None:
        login = clock.now().replace(microsecond=0) - timedelta(days=1)
        claims = TOKENS.read(issued(authenticated_at=login, app_id="banners"))
        assert (claims.subject, claims.version, claims.app_id) == ("ada", 3, "banners")
        assert claims.authenticated_at == login

    def test_is_like_no_other(self) -> None:
        assert issued() != issued()

    @pytest.mark.parametrize(
        ("audience", "lasts"),
        [
            (Audience.STAFF, timedelta(minutes=SETTINGS.token_minutes)),
            (Audience.END_USER, timedelta(hours=SETTINGS.end_user_hours)),
        ],
    )
    def test_is_for_one_audience_and_lasts_as_long_as_that_one_s_do(self, audience: Audience, lasts: timedelta) -> None:
        token = TOKENS.issue(audience, "ada", version=1)
        assert TOKENS.read(token).audience is audience
        with clock.shifted(lasts - timedelta(seconds=5)):
            assert TOKENS.read(token)
        with clock.shifted(lasts), pytest.raises(Unauthenticated, match="expired"):
            TOKENS.read(token)

    def test_is_read_after_the_secret_was_changed_until_the_old_one_is_dropped(self) -> None:
        new = SecretStr("another secret of the tests, 32 characters and more")
        changed = SETTINGS.model_copy(update={"secret_key": new, "previous_secret_keys": (SETTINGS.secret_key,)})
        token = issued()
        assert Tokens(changed).read(token).subject == "ada"
        dropped = Tokens(changed.model_copy(update={"previous_secret_keys": ()}))
        with pytest.raises(Unauthenticated):
            dropped.read(token)


class TestAForgedToken:
    def test_would_be_valid_if_nothing_were_changed(self) -> None:
        assert TOKENS.read(forged()).subject == "ada"

    @pytest.mark.parametrize("name", ["sub", "iss", "aud", "exp", "iat", "jti", "ver", "auth_time"])
    def test_lacks_a_claim(self, name: str) -> None:
        assert is_refused(forged(**{name: None}))

    @pytest.mark.parametrize(
        "claim", [{"iss": "other"}, {"aud": "other"}, {"aud": ["staff"]}, {"ver": "3"}, {"exp": "soon"}, {"sub": 1}]
    )
    def test_has_a_wrong_claim(self, claim: dict[str, Any]) -> None:
        assert is_refused(forged(**claim))

    @pytest.mark.parametrize("header", [{"typ": "JWT"}, {"kid": "other"}, {"kid": ""}])
    def test_has_another_type_or_key(self, header: dict[str, Any]) -> None:
        assert is_refused(forged(header=header))

    def test_is_signed_with_another_key(self) -> None:
        assert is_refused(forged(key=b"x" * 32))

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    def test_is_signed_by_another_algorithm(self) -> None:
        assert is_refused(forged(header={"alg": "HS512"}))

    def test_is_not_signed(self) -> None:
        token = issued()
        header = base64url_encode(orjson.dumps(jwt.get_unverified_header(token) | {"alg": "none"})).decode()
        assert is_refused(f"{header}.{token.split('.')[1]}.")

    @given(place=st.integers(0, 400), letter=st.sampled_from("AZaz09-_."))
    def test_differs_in_a_letter(self, place: int, letter: str) -> None:
        token = issued()
        changed = token[:place] + letter + token[place + 1 :]
        try:
            # The last letter of base64 has bits that mean nothing.
            assert TOKENS.read(changed).subject == "ada"
            assert changed[:-1] == token[:-1] or changed == token + letter
        except Unauthenticated:
            assert changed != token

    @given(text=st.text())
    def test_may_be_anything(self, text: str) -> None:
        assert is_refused(text)


def test_random_tokens_hold_192_bits_and_are_kept_as_a_digest() -> None:
    tokens = {random_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) == 32 for token in tokens)
    assert len(fingerprint("x")) == 64
