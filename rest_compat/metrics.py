"""How the apps are doing, over REST."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import Field

from core.inputs import Currency, Input
from models.shops import ShopStatus
from resolvers.metric_periods import MetricsQuery
from resolvers.metrics import MOST_LISTED, Metrics, get_metrics
from resolvers.shop_activity import TopShop, TopShopsBy
from rest_compat.edge import AppId, CurrentActor, Data
from rest_compat.metric_wires import (
    ActivityShopWire,
    ActivityWire,
    AggregatePointWire,
    AppFiguresWire,
    AppOverTimeWire,
    AppTopShopsWire,
    AppTotalsWire,
    ChurnWire,
    DashboardWire,
    EventMetricWire,
    FiguresWire,
    MovementsWire,
    OverTimeWire,
    RevenueWire,
    ShopsPointWire,
    ShopsWire,
    SummaryWire,
    TopShopAppWire,
    TopShopsWire,
    TopShopWire,
    TotalsWire,
    TrialsWire,
)

NOW: Final = MetricsQuery()
RANKS: Final = {"revenue": TopShopsBy.REVENUE, "lastLogin": TopShopsBy.LAST_SEEN}

Limit = Annotated[int, Field(ge=1, le=MOST_LISTED)]
PeriodQuery = Annotated[MetricsQuery, Query()]


class TopShopsQuery(Input):
    """By what they bring in a month in one currency, by default that in which most shops pay; or by when an app's
    backend last reported of them."""

    limit: Limit = 10
    sort: Literal["revenue", "lastLogin"] = "revenue"
    currency: Currency | None = None


class ActivityQuery(Input):
    limit: Limit = 20


class CustomQuery(MetricsQuery):
    """Of events of one name, where it is given, and by the values of one property."""

    name: str | None = Field(None, max_length=64)
    property: str | None = Field(None, max_length=200)
    limit: Limit = 10


async def aggregate_dashboard(actor: CurrentActor, query: PeriodQuery) -> Data[DashboardWire]:
    """All apps, together and each."""
    found = await get_metrics(actor, query)
    by_app = [AppFiguresWire(**_named(one), **await _figures(one)) for one in found.by_app]
    return Data(data=DashboardWire(aggregate=FiguresWire(**await _figures(found)), by_app=by_app))


async def app_dashboard(actor: CurrentActor, app_id: AppId, query: PeriodQuery) -> Data[AppFiguresWire]:
    """One app."""
    found = await get_metrics(actor, query, [app_id])
    return Data(data=AppFiguresWire(**_named(found), **await _figures(found)))


async def aggregate_shops_over_time(actor: CurrentActor, query: PeriodQuery) -> Data[OverTimeWire]:
    """How many shops there were, over all apps and of each."""
    found = await get_metrics(actor, query)
    by_app = [AppOverTimeWire(**_named(one), over_time=await _over_time(one)) for one in found.by_app]
    points = [
        AggregatePointWire(**point.__dict__, by_app={one.app_id: one.over_time[number].total for one in by_app})
        for number, point in enumerate(await _over_time(found))
    ]
    return Data(data=OverTimeWire(aggregate=points, by_app=by_app))


async def app_shops_over_time(actor: CurrentActor, app_id: AppId, query: PeriodQuery) -> Data[list[ShopsPointWire]]:
    """How many shops an app had."""
    return Data(data=await _over_time(await get_metrics(actor, query, [app_id])))


async def aggregate_top_shops(actor: CurrentActor, query: Annotated[TopShopsQuery, Query()]) -> Data[TopShopsWire]:
    """The shops that bring the most, with all apps and with each."""
    found = await get_metrics(actor, NOW)
    by_app = [AppTopShopsWire(**_named(one), shops=await _top_shops(one, query)) for one in found.by_app]
    return Data(data=TopShopsWire(aggregate=await _top_shops(found, query), by_app=by_app))


async def app_top_shops(
    actor: CurrentActor, app_id: AppId, query: Annotated[TopShopsQuery, Query()]
) -> Data[list[TopShopWire]]:
    """The shops that bring an app the most."""
    return Data(data=await _top_shops(await get_metrics(actor, NOW, [app_id]), query))


async def aggregate_activity(actor: CurrentActor, query: Annotated[ActivityQuery, Query()]) -> Data[list[ActivityWire]]:
    """What happened to shops last, in all apps."""
    return Data(data=await _activity(await get_metrics(actor, NOW), query))


async def app_activity(
    actor: CurrentActor, app_id: AppId, query: Annotated[ActivityQuery, Query()]
) -> Data[list[ActivityWire]]:
    """What happened to an app's shops last."""
    return Data(data=await _activity(await get_metrics(actor, NOW, [app_id]), query))


