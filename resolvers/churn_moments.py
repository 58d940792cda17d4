"""Which shops that stayed are looked at, and when: the moment at which each shop left is also one in the lives of shops
that installed the app at about the same time and stayed. So both have had it for as long, in the same weather.

Pure functions; the same shops always lead to the same moments, in whatever order they come.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

COMPARED_WITH: Final = 2
"""So many shops that stayed, at most, for each that left."""
AT_LEAST_ALIKE: Final = timedelta(days=3)
ALIKE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Moment:
    """In the life of a shop that installed the app at `installed_at`: when it left, or when another one did."""

    domain: str
    installed_at: datetime
    at: datetime

    @property
    def age(self) -> timedelta:
        """How long it has had the app."""
        return self.at - self.installed_at


def tolerance(age: timedelta) -> timedelta:
    """Ages that differ by no more are about the same: a quarter, or three days."""
    return max(AT_LEAST_ALIKE, age * ALIKE)


def matched(left: Iterable[Moment], stayed: Iterable[tuple[datetime, str]]) -> list[tuple[Moment, Moment]]:
    """The moments of shops that stayed (each given by when it installed, and its domain), each after that of the shop
    that left then. No shop is looked at twice. All that left get one before any gets another, the youngest, which have
    the narrowest choice, first."""
    free = sorted(set(stayed))
    youngest_first = sorted(left, key=lambda one: (one.age, one.at, one.domain))
    pairs = []
    for _ in range(COMPARED_WITH):
        for one in youngest_first:
            place = _nearest(one, free)
            if place is not None:
                installed_at, domain = free.pop(place)
                pairs.append((one, Moment(domain, installed_at, one.at)))
    return pairs


def _nearest(one: Moment, free: Sequence[tuple[datetime, str]]) -> int | None:
    """Where the shop is that installed at the most similar time, before the moment."""
    place = bisect_left(free, (one.installed_at, ""))
    there = [near for near in (place - 1, place) if 0 <= near < len(free) and free[near][0] < one.at]
    best = min(there, key=lambda near: abs(free[near][0] - one.installed_at), default=None)
    if best is None or abs(free[best][0] - one.installed_at) > tolerance(one.age):
        return None
    return best
