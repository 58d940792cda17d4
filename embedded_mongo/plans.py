"""The ways to find documents: look at all of them, walk through ranges of an index, or unite several walks."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from embedded_mongo.indexes import EVERYTHING, Index, Range


class Plan(Protocol):
    """`numbers` yields, once each, the numbers of all records that can match, and perhaps others.

    `ordered`: in the order that was asked for. `exact`: no others. `size`: how many there are.
    `bounded`: how many fields of an index narrow them down.
    """

    @property
    def ordered(self) -> bool: ...
    @property
    def exact(self) -> bool: ...
    @property
    def size(self) -> int: ...
    @property
    def bounded(self) -> int: ...
    def numbers(self) -> Iterator[int]: ...


@dataclass(frozen=True, slots=True)
class CollectionScan:
    records: Mapping[int, object] = field(repr=False)
    exact: bool = False
    ordered: bool = False
    bounded: int = 0

    @property
    def size(self) -> int:
        return len(self.records)

    def numbers(self) -> Iterator[int]:
        return iter(self.records)


@dataclass(frozen=True, slots=True)
class IndexScan:
    """Ranges of an index, one after the other, or merged into one order by the key from field `merge_from` on.

    `points`: each range is a whole key of a unique index, so that there is at most one entry in it.
    """

    index: Index
    ranges: list[Range] = field(default_factory=lambda: [EVERYTHING])
    bounded: int = 0
    exact: bool = False
    ordered: bool = False
    reverse: bool = False
    merge_from: int | None = None
    points: bool = False

    @property
    def size(self) -> int:
        if self.points:
            return sum(1 for _ in self.numbers())
        return sum(self.index.count(within) for within in self.ranges)

    def numbers(self) -> Iterator[int]:
        if self.points:
            owners = (self.index.owner(first) for first, _ in (reversed(self.ranges) if self.reverse else self.ranges))
            return (number for number in owners if number is not None)
        found = (entry[-1] for entry in self._entries())
        return _once_each(found) if self.index.multikey else found

    def _entries(self) -> Iterator[tuple[int, ...]]:
        walks = [self.index.entries(within, reverse=self.reverse) for within in self.ranges]
        if self.merge_from is not None:
            start = 2 * self.merge_from
            yield from heapq.merge(*walks, key=lambda entry: entry[start:], reverse=self.reverse)
            return
        for walk in reversed(walks) if self.reverse else walks:
            yield from walk


@dataclass(frozen=True, slots=True)
class Union:
    """The branches of an `$or`, each with its own index."""

    branches: list[Plan]
    exact: bool = False
    ordered: bool = False
    bounded: int = 1

    @property
    def size(self) -> int:
        return sum(branch.size for branch in self.branches)

    def numbers(self) -> Iterator[int]:
        return _once_each(number for branch in self.branches for number in branch.numbers())


def _once_each(numbers: Iterable[int]) -> Iterator[int]:
    """While they are found: whoever needs few does not wait for all."""
    seen = set()
    for number in numbers:
        if number not in seen:
            seen.add(number)
            yield number
