"""Windows, cursors and pages."""

import base64
from datetime import UTC, datetime
from decimal import Decimal

import bson
import pytest
from bson import Code, Decimal128, ObjectId, Regex
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.pages import CONNECTION_LIMIT, Cursor, Page, Range, SortKey, pages_of

MOMENTS = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
AMOUNTS = st.decimals(min_value=0, max_value=10**10, places=2, allow_nan=False, allow_infinity=False)
VALUES = st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), MOMENTS, st.none())
IDS = st.one_of(st.binary(min_size=12, max_size=12).map(ObjectId), st.text())


class Key(SortKey):
    CREATED_AT = "createdAt"
    EMAIL = "email", "emailKey"


def encoded(place: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(bson.encode(place)).decode()


class TestACursor:
    @given(value=VALUES, identity=IDS)
    def test_is_read_as_it_was_written(self, value: object, identity: object) -> None:
        cursor = Cursor(value, identity)
        assert Cursor.decode(cursor.encode(), "after") == cursor

    @given(amount=AMOUNTS)
    def test_keeps_amounts_exact(self, amount: Decimal) -> None:
        read = Cursor.decode(Cursor(amount, "x").encode(), "after")
        assert read.value == Decimal128(amount)

    @given(cursor=st.builds(Cursor, VALUES, IDS))
    def test_needs_no_escape_in_an_address(self, cursor: Cursor) -> None:
        assert set(cursor.encode()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    @given(text=st.text())
    def test_of_somebody_else_s_making_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            Cursor.decode(text, "before")
        assert refused.value.field == "before"

    @given(tail=st.binary())
    def test_that_was_tampered_with_never_fails_otherwise(self, tail: bytes) -> None:
        whole = base64.urlsafe_b64decode(Cursor("a", ObjectId()).encode() + "==")
        for raw in (tail, whole[: len(tail)], whole + tail, whole[:8] + tail + whole[8 + len(tail) :]):
            try:
                Cursor.decode(base64.urlsafe_b64encode(raw).decode(), "after")
            except InvalidInput as refused:
                assert refused.field == "after"

    @pytest.mark.parametrize(
        "place",
        [
            {"v": {"$gt": ""}, "i": "x"},
            {"v": ["a"], "i": "x"},
            {"v": Regex("a"), "i": "x"},
            {"v": Code("1"), "i": "x"},
            {"v": "a", "i": {"$ne": None}},
            {"v": "a", "i": 1},
            {"v": "a"},
            {"i": "x"},
            {},
        ],
    )
    def test_holds_nothing_that_is_not_sorted_by(self, place: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            Cursor.decode(encoded(place), "after")


class TestARange:
    @pytest.mark.parametrize(("first", "last", "limit", "backward"), [(None, None, 20, False), (5, None, 5, False)])
    def test_goes_forward_by_default(self, first: int, last: int, limit: int, backward: bool) -> None:
        window = Range.of(first, None, last, None)
        assert (window.limit, window.backward) == (limit, backward)

    def test_goes_backward_with_last(self) -> None:
        before = Cursor("b", ObjectId())
        window = Range.of(None, None, 3, before.encode())
        assert (window.limit, window.before, window.backward) == (3, before, True)

    @pytest.mark.parametrize(
        ("first", "last", "field"),
        [(1, 1, "first"), (-1, None, "first"), (None, -1, "last"), (CONNECTION_LIMIT + 1, None, "first")],
    )
    def test_out_of_bounds_is_named(self, first: int, last: int, field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            Range.of(first, None, last, None)
        assert refused.value.field == field


class TestPages:
    @given(total=st.integers(0, 10**9), limit=st.integers(1, 100))
    def test_hold_everything_and_none_is_empty(self, total: int, limit: int) -> None:
        pages = pages_of(total, limit)
        assert (pages - 1) * limit < max(total, 1) <= max(pages, 1) * limit
        assert Page(pages + 1, limit).offset >= total

    def test_begin_with_the_first(self) -> None:
        assert (Page().offset, Page(3, 10).offset) == (0, 20)


class TestASortKey:
    def test_may_be_stored_under_another_name(self) -> None:
        assert Key("email").order(descending=True).field == "emailKey"
        assert Key.CREATED_AT.order().field == "createdAt"

    def test_is_what_clients_write(self) -> None:
        assert [key.value for key in Key] == ["createdAt", "email"]


def test_moments_are_in_utc() -> None:
    moment = datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert Cursor.decode(Cursor(moment, "x").encode(), "after").value.tzinfo is UTC