async def aggregate_summary(actor: CurrentActor) -> Data[SummaryWire]:
    """How many shops there are, in all apps and in each."""
    found = await get_metrics(actor, NOW)
    by_app = [AppTotalsWire(**_named(one), **await _totals(one)) for one in found.by_app]
    return Data(data=SummaryWire(totals=TotalsWire(**await _totals(found)), by_app=by_app))


async def app_custom(
    actor: CurrentActor, app_id: AppId, query: Annotated[CustomQuery, Query()]
) -> Data[list[EventMetricWire]]:
    """How often an app's backend reported what."""
    found = await get_metrics(actor, query, [app_id])
    events = await found.custom(query.name, query.property, query.limit)
    return Data(data=[EventMetricWire.of(event) for event in events])


def _named(found: Metrics) -> dict[str, str]:
    (app,) = found.apps
    return {"app_id": app.id, "app_name": app.name}


async def _figures(found: Metrics) -> dict[str, Any]:
    return {
        "shops": ShopsWire.of(await found.shops()),
        "revenue": [RevenueWire.of(one) for one in await found.revenue()],
        "movements": [MovementsWire.of(one.total) for one in await found.movements()],
        "churn": [ChurnWire.of(one.total) for one in await found.churn()],
        "trials": await _trials(found),
    }


async def _trials(found: Metrics) -> TrialsWire:
    trials = await found.trials()
    total = trials.total
    return TrialsWire(within_days=trials.within_days, started=total.started, converted=total.converted, rate=total.rate)


async def _totals(found: Metrics) -> dict[str, int]:
    shops = await found.shops()
    return {
        "total_shops": shops.total,
        "active_shops": shops.active,
        "inactive_shops": shops.inactive,
        "new_today": shops.new_today,
        "new_this_week": shops.new_this_week,
        "new_this_month": shops.new_this_month,
    }


async def _over_time(found: Metrics) -> list[ShopsPointWire]:
    return [ShopsPointWire.of(point) for point in (await found.shops()).over_time]


async def _top_shops(found: Metrics, query: TopShopsQuery) -> list[TopShopWire]:
    names = {app.id: app.name for app in found.apps}
    top = await found.top_shops(query.limit, RANKS[query.sort], query.currency)
    return [_top_shop(one, names) for one in top]


def _top_shop(top: TopShop, names: Mapping[str, str]) -> TopShopWire:
    return TopShopWire(
        shop=top.domain,
        name=top.name,
        domain=top.domain,
        is_active=top.is_active,
        last_login=top.last_seen_at,
        apps=[
            TopShopAppWire(app_id=shop.app_id, app_name=names[shop.app_id], is_active=shop.status is ShopStatus.ACTIVE)
            for shop in top.shops
        ],
        monthly_revenue=top.mrr,
        currency=top.currency,
    )


async def _activity(found: Metrics, query: ActivityQuery) -> list[ActivityWire]:
    names = {app.id: app.name for app in found.apps}
    return [
        ActivityWire(
            type=one.type,
            app_id=one.app_id,
            app_name=names[one.app_id],
            shop=ActivityShopWire(
                name=one.shop.name,
                email=one.shop.email,
                domain=one.shop.domain,
                is_active=one.shop.status is ShopStatus.ACTIVE,
            ),
            timestamp=one.at,
            before=one.before,
            after=one.after,
            subscription_status=one.subscription_status,
            reason=one.reason,
        )
        for one in await found.activity(query.limit)
    ]
