"""What metrics come to, over time, in GraphQL."""

from decimal import Decimal
from typing import Any, Final, cast

import strawberry

from resolvers import metric_shops
from schema.edge import listed
from schema.serving.cost import ITEMS
from schema.shop_parts import PlanShopCount

POINTS: Final = {ITEMS: 100}
"""What a series costs: three months by the day, or two years by the week."""


def _since() -> Any:
    return strawberry.field(name="from", description="The first UTC day.")


def _until() -> Any:
    return strawberry.field(name="to", description="The last UTC day, included.")


def _is_partial() -> Any:
    return strawberry.field(
        description="Whether some days of the interval are outside of the period, or not over: those of today."
    )


def _currency() -> Any:
    return strawberry.field(name="currencyCode", description="ISO 4217, such as USD. Amounts are in it.")


@strawberry.type(description="How many shops there were when some days ended, and what happened in them.")
class ShopsPoint:
    since: str = _since()
    until: str = _until()
    is_partial: bool = _is_partial()
    total: int
    active: int
    new: int = strawberry.field(description="Of which nothing was known before.")
    returned: int = strawberry.field(description="Installations by shops that had uninstalled.")
    left: int = strawberry.field(description="Uninstallations.")


@strawberry.type(description="How many shops there are when the period ends.")
class ShopMetrics:
    total: int = strawberry.field(description="That have, or had, an app.")
    active: int
    inactive: int = strawberry.field(description="All that are not active: paused, uninstalled or redacted.")
    uninstalled: int
    in_trial: int = strawberry.field(description="In a trial after which they pay.")
    new_today: int = strawberry.field(description="On the last day of the period.")
    new_this_week: int = strawberry.field(description="Since the Monday before.")
    new_this_month: int = strawberry.field(description="Since the first of its month.")
    over_time: list[ShopsPoint] = strawberry.field(metadata=POINTS)

    @listed("The active shops by the plan that they use, or `none`.", 10)
    def by_plan(self) -> list[PlanShopCount]:
        counts = cast(metric_shops.ShopNumbers, self).by_plan
        return [PlanShopCount(plan=plan, count=count) for plan, count in sorted(counts.items())]


@strawberry.type(description="What comes in each month from the shops that use a plan.")
class PlanRevenue:
    plan: str
    mrr: Decimal
    paying_shops: int


@strawberry.type(description="When some days end.")
class RevenuePoint:
    since: str = _since()
    until: str = _until()
    is_partial: bool = _is_partial()
    mrr: Decimal
    paying_shops: int
    arpu: Decimal | None


@strawberry.type(
    description="What comes in each month, when the period ends: a year's price by twelve; nothing from shops in a "
    "trial, frozen ones, or tests."
)
class RevenueMetrics:
    currency: str = _currency()
    mrr: Decimal
    paying_shops: int
    arpu: Decimal | None = strawberry.field(description="MRR by paying shops. Null where nobody pays.")
    ltv: Decimal | None = strawberry.field(
        description="ARPU by the churn rate of 30 days, which is the period's, by its days and times 30. Null without "
        "churn."
    )
    by_plan: list[PlanRevenue] = strawberry.field(metadata={ITEMS: 10})
    over_time: list[RevenuePoint] = strawberry.field(metadata=POINTS)


@strawberry.type(
    description="How revenue moved in some days, by where it stood at the end of each. All amounts but `net` are "
    "positive: opening + new + expansion + reactivation - contraction - churn = closing."
)
class MovementPoint:
    since: str = _since()
    until: str = _until()
    is_partial: bool = _is_partial()
    opening_mrr: Decimal
    new: Decimal = strawberry.field(description="From shops that pay for the first time.")
    expansion: Decimal = strawberry.field(description="From shops that pay more than before.")
    contraction: Decimal = strawberry.field(
        description="From shops that pay less than before, or in another currency, in which they expand."
    )
    churn: Decimal = strawberry.field(description="From shops that pay nothing any more, or are frozen.")
    reactivation: Decimal = strawberry.field(description="From shops that pay again.")
    closing_mrr: Decimal
    net: Decimal
    quick_ratio: float | None = strawberry.field(
        description="(New + expansion + reactivation) by (contraction + churn). Null where nothing was lost."
    )
    new_shops: int
    expanded_shops: int
    contracted_shops: int
    churned_shops: int
    reactivated_shops: int


