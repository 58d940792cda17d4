"""What REST says of metrics. Days are UTC days; money is a number beside its currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from models.shops import SubscriptionStatus
from resolvers.shop_activity import ActivityType
from rest_compat.edge import Moment, Wire

Amount = Annotated[Decimal, PlainSerializer(float, return_type=float)]
Since = Annotated[str, Field(serialization_alias="date")]
Until = Annotated[str, Field(serialization_alias="to")]


class ShopsWire(Wire):
    """When the period ends. New are shops of which nothing was known before: on its last day, since Monday, and since
    the first of the month."""

    total: int
    active: int
    inactive: int
    uninstalled: int
    in_trial: int
    new_today: int
    new_this_week: int
    new_this_month: int
    by_plan: Mapping[str, int]


class RevenueWire(Wire):
    """In one currency, when the period ends."""

    currency: str
    mrr: Amount
    paying_shops: int
    arpu: Amount | None
    ltv: Amount | None


class MovementsWire(Wire):
    """In one currency, in the period."""

    currency: str
    opening_mrr: Amount
    new: Amount
    expansion: Amount
    contraction: Amount
    churn: Amount
    reactivation: Amount
    closing_mrr: Amount
    quick_ratio: float | None


class ChurnWire(Wire):
    """In one currency: of what there was when the period began, how much was lost."""

    currency: str
    starting_shops: int
    churned_shops: int
    logo_rate: float | None
    starting_mrr: Amount
    gross_revenue_rate: float | None
    net_revenue_rate: float | None


class TrialsWire(Wire):
    """The trials that started in the period, and how many of them led to revenue within so many days."""

    within_days: int
    started: int
    converted: int
    rate: float | None


class FiguresWire(Wire):
    shops: ShopsWire
    revenue: list[RevenueWire]
    movements: list[MovementsWire]
    churn: list[ChurnWire]
    trials: TrialsWire


class AppFiguresWire(FiguresWire):
    app_id: str
    app_name: str


class DashboardWire(Wire):
    aggregate: FiguresWire
    by_app: list[AppFiguresWire]


class ShopsPointWire(Wire):
    """`date` is the first and `to` the last of some days, `total` and `active` are counted when they end."""

    since: Since
    until: Until
    is_partial: bool
    total: int
    active: int
    new: int
    returned: int
    left: int


class AggregatePointWire(ShopsPointWire):
    by_app: Mapping[str, int]


class AppOverTimeWire(Wire):
    app_id: str
    app_name: str
    over_time: list[ShopsPointWire]


class OverTimeWire(Wire):
    aggregate: list[AggregatePointWire]
    by_app: list[AppOverTimeWire]


class TopShopAppWire(Wire):
    app_id: str
    app_name: str
    is_active: bool


class TopShopWire(Wire):
    """`lastLogin` is when an app's backend last reported of the shop; null if it never did."""

    shop: str
    name: str
    domain: str
    is_active: bool
    last_login: Moment | None
    apps: list[TopShopAppWire]
    monthly_revenue: Amount | None
    currency: str | None


class AppTopShopsWire(Wire):
    app_id: str
    app_name: str
    shops: list[TopShopWire]


class TopShopsWire(Wire):
    aggregate: list[TopShopWire]
    by_app: list[AppTopShopsWire]


class ActivityShopWire(Wire):
    name: str
    email: str | None
    domain: str
    is_active: bool


class ActivityWire(Wire):
    """`before` and `after` are statuses, or plans of a change of plan; `subscriptionStatus` is what that led to."""

    type: ActivityType
    app_id: str
    app_name: str
    shop: ActivityShopWire
    timestamp: Moment
    before: str | None
    after: str | None
    subscription_status: SubscriptionStatus | None
    reason: str | None


class TotalsWire(Wire):
    total_shops: int
    active_shops: int
    inactive_shops: int
    new_today: int
    new_this_week: int
    new_this_month: int


class AppTotalsWire(TotalsWire):
    app_id: str
    app_name: str


class SummaryWire(Wire):
    totals: TotalsWire
    by_app: list[AppTotalsWire]


class EventPointWire(Wire):
    since: Since
    until: Until
    is_partial: bool
    count: int


class EventValueWire(Wire):
    """`overTime` has a count for each point of the event's."""

    value: str
    count: int
    over_time: list[int]


class EventMetricWire(Wire):
    """`values` are those of the property that was asked for, the most frequent first; `other` counts the rest."""

    name: str
    count: int
    over_time: list[EventPointWire]
    properties: list[str]
    values: list[EventValueWire]
    other: int
