"""Shops that have, or had, one of the apps."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import bson
from pydantic import Field

from core import clock
from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import (
    OMITTED,
    Country,
    Currency,
    Email,
    Input,
    JsonObject,
    Locale,
    Moment,
    Search,
    ShortText,
)
from core.mongo import Filter, containing, slice_of, slice_of_parts
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.scopes import Scope
from models.app_events import AppEvent
from models.shops import ENDED, Change, ChangeKind, Shop, ShopDomain, ShopStatus
from resolvers.apps import visible_app
from resolvers.automation_erasure import redact_automations_of_shop
from resolvers.feedback_erasure import redact_feedback_of_shop
from resolvers.log_deletions import delete_matching
from resolvers.shop_writes import changed, topic_of, with_changes, write_shop
from resolvers.ticket_erasure import redact_tickets_of_shop
from resolvers.want_erasure import redact_wants_of_shop

NO_PLAN: Final = "none"
MOST_SETTINGS: Final = 200
LARGEST_SETTINGS: Final = 100_000
"""Bytes, as they are stored: what is merged again and again must stay far from the 16 MB of a document."""
MOMENT: Final = timedelta(milliseconds=1)

BY_HAND: Final[Mapping[ShopStatus, frozenset[ShopStatus]]] = {
    ShopStatus.ACTIVE: frozenset({ShopStatus.INACTIVE, ShopStatus.UNINSTALLED, ShopStatus.REDACTED}),
    ShopStatus.INACTIVE: frozenset({ShopStatus.ACTIVE, ShopStatus.UNINSTALLED, ShopStatus.REDACTED}),
    ShopStatus.UNINSTALLED: frozenset({ShopStatus.ACTIVE, ShopStatus.REDACTED}),
    ShopStatus.REDACTED: frozenset(),
}
"""Where people may move a shop to, from where it is."""


class ShopUpdate(Input):
    """`settings` are merged key by key; null takes a key away."""

    name: ShortText = OMITTED
    email: Email | None = OMITTED
    owner: ShortText | None = OMITTED
    country: Country | None = OMITTED
    currency: Currency | None = OMITTED
    locale: Locale | None = OMITTED
    shopify_plan: ShortText | None = OMITTED
    settings: JsonObject = OMITTED


class ShopStatusChange(Input):
    status: ShopStatus
    reason: ShortText | None = None


class ShopDomainFilter(Input):
    status: ShopStatus | None = None
    search: Search | None = None


class ShopFilter(ShopDomainFilter):
    """`plan` is the handle of the plan that a shop uses."""

    plan: str | None = Field(None, max_length=64)
    country: Country | None = None
    installed_from: Moment | None = None
    installed_to: Moment | None = None
    is_test: bool | None = None


class ShopSortKey(SortKey):
    CREATED_AT = "createdAt"
    INSTALLED_AT = "installedAt"
    NAME = "name", "nameKey"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class ShopStats:
    """`inactive` is every shop that is not active: paused, uninstalled (also counted by itself) or redacted.
    `by_plan` has the active shops by the handle of the plan that they use, and those without one under `none`."""

    total: int
    active: int
    inactive: int
    uninstalled: int
    by_plan: Mapping[str, int]


@allow(STAFF, api_key=Scope.SHOPS_READ)
async def list_shops(actor: Actor, app_id: str, window: Window, filters: ShopFilter, sort: Sort) -> Slice[Shop]:
    """Shops that have, or had, the app."""
    await visible_app(actor, app_id)
    return await slice_of(Shop, _matching_all(app_id, filters), sort, window)


@allow(STAFF, api_key=Scope.SHOPS_READ)
async def list_shop_domains(actor: Actor, app_id: str, window: Window, filters: ShopDomainFilter) -> Slice[ShopDomain]:
    """The domains of an app's shops, in alphabetical order."""
    await visible_app(actor, app_id)
    return await slice_of_parts(Shop, ShopDomain, _matching(app_id, filters), ShopSortKey.DOMAIN.order(), window)


@allow(STAFF, api_key=Scope.SHOPS_READ)
async def shop_stats(actor: Actor, app_id: str) -> ShopStats:
    """How many shops an app has, by status and, of the active ones, by plan."""
    await visible_app(actor, app_id)
    by_status: Counter[ShopStatus] = Counter()
    by_plan: Counter[str] = Counter()
    group = {
        "_id": {"status": "$status", "plan": "$subscription.planHandle", "subscription": "$subscription.status"},
        "shops": {"$sum": 1},
    }
    for row in await Shop.aggregate([{"$match": {"appId": app_id}}, {"$group": group}]).to_list():
        key, shops = row["_id"], row["shops"]
        by_status[ShopStatus(key["status"])] += shops
        if key["status"] == ShopStatus.ACTIVE:
            has_plan = key.get("plan") is not None and key["subscription"] not in ENDED
            by_plan[key["plan"] if has_plan else NO_PLAN] += shops
    total, active = by_status.total(), by_status[ShopStatus.ACTIVE]
    return ShopStats(total, active, total - active, by_status[ShopStatus.UNINSTALLED], by_plan)


