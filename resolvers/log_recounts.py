"""Counts the logs anew: where entries were deleted, where a process died, or where somebody wants to be sure.

What is stored of batches that are open is left out, since they will be counted; and a count is kept where no batch came
or went meanwhile, else it is made again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from bson import ObjectId

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.mongo import Filter
from models.apps import App
from models.log_tallies import GROUP_KEPT, ErrorGroup, ErrorGroupShop, ErrorGroupStatus, LogHour, OpenBatch, Tally
from models.logs import LogEntry
from resolvers.apps import visible_app
from resolvers.log_tallies import HOUR, NOTHING, Batch, count_batch, counts_of, day_of, entries_of, hour_id, new_group

ROUNDS: Final = 20
"""How often a count is made again, at most: of what never rests, the next look does it."""
DEAD_AFTER: Final = timedelta(minutes=2)
"""A batch that is open for so long was left by a process that died."""

log = structlog.get_logger(__name__)


@allow(ADMINS)
async def rebuild_log_counts(actor: Actor, app_id: str) -> int:
    """Counts all logs of an app anew, and returns how many errors and hours there are."""
    await visible_app(actor, app_id)
    of_app = {"appId": app_id}
    with_error = {**of_app, "fingerprint": {"$exists": True}}
    hours = {*await LogEntry.distinct("hour", of_app), *await LogHour.distinct("hour", of_app)}
    errors = {
        *await LogEntry.distinct("fingerprint", with_error),
        *await ErrorGroup.distinct("fingerprint", of_app),
    }
    await recount_hours(app_id, hours)
    await recount_groups(app_id, errors)
    return len(hours) + len(errors)


@allow()
async def settle_log_counts(actor: Actor) -> None:
    """Completes what processes left that died: batches that were never counted, and deletions."""
    now = clock.now()
    batches: dict[ObjectId, OpenBatch] = {}
    apps: dict[ObjectId, str] = {}
    stale = {"open.at": {"$lte": now - DEAD_AFTER}}
    for tally in [*await LogHour.find(stale).to_list(), *await ErrorGroup.find(stale).to_list()]:
        for one in tally.open:
            if one.at <= now - DEAD_AFTER:
                batches[one.batch], apps[one.batch] = one, tally.app_id
    for first, one in batches.items():
        await _complete(apps[first], one)
    due = {"recountAt": {"$lte": now}}
    for hour in await LogHour.find(due).to_list():
        await recount_hours(hour.app_id, [hour.hour])
    for group in await ErrorGroup.find(due).to_list():
        await recount_groups(group.app_id, [group.fingerprint])


async def _complete(app_id: str, left: OpenBatch) -> None:
    """Counts what arrived of a batch, and takes it off where nothing did."""
    app = await App.get(app_id)
    kept = timedelta(days=app.log_days if app else 1)
    batch = Batch(app_id, left.batch, left.at, kept)
    entries = await LogEntry.get_pymongo_collection().find(entries_of(left.batch)).to_list()
    log.warning("logs.batch_completed", app_id=app_id, entries=len(entries))
    if entries:
        await count_batch(batch, counts_of(entries))
    empty = {"open.at": {"$lte": left.at}, "open.batch": left.batch}
    taken_off = {"$pull": {"open": {"batch": left.batch}}, "$inc": {"version": 1}}
    for tally in (LogHour, ErrorGroup):
        await tally.get_pymongo_collection().update_many(empty, taken_off)
    await ErrorGroup.find({"appId": app_id, **EMPTY}).delete()


EMPTY: Final[Filter] = {"total": 0, "open": [], "status": ErrorGroupStatus.OPEN.value}
"""An error of which nothing is left, and nobody decided anything about."""


async def recount_hours(app_id: str, hours: Iterable[datetime]) -> None:
    """All modules in each of the hours."""
    for hour in hours:
        for _ in range(ROUNDS):
            if await _recount_hour(app_id, hour):
                break
        else:
            log.warning("logs.hour_never_rests", app_id=app_id, hour=hour)


async def recount_groups(app_id: str, fingerprints: Iterable[str]) -> None:
    """The errors with these fingerprints."""
    for fingerprint in fingerprints:
        for _ in range(ROUNDS):
            if await _recount_group(app_id, fingerprint):
                break
        else:
            log.warning("logs.error_never_rests", app_id=app_id, fingerprint=fingerprint)


async def _recount_hour(app_id: str, hour: datetime) -> bool:
    """Whether nothing came between. A batch may be counted in one module and still be open in another."""
    tallies = await LogHour.find({"appId": app_id, "hour": hour}).to_list()
    within = {"appId": app_id, "createdAt": {"$gte": hour, "$lt": hour + HOUR}}
    under_way = {one.batch for tally in tallies for one in tally.open}
    settled = await _levels({**within, **_without(under_way)})
    arrived = {batch: await _levels({**within, **entries_of(batch)}) for batch in under_way}
    if missing := settled.keys() - {tally.module for tally in tallies}:
        await _restore_hours(app_id, hour, missing)
        return False
    kept = []
    for tally in tallies:
        counts = Counter(settled[tally.module])
        for batch in under_way - {one.batch for one in tally.open}:
            counts += arrived[batch][tally.module]
        kept.append(await _keep(LogHour, tally, {level: counts[level] for level in NOTHING}))
    return all(kept)


async def _restore_hours(app_id: str, hour: datetime, modules: Collection[str]) -> None:
    """Of modules that nothing was known of any more."""
    for module in modules:
        fresh = {"appId": app_id, "hour": hour, "module": module, **NOTHING, "open": [], "version": 0}
        named = {"_id": hour_id(app_id, hour, module)}
        restored = {"$setOnInsert": fresh | {"expiresAt": hour + GROUP_KEPT}}
        await LogHour.change(named, restored, upsert=True)


async def _levels(entries: Filter) -> defaultdict[str, Counter[str]]:
    """How many entries there are by module and level."""
    by_module: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in await _counted(entries, {"module": "$module", "level": "$level"}):
        by_module[row["_id"]["module"]][row["_id"]["level"]] = row["entries"]
    return by_module


async def _recount_group(app_id: str, fingerprint: str) -> bool:
    """Whether nothing came between. When it was first seen stays, although the entry may be gone."""
    group = await ErrorGroup.find_one({"_id": f"{app_id}:{fingerprint}"})
    if group is None:
        return not await _restore(app_id, fingerprint)
    await _forget_shops(group)
    days: dict[str, dict[str, int]] = defaultdict(dict)
    entries = {"appId": app_id, "fingerprint": fingerprint, **_without({one.batch for one in group.open})}
    rows = await _counted(entries, {"hour": "$hour", "level": "$level"})
    for row in rows:
        day, level = day_of(row["_id"]["hour"]), row["_id"]["level"]
        days[day][level] = days[day].get(level, 0) + row["entries"]
    total = sum(row["entries"] for row in rows)
    if not total and not group.open and group.status is ErrorGroupStatus.OPEN:
        deleted = await ErrorGroup.find_one({"_id": group.id, "version": group.version}).delete()
        return deleted is not None and bool(deleted.deleted_count)
    last = max((row["last"] for row in rows), default=group.last_seen)
    return await _keep(ErrorGroup, group, {"days": days, "total": total, "lastSeen": last})


async def _restore(app_id: str, fingerprint: str) -> bool:
    """Whether there was something to restore: entries of an error that nobody knew any more."""
    entries = {"appId": app_id, "fingerprint": fingerprint}
    example = await LogEntry.get_pymongo_collection().find_one(entries)
    if example is None:
        return False
    group = {**new_group(app_id, fingerprint, example), "open": [], "version": 0}
    restored = {"$setOnInsert": group, "$max": {"expiresAt": example["createdAt"] + GROUP_KEPT}}
    await ErrorGroup.change({"_id": f"{app_id}:{fingerprint}"}, restored, upsert=True)
    return True


async def _forget_shops(group: ErrorGroup) -> None:
    """Those of which no entry is left."""
    known = await ErrorGroupShop.find({"groupId": group.id}).to_list()
    entries = {"appId": group.app_id, "fingerprint": group.fingerprint}
    there = set(await LogEntry.distinct("shopDomain", entries))
    for shop in known:
        if shop.shop_domain not in there:
            await ErrorGroupShop.find_one({"_id": shop.id, "lastSeen": shop.last_seen}).delete()


async def _counted(entries: Filter, by: Mapping[str, str]) -> list[dict[str, Any]]:
    group = {"$group": {"_id": by, "entries": {"$sum": 1}, "last": {"$max": "$createdAt"}}}
    rows: list[dict[str, Any]] = await LogEntry.aggregate([{"$match": entries}, group]).to_list()
    return rows


def _without(batches: Collection[ObjectId]) -> Filter:
    """Entries of batches that are open are counted when those are."""
    return {"$nor": [entries_of(batch) for batch in batches]} if batches else {}


async def _keep(document: type[Tally], tally: Tally, counts: Mapping[str, Any]) -> bool:
    seen = {"_id": tally.id, "version": tally.version}
    update = {"$set": dict(counts), "$unset": {"recountAt": ""}, "$inc": {"version": 1}}
    return await document.change(seen, update) is not None
