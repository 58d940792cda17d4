"""What the numbers say about revenue: where it stands, how it moved, how much of it is lost. Each currency by itself.

    churn rate      = shops that churned / paying shops when the period began
    revenue churn   = (churn + contraction) / MRR when it began; net: less expansion and reactivation
    quick ratio     = (new + expansion + reactivation) / (churn + contraction)
    ARPU            = MRR / paying shops, when the period ends
    LTV             = ARPU / churn rate of 30 days, which is the period's, divided by its days and times 30

A ratio whose denominator is nothing is null.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar

from core.money import amount_of
from models.metrics import MovementKind
from resolvers.metric_flows import Figures, Series
from resolvers.metric_periods import Span

CENT: Final = Decimal("0.01")
DAYS_OF_A_MONTH: Final = 30
NEW, EXPANSION, CONTRACTION = MovementKind.NEW, MovementKind.EXPANSION, MovementKind.CONTRACTION
CHURN, REACTIVATION = MovementKind.CHURN, MovementKind.REACTIVATION

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlanRevenue:
    plan: str
    currency: str
    mrr: Decimal
    paying_shops: int


@dataclass(frozen=True, slots=True)
class RevenuePoint:
    """At the end of some days."""

    since: str
    until: str
    is_partial: bool
    mrr: Decimal
    paying_shops: int
    arpu: Decimal | None


@dataclass(frozen=True, slots=True)
class Revenue:
    """In one currency, when the period ends."""

    currency: str
    mrr: Decimal
    paying_shops: int
    arpu: Decimal | None
    ltv: Decimal | None
    by_plan: Sequence[PlanRevenue]
    points: Callable[[], Sequence[RevenuePoint]] = field(repr=False, compare=False)

    @property
    def over_time(self) -> Sequence[RevenuePoint]:
        return self.points()


@dataclass(frozen=True, slots=True)
class MovementPoint:
    """Of some days. Amounts are positive; `opening_mrr` plus what came less what went is `closing_mrr`."""

    since: str
    until: str
    is_partial: bool
    currency: str
    opening_mrr: Decimal
    new: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    reactivation: Decimal
    closing_mrr: Decimal
    new_shops: int
    expanded_shops: int
    contracted_shops: int
    churned_shops: int
    reactivated_shops: int

    @property
    def net(self) -> Decimal:
        return self.closing_mrr - self.opening_mrr

    @property
    def quick_ratio(self) -> float | None:
        return ratio(self.new + self.expansion + self.reactivation, self.churn + self.contraction)


@dataclass(frozen=True, slots=True)
class Movements:
    """Of one currency, in the whole period and over time."""

    currency: str
    total: MovementPoint
    points: Callable[[], Sequence[MovementPoint]] = field(repr=False, compare=False)

    @property
    def over_time(self) -> Sequence[MovementPoint]:
        return self.points()


@dataclass(frozen=True, slots=True)
class ChurnPoint:
    """Of some days, in one currency. Rates are of what there was when they began, from 0 on; net revenue churn is
    negative where those who stay pay more than is lost."""

    since: str
    until: str
    is_partial: bool
    currency: str
    starting_shops: int
    churned_shops: int
    starting_mrr: Decimal
    churned_mrr: Decimal
    contracted_mrr: Decimal
    logo_rate: float | None
    gross_revenue_rate: float | None
    net_revenue_rate: float | None


@dataclass(frozen=True, slots=True)
class Churn:
    currency: str
    total: ChurnPoint
    points: Callable[[], Sequence[ChurnPoint]] = field(repr=False, compare=False)

    @property
    def over_time(self) -> Sequence[ChurnPoint]:
        return self.points()


@dataclass(frozen=True, slots=True)
class _Step:
    """Some days: what there was in a currency when they began, and what changed in them."""

    span: Span
    currency: str
    mrr: int
    paying: int
    change: Figures

    @property
    def mrr_after(self) -> int:
        return self.mrr + self.change.mrr_in(self.currency)

    @property
    def paying_after(self) -> int:
        return self.paying + self.change.paying_in(self.currency)

    def moved(self, kind: MovementKind) -> Decimal:
        return amount_of(self.change.moved[self.currency, kind])

    def movers(self, kind: MovementKind) -> int:
        return self.change.movers[self.currency, kind]


class Ledger:
    """A period's revenue by currency."""

    def __init__(self, series: Series) -> None:
        self._series = series

    @property
    def currencies(self) -> list[str]:
        """In which there is something, or was. The one that most shops pay in comes first."""
        opening, moved = self._series.opening.mrr.items(), self._series.whole.moved
        found = {currency for (currency, _), mrr in opening if mrr} | {currency for currency, _ in moved}
        return sorted(found, key=lambda one: (-self._series.closing.paying_in(one), one))

    def revenue(self) -> list[Revenue]:
        return [self._revenue(currency) for currency in self.currencies]

    def movements(self) -> list[Movements]:
        return [
            Movements(one, _movement(self._total(one)), partial(self._points, one, _movement))
            for one in self.currencies
        ]

    def churn(self) -> list[Churn]:
        return [Churn(one, _churn(self._total(one)), partial(self._points, one, _churn)) for one in self.currencies]

    def _total(self, currency: str) -> _Step:
        series = self._series
        mrr, paying = series.opening.mrr_in(currency), series.opening.paying_in(currency)
        return _Step(series.period.whole, currency, mrr, paying, series.whole)

    def _points(self, currency: str, point_of: Callable[[_Step], T]) -> list[T]:
        mrr, paying = self._series.opening.mrr_in(currency), self._series.opening.paying_in(currency)
        points = []
        for span, change in self._series.changes:
            step = _Step(span, currency, mrr, paying, change)
            points.append(point_of(step))
            mrr, paying = step.mrr_after, step.paying_after
        return points

    def _revenue(self, currency: str) -> Revenue:
        total, closing = self._total(currency), self._series.closing
        arpu = _per_shop(total.mrr_after, total.paying_after)
        plans = [
            PlanRevenue(plan, currency, amount_of(mrr), closing.paying[currency, plan])
            for (one, plan), mrr in sorted(closing.mrr.items(), key=lambda item: (-item[1], item[0]))
            if one == currency and mrr
        ]
        lifetime = _lifetime_value(arpu, _churn(total).logo_rate, self._series.period.days)
        points = partial(self._points, currency, _revenue_point)
        return Revenue(currency, amount_of(total.mrr_after), total.paying_after, arpu, lifetime, plans, points)


