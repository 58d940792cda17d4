"""One row of an import."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.inputs import Email, invalid_input, key_of_email
from resolvers.import_rows import plain_address
from resolvers.subscriber_rows import Row, SubscriberRow, row_of

ADDRESS = TypeAdapter[str](Email)

PARTS = st.text("abcXYZ019-_+. @", max_size=12)
ADDRESSES = st.builds(
    "{}@{}.{}".format, PARTS, PARTS, st.sampled_from(["com", "CO", "test", "local", "c0", "xn--p1ai"])
)
TEXTS = st.text(max_size=80) | st.sampled_from(["Ada", " Ada", "Jürgen O'Neill", "a\tb", "a\0b", "x" * 70, ""])
MOMENTS = st.datetimes().map(str) | st.sampled_from(["2026-01-31T09:00:00Z", "2026-01-31", "now", ""])
VALUES = {
    "email": ADDRESSES | st.emails() | TEXTS,
    "name": TEXTS,
    "language": st.sampled_from(["en", "pt-BR", "zh-Hant", "EN", "english", ""]) | TEXTS,
    "source": TEXTS,
    "tags": TEXTS | st.lists(TEXTS, max_size=4) | st.lists(st.integers(), max_size=1),
    "consent": st.booleans() | st.sampled_from(["yes", "NO", "1", "0", " y ", "perhaps", ""]) | st.integers(0, 2),
    "consentedAt": MOMENTS | st.none(),
    "consentText": TEXTS | st.none(),
    "referralUrl": st.sampled_from(["https://example.com", "javascript:x", ""]),
    "shoeSize": st.just(42),
}


def read_slowly(values: dict[str, Any]) -> Row | str:
    """By Pydantic alone."""
    try:
        read = dict(SubscriberRow.model_validate(values))
    except ValidationError as error:
        return invalid_input(error).message
    return Row(1, key_of_email(read["email"]), **read)


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_reading_fast_and_reading_slowly_come_to_the_same(values: dict[str, Any]) -> None:
    assert row_of(1, values) == read_slowly(values)


@given(ADDRESSES)
def test_a_plain_address_is_one_that_can_be_written_to(address: str) -> None:
    plain = plain_address(address)
    assert plain is None or plain == ADDRESS.validate_python(address)


def test_a_plain_row_is_read_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SubscriberRow, "model_validate", None)
    row = row_of(
        7,
        {
            "email": "Ada.Lovelace@Example.com",
            "name": "Ada Lovelace",
            "language": "en",
            "tags": "vip | beta;vip",
            "consent": "Yes",
            "consentedAt": "2026-01-31T09:00:00Z",
        },
    )
    assert isinstance(row, Row)
    assert (row.number, row.key, row.email) == (7, "ada.lovelace@example.com", "Ada.Lovelace@example.com")
    assert (row.tags, row.consent, row.source) == (["vip", "beta"], True, "import")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "email: is required"),
        ({"email": "nobody"}, "email: "),
        ({"email": "a@b.co", "consent": "perhaps"}, "consent: must be yes or no"),
        ({"email": "a@b.co", "consentedAt": "now"}, "consentedAt: must be an ISO 8601 date and time"),
        ({"email": "a@b.co", "language": "English"}, "language: "),
        ({"email": "a@b.co", "shoeSize": 42}, "shoeSize: is not a known field"),
        ({"email": {"$ne": None}}, "email: "),
        ({"email": "a@b.co", "name": "a\0b"}, "name: must not contain control characters"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, Any], sentence: str) -> None:
    problem = row_of(1, values)
    assert isinstance(problem, str)
    assert problem.startswith(sentence)
