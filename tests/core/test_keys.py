"""API keys and ids."""

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from core.ids import object_id
from core.keys import ALPHABET, is_well_formed, new_key
from core.tokens import fingerprint


class TestANewKey:
    @pytest.mark.parametrize("environment", ["live", "test"])
    def test_says_where_it_is_from_and_is_well_formed(self, environment: str) -> None:
        key = new_key(environment)
        assert key.secret.startswith(f"aoa_{environment}_")
        assert is_well_formed(key.secret)

    def test_is_kept_as_a_digest_and_a_beginning(self) -> None:
        key = new_key("live")
        assert key.digest == fingerprint(key.secret)
        assert key.secret.startswith(key.prefix)
        assert len(key.prefix) < len(key.secret) / 3

    def test_is_like_no_other(self) -> None:
        assert len({new_key("live").secret for _ in range(1000)}) == 1000


class TestAMistypedKey:
    @given(data=st.data())
    def test_is_told_without_a_look_up(self, data: st.DataObject) -> None:
        secret = new_key("live").secret
        place = data.draw(st.integers(len("aoa_live_"), len(secret) - 1))
        letter = data.draw(st.sampled_from(ALPHABET.replace(secret[place], "")))
        assert not is_well_formed(secret[:place] + letter + secret[place + 1 :])

    @given(end=st.integers(0, 46))
    def test_is_told_when_it_was_cut(self, end: int) -> None:
        assert not is_well_formed(new_key("live").secret[:end])

    @given(text=st.text())
    def test_may_be_anything(self, text: str) -> None:
        for secret in (text, "aoa_live_" + text, "aoa_live_" + text[:38].ljust(38, "0")):
            assert not is_well_formed(secret)

    def test_is_not_of_another_environment(self) -> None:
        assert not is_well_formed(new_key("live").secret.replace("live", "prod"))


class TestAnId:
    @given(raw=st.binary(min_size=12, max_size=12))
    def test_is_24_hex_digits(self, raw: bytes) -> None:
        assert object_id(raw.hex()) == ObjectId(raw)

    @pytest.mark.parametrize("text", ["", "0" * 23, "0" * 25, "g" * 24, "0" * 24 + "\n", "A" * 24, "０" * 24])  # noqa: RUF001
    def test_is_nothing_else(self, text: str) -> None:
        assert object_id(text) is None