def ratio(part: int | Decimal, whole: int | Decimal) -> float | None:
    """Null where there is nothing that it could be a part of."""
    return float(part / whole) if whole else None


def _per_shop(mrr: int, shops: int) -> Decimal | None:
    return (amount_of(mrr) / shops).quantize(CENT) if shops else None


def _lifetime_value(arpu: Decimal | None, churn: float | None, days: int) -> Decimal | None:
    if arpu is None or not churn:
        return None
    return (arpu * days / (Decimal(churn) * DAYS_OF_A_MONTH)).quantize(CENT)


def _revenue_point(step: _Step) -> RevenuePoint:
    mrr, paying = step.mrr_after, step.paying_after
    span = step.span
    return RevenuePoint(span.since, span.until, span.is_partial, amount_of(mrr), paying, _per_shop(mrr, paying))


def _movement(step: _Step) -> MovementPoint:
    return MovementPoint(
        since=step.span.since,
        until=step.span.until,
        is_partial=step.span.is_partial,
        currency=step.currency,
        opening_mrr=amount_of(step.mrr),
        new=step.moved(NEW),
        expansion=step.moved(EXPANSION),
        contraction=step.moved(CONTRACTION),
        churn=step.moved(CHURN),
        reactivation=step.moved(REACTIVATION),
        closing_mrr=amount_of(step.mrr_after),
        new_shops=step.movers(NEW),
        expanded_shops=step.movers(EXPANSION),
        contracted_shops=step.movers(CONTRACTION),
        churned_shops=step.movers(CHURN),
        reactivated_shops=step.movers(REACTIVATION),
    )


def _churn(step: _Step) -> ChurnPoint:
    churned, contracted, starting = step.moved(CHURN), step.moved(CONTRACTION), amount_of(step.mrr)
    won_back = step.moved(EXPANSION) + step.moved(REACTIVATION)
    return ChurnPoint(
        since=step.span.since,
        until=step.span.until,
        is_partial=step.span.is_partial,
        currency=step.currency,
        starting_shops=step.paying,
        churned_shops=step.movers(CHURN),
        starting_mrr=starting,
        churned_mrr=churned,
        contracted_mrr=contracted,
        logo_rate=ratio(step.movers(CHURN), step.paying),
        gross_revenue_rate=ratio(churned + contracted, starting),
        net_revenue_rate=ratio(churned + contracted - won_back, starting),
    )