@strawberry.type(description="How revenue moved, in one currency.")
class MovementMetrics:
    currency: str = _currency()
    total: MovementPoint = strawberry.field(description="Of the whole period.")
    over_time: list[MovementPoint] = strawberry.field(metadata=POINTS)


@strawberry.type(
    description="How much was lost in some days of what there was when they began. Rates are from 0 to 1 as a rule; "
    "null where there was nothing to lose."
)
class ChurnPoint:
    since: str = _since()
    until: str = _until()
    is_partial: bool = _is_partial()
    starting_shops: int = strawberry.field(description="That paid when the days began.")
    churned_shops: int
    logo_rate: float | None = strawberry.field(description="Churned by starting shops.")
    starting_mrr: Decimal
    churned_mrr: Decimal
    contracted_mrr: Decimal
    gross_revenue_rate: float | None = strawberry.field(description="(Churned + contracted) by starting MRR.")
    net_revenue_rate: float | None = strawberry.field(
        description="The same less expansion and reactivation: negative where more was won than lost."
    )


@strawberry.type(description="How much was lost, in one currency.")
class ChurnMetrics:
    currency: str = _currency()
    total: ChurnPoint = strawberry.field(description="Of the whole period.")
    over_time: list[ChurnPoint] = strawberry.field(metadata=POINTS)


@strawberry.type(description="The trials that started in some days, and how many of them led to revenue soon enough.")
class TrialCohort:
    since: str = _since()
    until: str = _until()
    is_partial: bool = _is_partial()
    started: int
    converted: int
    rate: float | None = strawberry.field(description="Converted by started. Null where none started.")
    is_complete: bool = strawberry.field(
        description="Whether the time in which a trial converts is over for all of them. Until then more may follow."
    )


@strawberry.type(description="Trials, by when they started.")
class TrialMetrics:
    within_days: int = strawberry.field(description="How soon after its start a trial has to lead to revenue.")
    in_trial: int = strawberry.field(description="Shops that are in one when the period ends.")
    total: TrialCohort = strawberry.field(description="Of the whole period.")
    cohorts: list[TrialCohort] = strawberry.field(metadata=POINTS)


@strawberry.type(description="What a cohort still brings in one currency.")
class RetainedRevenue:
    currency: str = _currency()
    mrr: Decimal
    retention: float | None = strawberry.field(
        description="MRR by what the shops brought when each of them first paid. Null before any has paid."
    )


@strawberry.type(description="A cohort when a month ends.")
class CohortMonth:
    month: str = strawberry.field(description="Such as 2026-01.")
    number: int = strawberry.field(description="Months since that in which the shops came.")
    is_partial: bool = strawberry.field(description="Whether the month is not over.")
    active: int
    retention: float = strawberry.field(description="Active shops by all of the cohort.")
    revenue: list[RetainedRevenue] = strawberry.field(metadata={ITEMS: 2})


@strawberry.type(description="The shops that were first heard of in one month.")
class InstallCohort:
    month: str = strawberry.field(description="Such as 2026-01.")
    size: int
    months: list[CohortMonth] = strawberry.field(description="Its own comes first.", metadata={ITEMS: 12})


@strawberry.type
class EventPoint:
    since: str = _since()
    until: str = _until()
    is_partial: bool = _is_partial()
    count: int


@strawberry.type
class EventValue:
    value: str
    count: int
    over_time: list[int] = strawberry.field(description="A count for each point of the event's `overTime`.")


@strawberry.type(description="How often the events of one name were reported.")
class EventMetric:
    name: str
    count: int
    over_time: list[EventPoint] = strawberry.field(metadata=POINTS)
    properties: list[str] = strawberry.field(description="That can be asked for.")
    values: list[EventValue] = strawberry.field(
        description="Of the property that was asked for, the most frequent first.", metadata={ITEMS: 50}
    )
    other: int = strawberry.field(
        description="How often it had another value: of each name and day 50 are told apart, and 50 in all; long texts "
        "and addresses are not."
    )
