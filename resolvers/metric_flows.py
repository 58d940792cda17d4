"""Rollups, read for a period: where things stood before it, and what changed on which of its days."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from models.metrics import Measure, MetricRollup, MetricScope
from resolvers.metric_periods import Span
from resolvers.shop_timelines import Numbers, month_of


@dataclass(frozen=True, slots=True)
class Flows:
    """Of an app, or of several: what all changes before the period come to, and those of each of its days."""

    opening: Numbers = field(default_factory=Counter)
    days: dict[datetime, Numbers] = field(default_factory=dict)

    @classmethod
    def sum(cls, flows: Iterable["Flows"]) -> Self:
        total = cls()
        for one in flows:
            total.opening.update(one.opening)
            for day, numbers in one.days.items():
                total.days.setdefault(day, Counter()).update(numbers)
        return total

    def since(self, first: datetime) -> "Flows":
        """The same of a period that begins later."""
        opening = Counter(self.opening)
        for day, numbers in self.days.items():
            if day < first:
                opening.update(numbers)
        return Flows(opening, {day: numbers for day, numbers in self.days.items() if day >= first})

    def by_span(self, spans: Sequence[Span]) -> list["Figures"]:
        """What changed in each of some spans that follow each other."""
        days, found, last = sorted(self.days), [], 0
        for span in spans:
            first = last
            while last < len(days) and days[last] <= span.last:
                last += 1
            found.append(Figures.of(*(self.days[day] for day in days[first:last])))
        return found


async def read_flows(app_ids: Collection[str], first: datetime, last: datetime) -> Mapping[str, Flows]:
    """By app. Of the time before the month of `first`, months are enough."""
    begin, apps = month_of(first), {"appId": {"$in": [*app_ids]}}
    months, days = await asyncio.gather(
        _rows({**apps, "scope": MetricScope.MONTH.value, "day": {"$lt": begin}}),
        _rows({**apps, "scope": MetricScope.DAY.value, "day": {"$gte": begin, "$lte": last}}),
    )
    flows = {app_id: Flows() for app_id in app_ids}
    for row in (*months, *days):
        numbers = row.get("numbers", {})
        of_app = flows[row["appId"]]
        if row["day"] < first:
            of_app.opening.update(numbers)
        else:
            of_app.days[row["day"]] = Counter(numbers)
    return flows


async def _rows(which: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown = {"_id": 0, "appId": 1, "day": 1, "numbers": 1}
    return await MetricRollup.get_pymongo_collection().find(which, shown).to_list()


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers, told apart by what they are of. Money is in ten-thousandths; revenue and who brings it are by currency
    and plan, movements by currency and kind, payments by the days since the trial started."""

    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)
    mrr: Counter[tuple[str, str]] = field(default_factory=Counter)
    paying: Counter[tuple[str, str]] = field(default_factory=Counter)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    movers: Counter[tuple[str, str]] = field(default_factory=Counter)
    paid_after: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, *numbers: Mapping[str, int]) -> Self:
        figures = cls()
        for one in numbers:
            figures.add(one)
        return figures

    def add(self, numbers: Mapping[str, int]) -> None:
        for name, number in numbers.items():
            measure, *of = name.split(":")
            match measure:
                case Measure.STATUS:
                    self.statuses[of[0]] += number
                case Measure.PLAN:
                    self.plans[of[0]] += number
                case Measure.MRR:
                    self.mrr[of[0], of[1]] += number
                case Measure.PAYING:
                    self.paying[of[0], of[1]] += number
                case Measure.MOVED:
                    self.moved[of[1], of[0]] += number
                case Measure.MOVERS:
                    self.movers[of[1], of[0]] += number
                case Measure.PAID_AFTER:
                    self.paid_after[int(of[0])] += number
                case _:
                    self.counts[measure] += number

    def mrr_in(self, currency: str) -> int:
        return sum(number for (one, _), number in self.mrr.items() if one == currency)

    def paying_in(self, currency: str) -> int:
        return sum(number for (one, _), number in self.paying.items() if one == currency)
