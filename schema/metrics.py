"""How the apps are doing, in GraphQL. Amounts are in the currency that the object around them names."""

from datetime import datetime
from typing import Annotated, cast

import strawberry
from strawberry import ID

from models.shops import SubscriptionStatus
from resolvers import metric_rebuilds, metrics, shop_activity
from resolvers.metric_periods import MetricsInterval, MetricsQuery
from resolvers.metrics import MOST_LISTED, WITHIN_DAYS, get_metrics
from resolvers.shop_activity import ActivityType, TopShopsBy
from schema.apps import App
from schema.edge import Info, UserError, described, listed, mutation, query
from schema.email_jobs import EmailJob, email_job
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.metric_series import (
    ChurnMetrics,
    EventMetric,
    InstallCohort,
    MovementMetrics,
    RevenueMetrics,
    ShopMetrics,
    TrialMetrics,
)
from schema.money import Money
from schema.periods import Days, From, To
from schema.serving.cost import ITEMS
from schema.shops import Shop

strawberry.enum(TopShopsBy)
strawberry.enum(ActivityType, name="ShopActivityType")

AppIds = Annotated[list[ID] | None, strawberry.argument(description="All apps where it is left out.")]
First = Annotated[int, strawberry.argument(description=f"1 to {MOST_LISTED}.")]


@strawberry.type(description="The time that metrics are about: UTC days, the first and the last included.")
class MetricsPeriod:
    since: str = strawberry.field(name="from")
    until: str = strawberry.field(name="to")
    is_partial: bool = strawberry.field(description="Whether it ends with today, which is not over.")


@strawberry.type(description="A merchant, with its shops in the apps that were asked for.")
class TopShop:
    domain: str
    name: str
    is_active: bool = strawberry.field(description="Whether any of the shops is.")
    last_seen_at: datetime | None = strawberry.field(
        description="When an app's backend last reported of it; null if it never did."
    )
    shops: list[Shop] = strawberry.field(
        description="That of the latest installation comes first.", metadata={ITEMS: 3}
    )

    @described("What it brings in a month with them, in the currency that shops are ranked in.")
    def monthly_revenue(self) -> Money | None:
        top = cast(shop_activity.TopShop, self)
        return Money.of(top.mrr, top.currency) if top.mrr is not None and top.currency is not None else None


@strawberry.type(description="Something that happened to a shop. `before` and `after` are statuses or plan handles.")
class ShopActivity:
    type: ActivityType
    at: datetime
    app_id: ID
    shop: Shop
    before: str | None
    after: str | None
    subscription_status: SubscriptionStatus | None = strawberry.field(description="That a change of plan led to.")
    reason: str | None

    app: App = loaded(shop_activity.ShopActivity, Loaders.apps, lambda one: one.app_id)


@strawberry.type(
    description="How apps are doing in a period: of one app, or of several taken together. Counted by workers, who "
    "follow what happens within seconds. A shop that has two apps counts twice. Days are UTC days."
)
class Metrics:
    app: App | None = strawberry.field(description="Null where they are of several apps.")

    @strawberry.field
    def period(self) -> MetricsPeriod:
        return cast(MetricsPeriod, _found(self).period.whole)

    @strawberry.field
    async def shops(self) -> ShopMetrics:
        return cast(ShopMetrics, await _found(self).shops())

    @listed("By currency: amounts in different ones are never added. That in which most shops pay comes first.", 3)
    async def revenue(self) -> list[RevenueMetrics]:
        return cast(list[RevenueMetrics], await _found(self).revenue())

    @listed("By currency. What was there when the period began, plus all movements, is what is there at its end.", 3)
    async def movements(self) -> list[MovementMetrics]:
        return cast(list[MovementMetrics], await _found(self).movements())

    @listed("By currency: of what there was when the period began, how much was lost.", 3)
    async def churn(self) -> list[ChurnMetrics]:
        return cast(list[ChurnMetrics], await _found(self).churn())

    @described("How many trials led to revenue within some days of their start (1 to 365).")
    async def trials(self, within_days: int = WITHIN_DAYS) -> TrialMetrics:
        return cast(TrialMetrics, await _found(self).trials(within_days))

    @listed("The shops that came in each month of the period, and how many are left. Months are whole.", 12)
    async def cohorts(self) -> list[InstallCohort]:
        return cast(list[InstallCohort], await _found(self).cohorts())

    @described("Now. By revenue in one currency; where none is named, in that in which most shops pay.")
    async def top_shops(
        self, first: First = 10, by: TopShopsBy = TopShopsBy.REVENUE, currency_code: str | None = None
    ) -> list[TopShop]:
        return cast(list[TopShop], await _found(self).top_shops(first, by, currency_code))

    @described("What happened to shops last, whatever the period: the newest first.")
    async def activity(self, first: First = 20) -> list[ShopActivity]:
        return cast(list[ShopActivity], await _found(self).activity(first))

    @described("The events that the apps' backends reported, the most frequent first; of one name, where it is given.")
    async def custom(
        self,
        name: str | None = None,
        property: Annotated[
            str | None,
            strawberry.argument(description="Counts its values too: texts up to 64 characters, numbers, yes or no."),
        ] = None,
        first: First = 10,
    ) -> list[EventMetric]:
        return cast(list[EventMetric], await _found(self).custom(name, property, first))

    @listed("The same of each app by itself.", 5)
    def by_app(self) -> list["Metrics"]:
        return cast(list[Metrics], _found(self).by_app)


def _found(shown: Metrics) -> metrics.Metrics:
    """The metrics have all that the type shows."""
    return cast(metrics.Metrics, shown)


@strawberry.type
class MetricsRebuildPayload:
    email_job: EmailJob | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class MetricsQueries:
    @query(get_metrics)
    async def metrics(
        self,
        info: Info,
        app_ids: AppIds = None,
        since: From = None,
        until: To = None,
        days: Days = None,
        interval: MetricsInterval = MetricsInterval.DAY,
    ) -> Metrics:
        asked = MetricsQuery.of(since, until, days, interval)
        return cast(Metrics, await get_metrics(info.context.actor, asked, app_ids))


@strawberry.type
class MetricsMutations:
    @mutation(metric_rebuilds.request_rebuild)
    async def metrics_rebuild(self, info: Info) -> MetricsRebuildPayload:
        return MetricsRebuildPayload(email_job=email_job(await metric_rebuilds.request_rebuild(info.context.actor)))
