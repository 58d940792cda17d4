"""Rollups, read for a period: where things stood before it, and what changed on which of its days."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from itertools import chain
from typing import Any, Final, Self

from core.days import month_of
from models.metrics import Measure, MetricRollup, MetricScope
from resolvers.metric_periods import Period, Span

Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Flows:
    """Of an app, or of several: the numbers of rollups from before the period, and those of each of its days."""

    opening: list[Numbers] = field(default_factory=list)
    days: defaultdict[datetime, list[Numbers]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def together(cls, flows: Iterable["Flows"]) -> Self:
        of_all = cls()
        for one in flows:
            of_all.opening.extend(one.opening)
            for day, numbers in one.days.items():
                of_all.days[day].extend(numbers)
        return of_all

    def since(self, first: datetime) -> "Flows":
        """The same of a period that begins later."""
        later = Flows([*self.opening])
        for day, numbers in self.days.items():
            (later.days[day] if day >= first else later.opening).extend(numbers)
        return later


async def read_flows(app_ids: Collection[str], first: datetime, last: datetime) -> Mapping[str, Flows]:
    """By app. Of the time before the month of `first`, months are enough."""
    begin, apps = month_of(first), {"appId": {"$in": [*app_ids]}}
    months, days = await asyncio.gather(
        _rows({**apps, "scope": MetricScope.MONTH.value, "day": {"$lt": begin}}),
        _rows({**apps, "scope": MetricScope.DAY.value, "day": {"$gte": begin, "$lte": last}}),
    )
    flows = {app_id: Flows() for app_id in app_ids}
    for row in (*months, *days):
        of_app, day = flows[row["appId"]], row["day"]
        (of_app.days[day] if day >= first else of_app.opening).append(row.get("numbers", {}))
    return flows


async def _rows(which: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown = {"_id": 0, "appId": 1, "day": 1, "numbers": 1}
    return await MetricRollup.get_pymongo_collection().find(which, shown).to_list()


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers, told apart by what they are of. Money is in ten-thousandths; revenue and who brings it are by currency
    and plan, movements by currency and kind, payments by the days since the trial started."""

    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    status: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    plan: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    mrr: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    paying: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    moved: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    movers: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    paid_after: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, numbers: Iterable[Numbers]) -> Self:
        """Their sum."""
        total: defaultdict[str, int] = defaultdict(int)
        for one in numbers:
            for name, number in one.items():
                total[name] += number
        figures = cls()
        for name, number in total.items():
            kind, key = _place(name)
            getattr(figures, kind)[key] = number
        return figures

    @classmethod
    def sum(cls, parts: Iterable["Figures"]) -> Self:
        total = cls()
        for part in parts:
            for kind in cls.__slots__:
                kept = getattr(total, kind)
                for key, number in getattr(part, kind).items():
                    kept[key] += number
        return total

    def mrr_in(self, currency: str) -> int:
        return sum(number for (one, _), number in self.mrr.items() if one == currency)

    def paying_in(self, currency: str) -> int:
        return sum(number for (one, _), number in self.paying.items() if one == currency)


@cache
def _place(name: str) -> tuple[str, Any]:
    """Where a number belongs: in which of the figures, and under what."""
    measure, *of = name.split(":")
    match measure:
        case Measure.STATUS | Measure.PLAN:
            return measure, of[0]
        case Measure.MRR | Measure.PAYING:
            return measure, (of[0], of[1])
        case Measure.MOVED | Measure.MOVERS:
            return measure, (of[1], of[0])
        case Measure.PAID_AFTER:
            return measure, int(of[0])
        case _:
            return "counts", measure


class Series:
    """A period's flows, told apart by span. What nobody asks for is not computed."""

    def __init__(self, recent: Flows, period: Period) -> None:
        """`recent` are the flows from the beginning of the month and of the week on that the period ends in, or of the
        period."""
        self.period: Final = period
        self._recent = recent
        self._flows = recent.since(period.first)

    def counted_since(self, first: datetime, measure: Measure) -> int:
        """Of the days until the period ends, but no earlier than its month or its week."""
        days = (numbers for day, numbers in self._recent.days.items() if day >= first)
        return sum(one.get(measure, 0) for numbers in days for one in numbers)

    @cached_property
    def opening(self) -> Figures:
        """Where things stood when the period began."""
        return Figures.of(self._flows.opening)

    @cached_property
    def whole(self) -> Figures:
        """What changed in it."""
        if "changes" in self.__dict__:
            return Figures.sum(change for _, change in self.changes)
        return Figures.of(chain.from_iterable(self._flows.days.values()))

    @cached_property
    def closing(self) -> Figures:
        """Where things stand when it ends."""
        return Figures.sum((self.opening, self.whole))

    @cached_property
    def changes(self) -> list[tuple[Span, Figures]]:
        """What changed in each of its spans."""
        flows, found, last = self._flows.days, list[tuple[Span, Figures]](), 0
        days = sorted(flows)
        for span in self.period.spans():
            first = last
            while last < len(days) and days[last] <= span.last:
                last += 1
            found.append((span, Figures.of(chain.from_iterable(flows[day] for day in days[first:last]))))
        return found
