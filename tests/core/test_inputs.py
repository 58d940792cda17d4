"""What operations accept."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from core.inputs import (
    OMITTED,
    Amount,
    Currency,
    Email,
    Input,
    JsonObject,
    Locale,
    Moment,
    Name,
    Origin,
    ShopDomain,
    Text,
    invalid_input,
    iso,
    key_of_email,
    moment_of,
)


class Theme(Input):
    dark_mode: bool = OMITTED
    accent: str | None = OMITTED


class Change(Input):
    first_name: Name = OMITTED
    nickname: str | None = OMITTED
    theme: Theme = OMITTED
    tags: list[Name] = Field(OMITTED, max_length=2)


def change(**fields: object) -> Change:
    return Change.model_validate(fields)


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


class TestAnUpdate:
    def test_sets_what_was_sent_and_nothing_else(self) -> None:
        assert change().assignments() == {}
        assert change(firstName=" Ada ", nickname=None).assignments() == {"firstName": "Ada", "nickname": None}

    def test_merges_an_object_field_by_field(self) -> None:
        sent = change(theme={"darkMode": True, "accent": None})
        assert sent.assignments() == {"theme.darkMode": True, "theme.accent": None}

    @pytest.mark.parametrize("fields", [{"firstName": None}, {"theme": None}, {"first_name": "Ada"}, {"age": 1}])
    def test_refuses_null_where_it_means_nothing_and_names_nobody_knows(self, fields: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            change(**fields)

    def test_does_not_document_null_as_a_default(self) -> None:
        assert all("default" not in field for field in Change.model_json_schema()["properties"].values())


class TestAMoment:
    @given(moment=st.datetimes(timezones=st.just(UTC)))
    def test_is_read_as_it_is_written_to_the_millisecond(self, moment: datetime) -> None:
        cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        assert moment_of(iso(moment)) == cut
        assert len(iso(moment)) == len("2026-01-31T09:00:00.000Z")

    @given(
        moment=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
        minutes=st.integers(-23 * 60, 23 * 60),
    )
    def test_is_the_same_from_any_offset(self, moment: datetime, minutes: int) -> None:
        local = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
        assert moment_of(local.isoformat()) == local
        assert TypeAdapter(Moment).validate_python(local).tzinfo is UTC

    def test_without_an_offset_is_in_utc(self) -> None:
        assert iso(moment_of("2026-01-31T09:00:00")) == "2026-01-31T09:00:00.000Z"

    @pytest.mark.parametrize(
        "value", ["", "tomorrow", 1, None, {}, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "9" * 5000]
    )
    def test_is_nothing_else(self, value: object) -> None:
        assert not accepts(Moment, value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex("[a-z]+", fullmatch=True), inner),
    max_leaves=20,
)


class TestAnObjectOfTheClient:
    @given(value=st.dictionaries(st.from_regex("[a-z]+", fullmatch=True), JSON, max_size=3))
    def test_is_taken_as_it_is(self, value: dict[str, object]) -> None:
        assert accepts(JsonObject, value) is (_depth(value) <= 10)

    @pytest.mark.parametrize("key", ["$where", "$", "a.b", "", "a\0b"])
    def test_has_no_key_that_the_database_could_misread(self, key: str) -> None:
        for value in ({key: 1}, {"list": [{key: 1}]}, {"object": {"object": {key: 1}}}):
            assert not accepts(JsonObject, value)

    def test_is_bounded(self) -> None:
        deep: dict[str, object] = {}
        for _ in range(11):
            deep = {"deeper": deep}
        for value in (deep, {"list": [0] * 1000}, {"text": "x" * 10_001}, {"number": 2**63}, {"number": float("inf")}):
            assert not accepts(JsonObject, value)


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0) if value else 0
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0) if value else 0
    return 0


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (
            ShopDomain,
            ["a.myshopify.com", "Tea-1.MyShopify.com"],
            ["a.com", "-a.myshopify.com", "a.b.myshopify.com", ""],
        ),
        (Origin, ["https://a.example", "http://localhost:3000"], ["*", "null", "https://a.example/", "ftp://a", "a.b"]),
        (
            Email,
            ["Ada@Example.com"],
            ["ada", "ada@", "ada@example", "a@b.com\nBcc: c@d.com"],
        ),
        (Currency, ["USD"], ["usd", "US", "USDT", "USD\n"]),
        (Locale, ["en", "pt-BR", "zh-Hant-TW"], ["english language", "e", "en_US", "en-"]),
        (Amount, [0, 19.99, "1234567890.12", Decimal("0.10")], [-1, "0.001", "NaN", "Infinity", "12345678901", "1e99"]),
        (Name, ["Ada"], ["", "x" * 121, "a\0b", "a\x1bb"]),
        (Text, ["two\nlines\tand a tab"], ["\x7f", "\x08"]),
    ],
)
def test_kinds_of_values(kind: Any, right: list[object], wrong: list[object]) -> None:
    assert [value for value in right if not accepts(kind, value)] == []
    assert [value for value in wrong if accepts(kind, value)] == []


def test_addresses_are_compared_without_regard_to_case() -> None:
    assert key_of_email(" Ada@Example.COM") == key_of_email("ada@example.com")


def test_one_sentence_names_every_field() -> None:
    with pytest.raises(ValidationError) as error:
        change(firstName="", theme={"darkMode": "perhaps"}, age=1, tags=["a", ""])
    refused = invalid_input(error.value)
    assert refused.field == "firstName"
    for part in ("firstName: ", "theme.darkMode: ", "tags.1: ", "age: is not a known field"):
        assert part in refused.message
