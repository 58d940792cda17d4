"""What a condition says about the place of a value in an index: intervals of keys of one type."""

from typing import Any, NamedTuple

from bson import Regex

from embedded_mongo.conditions import Field
from embedded_mongo.ordering import AFTER_ALL, NULL, STRING, Key, descending, key
from embedded_mongo.patterns import literal_prefix

_LAST_CHARACTER = chr(0x10FFFF)


class Interval(NamedTuple):
    """Keys of one rank between two payloads; None is the end of the rank."""

    rank: int
    low: Any = None
    high: Any = None
    low_inclusive: bool = True
    high_inclusive: bool = True

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low_inclusive and self.high_inclusive and self.low == self.high

    def ends(self, *, descends: bool) -> tuple[Key, Key]:
        """The first and last place of the interval among the entries of an index field."""
        if descends:
            rank, low, high = -self.rank, self._descending(self.high), self._descending(self.low)
            low_inclusive, high_inclusive = self.high_inclusive, self.low_inclusive
        else:
            rank, low, high = self.rank, self.low, self.high
            low_inclusive, high_inclusive = self.low_inclusive, self.high_inclusive
        first = (rank,) if low is None else (rank, low) if low_inclusive else (rank, low, AFTER_ALL)
        last = (rank + 1,) if high is None else (rank, high, AFTER_ALL) if high_inclusive else (rank, high)
        return first, last

    def _descending(self, payload: Any) -> Any:
        return None if payload is None else descending((self.rank, payload))[1]

    def intersection(self, other: "Interval") -> "Interval | None":
        if self.rank != other.rank:
            return None
        low, low_inclusive = self.low, self.low_inclusive
        if other.low is not None and (low is None or (other.low, not other.low_inclusive) > (low, not low_inclusive)):
            low, low_inclusive = other.low, other.low_inclusive
        high, high_inclusive = self.high, self.high_inclusive
        if other.high is not None and (high is None or (other.high, other.high_inclusive) < (high, high_inclusive)):
            high, high_inclusive = other.high, other.high_inclusive
        is_bounded = low is not None and high is not None
        if is_bounded and (low > high or (low == high and not (low_inclusive and high_inclusive))):
            return None
        return Interval(self.rank, low, high, low_inclusive, high_inclusive)


def intervals_of(condition: Field) -> list[Interval] | None:
    """Where the values are that meet a condition, or more than those; None if the index can't tell.

    An index holds the elements of an array and not the array, so it can't tell who is equal to an array.
    """
    operator, operand = condition.operator, condition.operand
    if operator == "$eq":
        return None if type(operand) is list else [_point(operand)]
    if operator == "$in":
        return None if any(type(item) in (list, Regex) for item in operand) else _points(operand)
    if operator == "$regex":
        return _prefix_intervals(operand)
    if operator in ("$gt", "$gte", "$lt", "$lte") and type(operand) is not list:
        return _comparison_intervals(operator, operand)
    return None


def intersect(left: list[Interval], right: list[Interval]) -> list[Interval]:
    pairs = (one.intersection(other) for one in left for other in right)
    return [interval for interval in pairs if interval is not None]


def _point(operand: Any) -> Interval:
    rank, payload = key(operand)
    return Interval(rank, payload, payload)


def _points(operands: list[Any]) -> list[Interval]:
    keys = dict.fromkeys(key(operand) for operand in operands)
    return [Interval(rank, payload, payload) for rank, payload in keys]


def _comparison_intervals(operator: str, operand: Any) -> list[Interval]:
    rank, payload = key(operand)
    inclusive = operator in ("$gte", "$lte")
    if rank == NULL:
        return [_point(None)] if inclusive else []
    if operator in ("$gt", "$gte"):
        return [Interval(rank, low=payload, low_inclusive=inclusive)]
    return [Interval(rank, high=payload, high_inclusive=inclusive)]


def _prefix_intervals(operand: "Regex[Any]") -> list[Interval] | None:
    prefix = literal_prefix(operand)
    if prefix is None or prefix[-1] == _LAST_CHARACTER:
        return None
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    # A regular expression also matches itself, where it is the stored value.
    return [Interval(STRING, prefix, end, high_inclusive=False), _point(operand)]
