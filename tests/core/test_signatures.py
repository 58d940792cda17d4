"""What was signed verifies, and nothing else does."""

from typing import Any, Final

import pytest
from pydantic import SecretStr

from core.settings import Settings
from core.signatures import is_signed, public_keys, sign

SETTINGS: Final = Settings(secret_key=SecretStr("a secret of at least 32 characters"))
LATER: Final = Settings(
    secret_key=SecretStr("the secret that came after, as long"), previous_secret_keys=(SETTINGS.secret_key,)
)
STATEMENT: Final[dict[str, Any]] = {"b": [1, {"c": "é"}], "a": None}


def test_what_was_signed_verifies_whatever_the_order_of_its_keys() -> None:
    signature = sign(SETTINGS, "tests", STATEMENT)
    assert is_signed(SETTINGS, "tests", dict(reversed(STATEMENT.items())), signature.value)
    assert signature.public_key == public_keys(SETTINGS, "tests")[0]


def test_it_verifies_after_the_secret_was_changed_as_long_as_the_old_one_is_kept() -> None:
    signature = sign(SETTINGS, "tests", STATEMENT)
    assert is_signed(LATER, "tests", STATEMENT, signature.value)
    assert not is_signed(Settings(secret_key=LATER.secret_key), "tests", STATEMENT, signature.value)
    assert signature.public_key == public_keys(LATER, "tests")[1]


@pytest.mark.parametrize("changed", [{}, {**STATEMENT, "a": 0}, {**STATEMENT, "b": [1.0, {"c": "é"}]}])
def test_another_statement_does_not(changed: dict[str, Any]) -> None:
    assert not is_signed(SETTINGS, "tests", changed, sign(SETTINGS, "tests", STATEMENT).value)


def test_nor_for_another_purpose() -> None:
    assert not is_signed(SETTINGS, "others", STATEMENT, sign(SETTINGS, "tests", STATEMENT).value)


@pytest.mark.parametrize("signature", ["", "nonsense", "AAAA", "é"])
def test_what_is_no_signature_verifies_nothing(signature: str) -> None:
    assert not is_signed(SETTINGS, "tests", STATEMENT, signature)


@pytest.mark.parametrize("value", [float("nan"), "\ud800"])
def test_what_json_can_not_say_was_not_signed(value: Any) -> None:
    assert not is_signed(SETTINGS, "tests", {"a": value}, sign(SETTINGS, "tests", STATEMENT).value)
