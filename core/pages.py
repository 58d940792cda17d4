"""Lists: what a client asks for (a window) and what it gets (a slice).

REST asks by page, GraphQL by cursor. A cursor is the sort value and the id of the item it points at, so the next
window is found by index however far it is from the start (keyset paging).
"""

import base64
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType
from typing import Any, Final, Generic, Self, TypeVar

import bson
from bson import Decimal128, Int64, ObjectId
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from core.errors import InvalidInput

T = TypeVar("T")

PAGE_LIMIT = 100
CONNECTION_LIMIT = 250
DEFAULT_LIMIT = 20

SORTABLE: Final = frozenset({str, int, Int64, float, Decimal128, datetime, NoneType})
IDS: Final = frozenset({ObjectId, str})
_OPTIONS: Final = CodecOptions[dict[str, Any]](tz_aware=True, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sort:
    """By a field that every document has; ties are broken by `_id` in the same direction."""

    field: str
    descending: bool = False


class SortKey(StrEnum):
    """What a list can be sorted by: the name that clients use and, where it differs, the field it is stored in.

    `EMAIL = "email", "emailKey"`
    """

    stored: str

    def __new__(cls, name: str, stored: str | None = None) -> Self:
        key = str.__new__(cls, name)
        key._value_ = name
        key.stored = stored or name
        return key

    def order(self, *, descending: bool = False) -> Sort:
        return Sort(self.stored, descending)


@dataclass(frozen=True, slots=True)
class Page:
    """Window by page number, from 1."""

    number: int = 1
    limit: int = DEFAULT_LIMIT

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.limit


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of an item in a sorted list."""

    value: Any
    id: Any

    def encode(self) -> str:
        """In BSON, which keeps the types of all that can be sorted by."""
        value = Decimal128(self.value) if isinstance(self.value, Decimal) else self.value
        return base64.urlsafe_b64encode(bson.encode({"v": value, "i": self.id})).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, field: str) -> "Cursor":
        """Raises `InvalidInput` naming `field`: a cursor is opaque, and only one that was handed out is valid."""
        try:
            place = bson.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), _OPTIONS)
            cursor = cls(place["v"], place["i"])
        except (ValueError, KeyError, BSONError):
            raise _no_cursor(field) from None
        if type(cursor.value) not in SORTABLE or type(cursor.id) not in IDS:
            raise _no_cursor(field)
        return cursor


@dataclass(frozen=True, slots=True)
class Range:
    """Window by cursor: the `limit` items after `after`, or (`backward`) the last `limit` before `before`."""

    limit: int = DEFAULT_LIMIT
    after: Cursor | None = None
    before: Cursor | None = None
    backward: bool = False

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> "Range":
        if first is not None and last is not None:
            raise InvalidInput("Give either first or last, not both", "first")
        name, limit = ("last", last) if last is not None else ("first", DEFAULT_LIMIT if first is None else first)
        if not 0 <= limit <= CONNECTION_LIMIT:
            raise InvalidInput(f"{name} must be between 0 and {CONNECTION_LIMIT}", name)
        return cls(
            limit,
            after=Cursor.decode(after, "after") if after else None,
            before=Cursor.decode(before, "before") if before else None,
            backward=last is not None,
        )


Window = Page | Range


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Some items of a list, and how to count all of them (a query of its own, made only when asked for)."""

    items: Sequence[T]
    count: Callable[[], Awaitable[int]]
    cursor_of: Callable[[T], Cursor]
    has_next: bool = False
    has_previous: bool = False


def _no_cursor(field: str) -> InvalidInput:
    return InvalidInput(f"{field} is not a cursor of this list", field)


def pages_of(total: int, limit: int) -> int:
    return math.ceil(total / limit)
