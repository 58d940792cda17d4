"""What the numbers say about shops: how many there are, how their trials end, and how long they stay."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from core.days import DAY, month_of, next_month
from core.money import amount_of
from models.metrics import Measure, MetricRollup, MetricScope
from models.shops import ShopStatus
from resolvers.metric_flows import Figures, Series
from resolvers.metric_periods import Period, Span, week_of
from resolvers.metric_revenue import ratio
from resolvers.shop_timelines import name_of


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
    points: Callable[[], Sequence[ShopPoint]] = field(repr=False, compare=False)

    @property
    def over_time(self) -> Sequence[ShopPoint]:
        return self.points()


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
    by_start: Callable[[], Sequence[TrialCohort]] = field(repr=False, compare=False)

    @property
    def cohorts(self) -> Sequence[TrialCohort]:
        return self.by_start()


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


def shop_numbers(series: Series) -> ShopNumbers:
    closing, last = series.closing, series.period.last
    total, active = closing.counts[Measure.NEW], closing.status[ShopStatus.ACTIVE]
    return ShopNumbers(
        total=total,
        active=active,
        inactive=total - active,
        uninstalled=closing.status[ShopStatus.UNINSTALLED],
        in_trial=closing.counts[Measure.TRIALING],
        new_today=series.counted_since(last, Measure.NEW),
        new_this_week=series.counted_since(week_of(last), Measure.NEW),
        new_this_month=series.counted_since(month_of(last), Measure.NEW),
        by_plan={plan: shops for plan, shops in closing.plan.items() if shops},
        points=partial(_shops_over_time, series),
    )


def _shops_over_time(series: Series) -> list[ShopPoint]:
    total, active = series.opening.counts[Measure.NEW], series.opening.status[ShopStatus.ACTIVE]
    points = []
    for span, change in series.changes:
        new, returned, left = (change.counts[one] for one in (Measure.NEW, Measure.RETURNED, Measure.LEFT))
        total, active = total + new, active + change.status[ShopStatus.ACTIVE]
        points.append(ShopPoint(span.since, span.until, span.is_partial, total, active, new, returned, left))
    return points


def trials(series: Series, within_days: int) -> Trials:
    def cohort(span: Span, change: Figures) -> TrialCohort:
        started = change.counts[Measure.TRIAL_STARTED]
        converted = sum(number for days, number in change.paid_after.items() if days <= within_days)
        is_complete = span.last + within_days * DAY < series.period.today
        rate = ratio(converted, started)
        return TrialCohort(span.since, span.until, span.is_partial, started, converted, rate, is_complete)

    total = cohort(series.period.whole, series.whole)
    in_trial = series.closing.counts[Measure.TRIALING]
    return Trials(within_days, in_trial, total, lambda: [cohort(*change) for change in series.changes])


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