@allow(STAFF, api_key=Scope.SHOPS_READ)
async def get_shop(actor: Actor, app_id: str, shop_id: str) -> Shop:
    """One shop of an app, by its id or its domain."""
    await visible_app(actor, app_id)
    identity = object_id(shop_id)
    named = {"_id": identity} if identity else {"domain": shop_id.lower()}
    return found(await Shop.find_one({"appId": app_id, **named}), "Shop")


@allow(ADMINS)
async def update_shop(actor: Actor, app_id: str, shop_id: str, data: ShopUpdate) -> Shop:
    """Changes what is sent of what is known of a shop."""
    shop = await get_shop(actor, app_id, shop_id)

    def decide(current: Shop | None) -> Shop:
        if current is None:
            raise NotFound("Shop not found")
        if current.status is ShopStatus.REDACTED:
            raise InvalidInput("The shop's data was redacted: nothing can be added to it")
        changes = data.sent()
        if "settings" in changes:
            changes["settings"] = _merged(current.settings, data.settings)
        return changed(current, changes)

    return found(await write_shop(app_id, shop.domain, decide), "Shop")


@allow(ADMINS)
async def change_shop_status(actor: Actor, app_id: str, shop_id: str, data: ShopStatusChange) -> Shop:
    """Moves a shop to another status. Redacting is final, and takes away what is personal in the shop and in what was
    reported of it, and what was logged about it; only installing the app anew revives the shop."""
    shop = await get_shop(actor, app_id, shop_id)
    if data.status is ShopStatus.REDACTED:
        await AppEvent.find({"appId": app_id, "shopDomain": shop.domain}).update({"$set": {"data": {}}})
        await delete_matching(app_id, {"appId": app_id, "shopDomain": shop.domain})
        await redact_tickets_of_shop(app_id, shop.domain)
        await redact_wants_of_shop(app_id, shop.domain)
        await redact_feedback_of_shop(app_id, shop.domain)
        await redact_automations_of_shop(app_id, shop.domain)

    def decide(current: Shop | None) -> Shop | None:
        if current is None:
            raise NotFound("Shop not found")
        if current.status is data.status:
            return None
        if data.status not in BY_HAND[current.status]:
            raise InvalidInput(f"A shop that is {current.status} can't become {data.status}", "status")
        moved = with_changes(current, app_id, current.domain, [_change(actor, current, data)])
        return _redacted(moved) if moved and data.status is ShopStatus.REDACTED else moved

    return found(await write_shop(app_id, shop.domain, decide), "Shop")


@allow(STAFF, api_key=Scope.SHOPS_READ)
async def watch_shops(actor: Actor, app_id: str) -> AsyncIterator[Shop]:
    """Each shop of an app as it is after something changed it, from now on."""
    await visible_app(actor, app_id)
    return _changing_shops(app_id)


async def _changing_shops(app_id: str) -> AsyncIterator[Shop]:
    async with runtime().topics.listen(topic_of(app_id)) as messages:
        async for message in messages:
            shop = await Shop.find_one({"_id": object_id(message["shopId"]), "appId": app_id})
            if shop is not None:
                yield shop


def _matching(app_id: str, filters: ShopDomainFilter) -> dict[str, Any]:
    query: dict[str, Any] = {"appId": app_id}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.search:
        query["searchText"] = containing(filters.search)
    return query


def _matching_all(app_id: str, filters: ShopFilter) -> Filter:
    query = _matching(app_id, filters)
    if filters.plan is not None:
        query["subscription.planHandle"] = filters.plan
        query["subscription.status"] = {"$nin": [status.value for status in ENDED]}
    if filters.country is not None:
        query["country"] = filters.country
    if filters.is_test is not None:
        query["isTest"] = filters.is_test
    installed = {"$gte": filters.installed_from, "$lt": filters.installed_to}
    if bounds := {operator: moment for operator, moment in installed.items() if moment is not None}:
        query["installedAt"] = bounds
    return query


def _merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {key: value for key, value in {**settings, **changes}.items() if value is not None}
    if len(merged) > MOST_SETTINGS:
        raise InvalidInput(f"A shop has at most {MOST_SETTINGS} settings", "settings")
    if len(bson.encode(merged)) > LARGEST_SETTINGS:
        raise InvalidInput(f"A shop's settings take at most {LARGEST_SETTINGS:,} bytes in all", "settings")
    return merged


def _change(actor: Actor, shop: Shop, data: ShopStatusChange) -> Change:
    """Later than all that is known, also than events that a backend's fast clock put into the future."""
    kinds = {ShopStatus.UNINSTALLED: ChangeKind.UNINSTALLED, ShopStatus.REDACTED: ChangeKind.REDACTED}
    return Change(
        kind=kinds.get(data.status, ChangeKind.STATUS_CHANGED),
        at=max([clock.now(), *(change.at + MOMENT for change in shop.history[-1:])]),
        by=actor.label,
        after=data.status.value,
        reason=data.reason or None,
    )


def _redacted(shop: Shop) -> Shop:
    """Without what is personal."""
    history = [change.model_copy(update={"reason": None}) for change in shop.history]
    emptied: dict[str, Any] = {"settings": {}, "tags": [], "custom_fields": {}}
    return changed(shop, {"name": "", "email": None, "owner": None, **emptied, "history": history})
