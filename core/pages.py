"""Lists: what a client asks for (a window) and what it gets (a slice).

REST asks by page, GraphQL by cursor. A cursor is the sort value and the id of the item it points at, so the next
window is found by index however far it is from the start (keyset paging).
"""

import base64
import binascii
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

import orjson
from bson import Decimal128, ObjectId

from core.errors import InvalidInput

T = TypeVar("T")

PAGE_LIMIT = 100
CONNECTION_LIMIT = 250
DEFAULT_LIMIT = 20


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
        return base64.urlsafe_b64encode(orjson.dumps([_tagged(self.value), _tagged(self.id)])).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, field: str) -> "Cursor":
        """Raises `InvalidInput` naming `field`: a cursor is opaque, and only one that was handed out is valid."""
        try:
            value, identity = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(_untagged(value), _untagged(identity))
        except (ValueError, TypeError, KeyError, binascii.Error, ArithmeticError):
            raise InvalidInput(f"{field} is not a cursor of this list", field) from None


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


def pages_of(total: int, limit: int) -> int:
    return math.ceil(total / limit)


def _tagged(value: Any) -> Any:
    match value:
        case ObjectId():
            return {"o": str(value)}
        case datetime():
            return {"d": round(value.timestamp() * 1000)}
        case Decimal() | Decimal128():
            return {"n": str(value)}
        case _:
            return value


def _untagged(value: Any) -> Any:
    match value:
        case {"o": str(text)}:
            if not ObjectId.is_valid(text):
                raise ValueError(text)
            return ObjectId(text)
        case {"d": int(milliseconds)}:
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
        case {"n": str(text)}:
            return Decimal128(text)
        case str() | int() | float():
            return value
        case _:
            raise ValueError(value)
