"""Shops, over REST."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import Field, PlainSerializer

from models.plans import Interval
from models.shops import ChangeKind, ShopStatus, SubscriptionStatus
from resolvers import shops
from resolvers.shops import ShopDomainFilter, ShopFilter, ShopSortKey, ShopStatusChange, ShopUpdate
from rest_compat.edge import (
    AppId,
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
    pagination_of,
)

ShopId = Annotated[str, Path(alias="shopId", description="The shop's `_id`, or its domain")]

DOMAINS_LIMIT: Final = 1000
MOST_DOMAINS: Final = 10_000


class SubscriptionWire(Wire):
    plan_handle: str = Field(serialization_alias="plan")
    plan_name: str
    price: Annotated[Decimal, PlainSerializer(float, return_type=float)]
    currency: str
    interval: Interval
    status: SubscriptionStatus
    is_test: bool
    since: Moment
    ended_at: Moment | None


class ShopWire(StoredWire):
    app_id: str
    domain: str
    name: str
    email: str | None
    owner: str | None
    country: str | None
    currency: str | None
    locale: str | None
    shopify_plan: str | None
    is_test: bool
    status: ShopStatus
    subscription: SubscriptionWire | None
    trial_ends_at: Moment | None
    settings: dict[str, Any]
    installed_at: Moment
    uninstalled_at: Moment | None


class ChangeWire(Wire):
    kind: ChangeKind
    at: Moment
    by: str
    before: str | None
    after: str | None
    reason: str | None


class ShopWithHistoryWire(ShopWire):
    """`history` begins with what came first."""

    history: list[ChangeWire]


class ShopStatsWire(Wire):
    total: int
    active: int
    inactive: int
    uninstalled: int
    by_plan: Mapping[str, int]


class ShopListing(Listing, ShopFilter):
    sort_keys = ShopSortKey


class ShopDomainListing(Listing, ShopDomainFilter):
    """In alphabetical order, and in long pages: clients fetch all domains at once."""

    sort_keys = ShopSortKey

    limit: int = Field(DOMAINS_LIMIT, ge=1, le=MOST_DOMAINS)
    sort: str = Field("domain", pattern="^domain$")


async def shop_stats(actor: CurrentActor, app_id: AppId) -> Data[ShopStatsWire]:
    """How many shops the app has. Inactive are all that are not active; plans are counted over the active ones."""
    return Data(data=ShopStatsWire.of(await shops.shop_stats(actor, app_id)))


async def list_shop_domains(
    actor: CurrentActor, app_id: AppId, query: Annotated[ShopDomainListing, Query()]
) -> Paged[str]:
    """The domains of the app's shops."""
    found = await shops.list_shop_domains(actor, app_id, query.window, query)
    return Paged(data=[shop.domain for shop in found.items], pagination=await pagination_of(found, query.window))


async def list_shops(actor: CurrentActor, app_id: AppId, query: Annotated[ShopListing, Query()]) -> Paged[ShopWire]:
    """The shops that have, or had, the app."""
    return await page_of(
        ShopWire, await shops.list_shops(actor, app_id, query.window, query, query.order), query.window
    )


async def get_shop(actor: CurrentActor, app_id: AppId, shop_id: ShopId) -> Data[ShopWithHistoryWire]:
    """One shop, by its `_id` or its domain, with what happened to it."""
    return Data(data=ShopWithHistoryWire.of(await shops.get_shop(actor, app_id, shop_id)))


async def update_shop(
    actor: CurrentActor, app_id: AppId, shop_id: ShopId, body: ShopUpdate
) -> DataMessage[ShopWithHistoryWire]:
    """Change what is sent, leave the rest; settings are merged key by key."""
    shop = await shops.update_shop(actor, app_id, shop_id, body)
    return DataMessage(data=ShopWithHistoryWire.of(shop), message="Shop updated")


async def change_shop_status(
    actor: CurrentActor, app_id: AppId, shop_id: ShopId, body: ShopStatusChange
) -> DataMessage[ShopWithHistoryWire]:
    """Move a shop to another status. Redacting is final."""
    shop = await shops.change_shop_status(actor, app_id, shop_id, body)
    return DataMessage(data=ShopWithHistoryWire.of(shop), message=f"Shop is {shop.status}")
