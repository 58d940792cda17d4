"""What the numbers say about shops: how many there are, how their trials end, and how long they stay."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.money import amount_of
from models.metrics import Measure, MetricRollup, MetricScope
from models.shops import ShopStatus
from resolvers.metric_flows import Figures, Flows
from resolvers.metric_periods import Period, week_of
from resolvers.metric_revenue import ratio
from resolvers.shop_timelines import DAY, month_of, name_of, next_month


@dataclass(frozen=True, slots=True)
class ShopPoint:
    """`total` and `active` when the days end; of those days how many shops were new, came back, and left."""

    since: str
    until: str
    is_partial: bool
    total: int
    active: int
    new: int
    returned: int
    left: int


@dataclass(frozen=True, slots=True)
class ShopNumbers:
    """When the period ends. A shop that has two apps counts twice. `inactive` is every shop that is not active; new
    are those of which nothing was known before: on the last day, since Monday, and since the first of the month.
    `by_plan` has the active shops by the handle of the plan that they use, and those without one under `none`."""

    total: int
    active: int
    inactive: int
    uninstalled: int
    in_trial: int
    new_today: int
    new_this_week: int
    new_this_month: int
    by_plan: Mapping[str, int]
    over_time: Sequence[ShopPoint]


@dataclass(frozen=True, slots=True)
class TrialCohort:
    """Trials that started in some days, and how many of them led to revenue soon enough. It is complete once that time
    has passed for all of them; until then more may follow."""

    since: str
    until: str
    is_partial: bool
    started: int
    converted: int
    rate: float | None
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Trials:
    """`in_trial` is how many shops are in one when the period ends."""

    within_days: int
    in_trial: int
    total: TrialCohort
    cohorts: Sequence[TrialCohort]


@dataclass(frozen=True, slots=True)
class RetainedRevenue:
    """`retention` is of the first month in which the cohort brought revenue in that currency; null before it."""

    currency: str
    mrr: Decimal
    retention: float | None


@dataclass(frozen=True, slots=True)
class CohortMonth:
    """When a month ends, `number` months after the cohort's own. `active` of the cohort's shops are left."""

    month: str
    number: int
    is_partial: bool
    active: int
    retention: float
    revenue: Sequence[RetainedRevenue]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The shops that were first heard of in one month."""

    month: str
    size: int
    months: Sequence[CohortMonth]


def shop_numbers(flows: Flows, recent: Flows, period: Period) -> ShopNumbers:
    """`recent` are the flows from the beginning of the month and of the week on that the period ends in."""
    closing = Figures.of(flows.opening, *flows.days.values())
    total, active = closing.counts[Measure.NEW], closing.statuses[ShopStatus.ACTIVE]

    def new_since(first: datetime) -> int:
        return sum(numbers[Measure.NEW] for day, numbers in recent.days.items() if day >= first)

    return ShopNumbers(
        total=total,
        active=active,
        inactive=total - active,
        uninstalled=closing.statuses[ShopStatus.UNINSTALLED],
        in_trial=closing.counts[Measure.TRIALING],
        new_today=new_since(period.last),
        new_this_week=new_since(week_of(period.last)),
        new_this_month=new_since(month_of(period.last)),
        by_plan=+closing.plans,
        over_time=_shops_over_time(flows, period),
    )


def _shops_over_time(flows: Flows, period: Period) -> list[ShopPoint]:
    spans, stock = list(period.spans()), Figures.of(flows.opening)
    total, active = stock.counts[Measure.NEW], stock.statuses[ShopStatus.ACTIVE]
    points = []
    for span, change in zip(spans, flows.by_span(spans), strict=True):
        new, returned, left = (change.counts[one] for one in (Measure.NEW, Measure.RETURNED, Measure.LEFT))
        total, active = total + new, active + change.statuses[ShopStatus.ACTIVE]
        points.append(ShopPoint(span.since, span.until, span.is_partial, total, active, new, returned, left))
    return points


def trials(flows: Flows, period: Period, within_days: int) -> Trials:
    spans = [period.whole, *period.spans()]
    changes = [Figures.of(*flows.days.values()), *flows.by_span(spans[1:])]
    cohorts = []
    for span, change in zip(spans, changes, strict=True):
        started = change.counts[Measure.TRIAL_STARTED]
        converted = sum(number for days, number in change.paid_after.items() if days <= within_days)
        is_complete = span.last + within_days * DAY < period.today
        rate = ratio(converted, started)
        cohorts.append(TrialCohort(span.since, span.until, span.is_partial, started, converted, rate, is_complete))
    closing = Figures.of(flows.opening, *flows.days.values())
    return Trials(within_days, closing.counts[Measure.TRIALING], cohorts[0], cohorts[1:])


async def read_cohorts(app_ids: Collection[str], period: Period) -> list[Mapping[str, Any]]:
    """The rollups of cohorts of the period's months, of any of the apps."""
    months = {"$gte": month_of(period.first), "$lte": month_of(period.last)}
    which = {"appId": {"$in": [*app_ids]}, "scope": MetricScope.COHORT.value, "day": months}
    shown = {"_id": 0, "appId": 1, "day": 1, "months": 1}
    return await MetricRollup.get_pymongo_collection().find(which, shown).to_list()


def cohorts(rollups: Iterable[Mapping[str, Any]], period: Period) -> list[Cohort]:
    """Month by month until the one in which the period ends. The first cohort comes first; months in which no shop
    came have none."""
    changes: dict[datetime, dict[datetime, Counter[str]]] = {}
    for rollup in rollups:
        of_cohort = changes.setdefault(rollup["day"], {})
        for one in rollup.get("months", ()):
            of_cohort.setdefault(one["month"], Counter()).update(one["numbers"])
    found = (_cohort(month, changes[month], period) for month in sorted(changes))
    return [cohort for cohort in found if cohort.size]


def _cohort(month: datetime, changes: Mapping[datetime, Counter[str]], period: Period) -> Cohort:
    size = sum(numbers[Measure.NEW] for numbers in changes.values())
    standing: Counter[str] = Counter()
    first: dict[str, int] = {}
    months: list[CohortMonth] = []
    then, last = month, month_of(period.last)
    while then <= last and size:
        standing.update(changes.get(then, {}))
        active = standing[name_of(Measure.STATUS, ShopStatus.ACTIVE)]
        is_partial = then == month_of(period.today)
        revenue = _retained_revenue(standing, first)
        months.append(CohortMonth(f"{then:%Y-%m}", len(months), is_partial, active, active / size, revenue))
        then = next_month(then)
    return Cohort(f"{month:%Y-%m}", size, months)


def _retained_revenue(standing: Counter[str], first: dict[str, int]) -> list[RetainedRevenue]:
    """`first` is what each currency brought in its first month, and learns of new ones."""
    revenue = []
    for name in sorted(standing):
        measure, *of = name.split(":")
        if measure == Measure.MRR:
            mrr, currency = standing[name], of[0]
            if mrr:
                first.setdefault(currency, mrr)
            revenue.append(RetainedRevenue(currency, amount_of(mrr), ratio(mrr, first.get(currency, 0))))
    return revenue
