"""The shops that come first: those that bring the most, those that were seen last, and those with which something
happened just now."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, TypeVar

from core import clock
from core.money import amount_of
from models.metrics import MetricRollup, MetricScope, ShopTimeline
from models.shops import ChangeKind, Shop, ShopStatus, SubscriptionStatus
from resolvers.metric_rollups import Bucket, top_merchants
from resolvers.shop_changes import Standing, steps
from resolvers.shop_timelines import is_news

T = TypeVar("T")


class TopShopsBy(StrEnum):
    """By what they bring in a month with all the apps that are asked for, in one currency; or by when an app's backend
    reported of them last, of the active ones."""

    REVENUE = "revenue"
    LAST_SEEN = "lastSeen"


class ActivityType(StrEnum):
    NEW_SHOP = "new_shop"
    REINSTALLED = "reinstalled"
    UNINSTALLED = "uninstalled"
    PLAN_CHANGED = "plan_changed"
    STATUS_CHANGED = "status_changed"
    REDACTED = "redacted"


TYPES: Final[Mapping[ChangeKind, ActivityType]] = {
    ChangeKind.INSTALLED: ActivityType.NEW_SHOP,
    ChangeKind.REINSTALLED: ActivityType.REINSTALLED,
    ChangeKind.UNINSTALLED: ActivityType.UNINSTALLED,
    ChangeKind.PLAN_CHANGED: ActivityType.PLAN_CHANGED,
    ChangeKind.STATUS_CHANGED: ActivityType.STATUS_CHANGED,
    ChangeKind.REDACTED: ActivityType.REDACTED,
}


@dataclass(frozen=True, slots=True)
class TopShop:
    """A merchant, with the shops that it has in the apps that were asked for: that of the latest installation first.
    `mrr` is what it brings with them in `currency`; `last_seen_at` when an app's backend reported of it last."""

    domain: str
    shops: Sequence[Shop]
    currency: str | None
    mrr: Decimal | None

    @property
    def name(self) -> str:
        return next((shop.name for shop in self.shops if shop.name), "")

    @property
    def is_active(self) -> bool:
        return any(shop.status is ShopStatus.ACTIVE for shop in self.shops)

    @property
    def last_seen_at(self) -> datetime | None:
        return max((shop.last_seen_at for shop in self.shops if shop.last_seen_at is not None), default=None)


@dataclass(frozen=True, slots=True)
class ShopActivity:
    """Something that happened to a shop. `before` and `after` are statuses, or plan handles of a change of plan;
    `subscription_status` is what that led to."""

    type: ActivityType
    at: datetime
    shop: Shop
    before: str | None
    after: str | None
    subscription_status: SubscriptionStatus | None
    reason: str | None

    @property
    def app_id(self) -> str:
        return self.shop.app_id


async def shops_by_revenue(app_ids: Collection[str], currency: str, first: int, *, are_all: bool) -> list[TopShop]:
    """Of all apps, the list is kept by the workers; of some, it is made now."""
    if are_all:
        top = await MetricRollup.get_pymongo_collection().find_one({"_id": Bucket(MetricScope.TOP, currency).id})
        found = (top or {}).get("merchants", [])[:first]
    elif len(app_ids) == 1:
        found = await _top_of_app(next(iter(app_ids)), currency, first)
    else:
        found = await top_merchants({"appId": {"$in": [*app_ids]}}, currency, first)
    revenue = {row["domain"]: amount_of(row["mrr"]) for row in found}
    shops = await _shops_of(revenue, app_ids)
    return [TopShop(domain, shops[domain], currency, mrr) for domain, mrr in revenue.items() if domain in shops]


async def shops_seen_last(app_ids: Collection[str], first: int) -> list[TopShop]:
    """The first of each app are among the first of all."""

    async def seen(app_id: str) -> list[Shop]:
        active = Shop.find({"appId": app_id, "status": ShopStatus.ACTIVE.value, "lastSeenAt": {"$ne": None}})
        return await active.sort("-lastSeenAt", "-_id").limit(first).to_list()

    newest = sorted(await _of_each(app_ids, seen), key=lambda shop: (shop.last_seen_at, shop.id), reverse=True)
    domains = list(dict.fromkeys(shop.domain for shop in newest))[:first]
    shops = await _shops_of(domains, app_ids)
    return [TopShop(domain, shops[domain], None, None) for domain in domains if domain in shops]


async def shop_activity(app_ids: Collection[str], first: int) -> list[ShopActivity]:
    """What happened last, the newest first.

    The newest changes of all are among those of the shops with which something happened last: of each other shop, even
    the newest is older than that many.
    """

    async def changed(app_id: str) -> list[dict[str, Any]]:
        shown = {"changedAt": 1}
        of_app = ShopTimeline.get_pymongo_collection().find({"appId": app_id, "changedAt": {"$ne": None}}, shown)
        return await of_app.sort([("changedAt", -1), ("_id", -1)]).limit(first).to_list()

    rows = sorted(await _of_each(app_ids, changed), key=lambda row: (row["changedAt"], row["_id"]), reverse=True)
    shops = await Shop.find({"_id": {"$in": [row["_id"] for row in rows[:first]]}}).to_list()
    happened = [one for shop in shops for one in _activity_of(shop, clock.now())]
    return sorted(happened, key=lambda one: (one.at, one.shop.id), reverse=True)[:first]


def _activity_of(shop: Shop, now: datetime) -> Iterable[ShopActivity]:
    """What changed anything, the newest first where several things happened at once."""
    before: Standing | None = None
    told = []
    for after, change in steps(None, shop.history):
        if change.at <= now and is_news(before, after):
            status = after.subscription.status if change.subscription and after.subscription else None
            told.append(
                ShopActivity(TYPES[change.kind], change.at, shop, change.before, change.after, status, change.reason)
            )
        before = after
    return reversed(told)


async def _top_of_app(app_id: str, currency: str, first: int) -> list[dict[str, Any]]:
    which = {"appId": app_id, "currency": currency, "mrr": {"$gt": 0}}
    timelines = ShopTimeline.get_pymongo_collection().find(which, {"domain": 1, "mrr": 1})
    return await timelines.sort([("mrr", -1), ("_id", -1)]).limit(first).to_list()


async def _shops_of(domains: Iterable[str], app_ids: Collection[str]) -> dict[str, list[Shop]]:
    """By domain, that of the latest installation first."""
    found: dict[str, list[Shop]] = {}
    shops = await Shop.find({"domain": {"$in": [*domains]}, "appId": {"$in": [*app_ids]}}).to_list()
    for shop in sorted(shops, key=attrgetter("installed_at"), reverse=True):
        found.setdefault(shop.domain, []).append(shop)
    return found


async def _of_each(app_ids: Collection[str], read: Callable[[str], Awaitable[list[T]]]) -> list[T]:
    return [one for found in await asyncio.gather(*map(read, app_ids)) for one in found]
