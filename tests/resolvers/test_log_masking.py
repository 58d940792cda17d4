"""What is secret does not get into the logs that are kept."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.log_masking import MASK, masked_json, masked_text


def masked_data(data: dict[str, Any]) -> Any:
    return json.loads(masked_json(data))


@pytest.mark.parametrize(
    "key",
    [
        *("password", "Password", "PASSWORD", "userPassword", "user_password", "old-password", "passwd", "passphrase"),
        *("token", "access_token", "accessToken", "X-Shopify-Access-Token", "refreshToken", "csrf token", "tokens"),
        *(
            "authorization",
            "Authorization",
            "Proxy-Authorization",
            "secret",
            "client_secret",
            "clientSecret",
            "SECRETS",
        ),
        *("apiKey", "api_key", "API-KEY", "x-api-key", "apikeys", "cookie", "Cookie", "set-cookie", "cookies"),
    ],
)
def test_values_of_telling_keys_are_masked_however_they_are_written_and_wherever_they_are(key: str) -> None:
    assert masked_data({key: "hush"}) == {key: MASK}
    assert masked_data({"a": [{"b": {key: {"c": "hush"}}}]}) == {"a": [{"b": {key: MASK}}]}


def test_numbers_of_tokens_and_answers_to_yes_and_no_stay() -> None:
    data: dict[str, Any] = {"maxTokens": 512, "cookieConsent": True, "password": None, "hasSecret": False, "name": "x"}
    assert masked_data(data) == data
    assert masked_data({"password": 1234}) == {"password": MASK}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefghijkl", "Authorization: [masked]"),
        ('{"authorization": "Basic abc", "ok": 1}', '{"authorization": [masked], "ok": 1}'),
        ("sent with Bearer abcdefghijkl.mno", "sent with Bearer [masked]"),
        ("sent with basic YWRtaW46c2VjcmV0", "sent with basic [masked]"),
        ("GET /callback?code=1&access_token=abc&shop=x", "GET /callback?code=1&access_token=[masked]&shop=x"),
        ("login failed: password=hunter2, user=ada", "login failed: password=[masked], user=ada"),
        ("{'apiKey': 'abc', \"client_secret\" : \"def\"}", "{'apiKey': '[masked]', \"client_secret\" : \"[masked]\"}"),
        ("x-api-key: 12345", "x-api-key: [masked]"),
        ("Set-Cookie: a=b; c=d\nnext line", "Set-Cookie: [masked]\nnext line"),
        ("postgres://ada:hunter2@db/app", "postgres://[masked]@db/app"),
        ("called with shpat_0123456789abcdef0123456789abcdef", "called with [masked]"),
        ("key aoa_live_0123456789abcdefghij", "key [masked]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc was sent", "[masked] was sent"),
        ("https://hooks.slack.com/services/T1/B2/abc", "https://[masked]"),
    ],
)
def test_what_looks_like_a_credential_is_masked_in_texts(text: str, masked: str) -> None:
    assert masked_text(text) == masked
    assert masked_data({"note": text}) == {"note": masked}


@pytest.mark.parametrize(
    "text", ["the basic subscription plan", "the token has expired", "reset the password", "https://example.com/a?b=c"]
)
def test_other_words_stay(text: str) -> None:
    assert masked_text(text) == text


def test_what_is_nested_beyond_reason_is_no_json() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = {"a": deep}
    with pytest.raises(TypeError, match="Recursion limit reached"):
        masked_json(deep)


@pytest.mark.parametrize(
    "part", ["a", "password", "password ", "api_key  ", "basic ", "bearer ", "://a:", "eyJ.", "cookie:", "token='"]
)
def test_no_text_takes_long(part: str) -> None:
    text = part * (10_000 // len(part))
    started = time.process_time()
    masked_text(text)
    assert time.process_time() - started < 0.5


@given(st.text(max_size=60))
def test_masking_twice_is_the_same_as_once(text: str) -> None:
    once = masked_text(text)
    assert masked_text(once) == once


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=9), st.lists))
def test_what_is_no_secret_is_copied_as_it_is(value: Any) -> None:
    assert masked_data({"plain": value}) == {"plain": value}
