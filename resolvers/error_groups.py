"""Errors of the apps, each once: how often it happens, to whom, and what was decided about it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, found
from core.inputs import Input, Search, ShopDomain
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.log_tallies import ErrorGroup, ErrorGroupShop, ErrorGroupStatus
from models.logs import LogEntry
from models.shops import Shop
from resolvers.apps import visible_app
from resolvers.logs import DAY, HOUR, LevelCounts, LogsAt, Name

HOURS_SHOWN: Final = 48
BY_DATE: Final = Sort("lastSeen", descending=True)
"""The shops of an error: the last one first."""


class ErrorGroupFilter(Input):
    """`shopDomain`: errors that happened to that shop."""

    status: ErrorGroupStatus | None = None
    module: Name | None = None
    type: Name | None = None
    shop_domain: ShopDomain | None = None
    search: Search | None = None


class ErrorGroupSortKey(SortKey):
    LAST_SEEN = "lastSeen"
    FIRST_SEEN = "firstSeen"
    COUNT = "count", "total"


@allow(STAFF)
async def list_error_groups(
    actor: Actor, app_id: str, window: Window, filters: ErrorGroupFilter, sort: Sort
) -> Slice[ErrorGroup]:
    """Errors of an app, each once."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.module is not None:
        query["module"] = filters.module
    if filters.type is not None:
        query["type"] = filters.type
    if filters.shop_domain is not None:
        shops = {"appId": app_id, "shopDomain": filters.shop_domain}
        query["_id"] = {"$in": await ErrorGroupShop.distinct("groupId", shops)}
    if filters.search:
        query["titleKey"] = containing(filters.search)
    return await slice_of(ErrorGroup, query, sort, window)


@allow(STAFF)
async def get_error_group(actor: Actor, app_id: str, fingerprint: str) -> ErrorGroup:
    """One error of an app, by its fingerprint."""
    await visible_app(actor, app_id)
    return found(await ErrorGroup.find_one({"_id": f"{app_id}:{fingerprint}", "appId": app_id}), "Error group")


@allow(SUPPORT)
async def resolve_error_group(actor: Actor, app_id: str, fingerprint: str) -> ErrorGroup:
    """An error is thought not to happen any more. Should it happen again, it is open again."""
    return await _decide(actor, app_id, fingerprint, ErrorGroupStatus.RESOLVED)


@allow(SUPPORT)
async def ignore_error_group(actor: Actor, app_id: str, fingerprint: str) -> ErrorGroup:
    """An error is of no interest, however often it happens."""
    return await _decide(actor, app_id, fingerprint, ErrorGroupStatus.IGNORED)


@allow(SUPPORT)
async def reopen_error_group(actor: Actor, app_id: str, fingerprint: str) -> ErrorGroup:
    """An error that was resolved or ignored is to be looked at again."""
    return await _decide(actor, app_id, fingerprint, ErrorGroupStatus.OPEN)


async def shops_of_error(group: ErrorGroup, window: Window) -> Slice[ErrorGroupShop]:
    """The shops that it happened to, the last one first."""
    return await slice_of(ErrorGroupShop, {"groupId": group.id}, BY_DATE, window)


@allow(STAFF)
async def list_merchant_errors(actor: Actor, domain: str, window: Window) -> Slice[ErrorGroupShop]:
    """The errors that happened to a merchant, in whichever app: the one that it met last comes first."""
    return await slice_of(ErrorGroupShop, {"shopDomain": domain}, Sort("firstSeen", descending=True), window)


async def count_shops_of_errors(group_ids: Sequence[str]) -> Mapping[str, int]:
    """How many shops each error happened to."""
    pipeline = [
        {"$match": {"groupId": {"$in": list(group_ids)}}},
        {"$group": {"_id": "$groupId", "shops": {"$sum": 1}}},
    ]
    return Counter({row["_id"]: row["shops"] for row in await ErrorGroupShop.aggregate(pipeline).to_list()})


async def revenue_exposed(groups: Sequence[tuple[str, str]]) -> Mapping[str, Mapping[str, Decimal]]:
    """What the shops that an error happened to bring in a month, by currency; given and returned by group id, each
    with its app's."""
    touched: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    app_of = dict(groups)
    async for one in ErrorGroupShop.find({"groupId": {"$in": list(app_of)}}):
        touched[one.app_id, one.shop_domain].append(one.group_id)
    revenue: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    now = clock.now()
    for app_id in set(app_of.values()):
        domains = [domain for of_app, domain in touched if of_app == app_id]
        paying = {"appId": app_id, "domain": {"$in": domains}, "subscription": {"$ne": None}}
        async for stored in Shop.get_pymongo_collection().find(paying, {"history": 0, "settings": 0}):
            shop = Shop.model_validate(stored)
            amount = shop.monthly_revenue(now)
            for group_id in touched[app_id, shop.domain] if amount and shop.subscription else ():
                revenue[group_id][shop.subscription.currency] += amount
    return revenue


def error_by_day(group: ErrorGroup) -> Sequence[LogsAt]:
    """How often it happened on each day since it was first seen, of those that logs are kept for."""
    days = {datetime.fromisoformat(f"{day}T00:00:00+00:00"): levels for day, levels in group.days.items()}
    if not days:
        return []
    day, last = min(days), max(days)
    shown = []
    while day <= last:
        shown.append(LogsAt(day, LevelCounts(**days.get(day, {}))))
        day += DAY
    return shown


async def error_by_hour(group: ErrorGroup) -> Sequence[LogsAt]:
    """How often it happened in each of the last 48 hours."""
    begin = clock.now().replace(minute=0, second=0, microsecond=0) - (HOURS_SHOWN - 1) * HOUR
    entries = {"appId": group.app_id, "fingerprint": group.fingerprint, "createdAt": {"$gte": begin}}
    by = {"$group": {"_id": {"hour": "$hour", "level": "$level"}, "entries": {"$sum": 1}}}
    counted: defaultdict[datetime, dict[str, int]] = defaultdict(dict)
    for row in await LogEntry.aggregate([{"$match": entries}, by]).to_list():
        counted[row["_id"]["hour"]][row["_id"]["level"]] = row["entries"]
    hours = (begin + number * HOUR for number in range(HOURS_SHOWN))
    return [LogsAt(hour, LevelCounts(**counted[hour])) for hour in hours]


async def _decide(actor: Actor, app_id: str, fingerprint: str, status: ErrorGroupStatus) -> ErrorGroup:
    group = await get_error_group(actor, app_id, fingerprint)
    decided = {"status": status.value, "statusBy": actor.label, "statusAt": clock.now()}
    changed = await ErrorGroup.change({"_id": group.id, "status": {"$ne": status.value}}, {"$set": decided})
    if changed is None:
        raise Conflict(f"The error is {status.value} already", "fingerprint")
    return changed
