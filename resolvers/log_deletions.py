"""Deleting logs, and what was counted of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound
from core.mongo import Filter
from models.apps import App
from models.log_tallies import ErrorGroup, LogHour
from models.logs import LogEntry
from resolvers.apps import visible_app
from resolvers.log_recounts import recount_groups, recount_hours
from resolvers.log_tallies import day_of
from resolvers.logs import LogFilter, get_log

CHUNK: Final = 1000
RECOUNT_AFTER: Final = timedelta(minutes=5)
"""When somebody else counts anew, where whoever deleted died before it came to that."""
NEEDED: Final = frozenset({"hour", "module", "fingerprint"})

Row = Mapping[str, Any]


@allow(ADMINS)
async def delete_logs(actor: Actor, app_id: str, filters: LogFilter) -> int:
    """Deletes the entries that match, and returns how many. At least one filter is needed."""
    await visible_app(actor, app_id)
    if not any(value is not None for value in filters.sent().values()):
        raise InvalidInput(
            "At least one filter is needed to delete logs, such as createdTo, level, module or shopDomain"
        )
    return await delete_matching(app_id, filters.query(app_id))


@allow(ADMINS)
async def delete_log(actor: Actor, app_id: str, log_id: str) -> None:
    """Deletes one entry."""
    entry = await get_log(actor, app_id, log_id)
    if not await delete_matching(app_id, {"appId": app_id, "_id": entry.id}):
        raise NotFound("Log not found")


@allow()
async def forget_old_logs(actor: Actor) -> None:
    """Deletes what is older than an app keeps it, which was kept for longer before. Days that are over count no more in
    what is known of errors."""
    now = clock.now()
    for app in await App.find_all().to_list():
        oldest = now - timedelta(days=app.log_days)
        await delete_matching(app.id, {"appId": app.id, "createdAt": {"$lt": oldest}})
        async for group in ErrorGroup.find({"appId": app.id, "firstSeen": {"$lt": oldest}}):
            await _forget_days(group, day_of(oldest))


async def delete_matching(app_id: str, query: Filter) -> int:
    """A chunk at a time. Entries of a batch that is not counted yet stay: they are there for a moment longer."""
    deleted, last = 0, None
    hours: set[datetime] = set()
    fingerprints: set[str] = set()
    while rows := await _next(query, last):
        last = rows[-1]["_id"]
        settled = await _settled(app_id, rows)
        chunk = {row["hour"] for row in settled}, {row["fingerprint"] for row in settled if row.get("fingerprint")}
        await _announce(app_id, *chunk)
        ids = {"_id": {"$in": [row["_id"] for row in settled]}}
        deleted += (await LogEntry.get_pymongo_collection().delete_many(ids)).deleted_count
        hours, fingerprints = hours | chunk[0], fingerprints | chunk[1]
    await recount_hours(app_id, sorted(hours))
    await recount_groups(app_id, sorted(fingerprints))
    return deleted


async def _next(query: Filter, last: ObjectId | None) -> list[dict[str, Any]]:
    further = {"$and": [query, {"_id": {"$gt": last}}]} if last else query
    found = LogEntry.get_pymongo_collection().find(further, dict.fromkeys(NEEDED, 1))
    return await found.sort("_id", 1).limit(CHUNK).to_list()


async def _settled(app_id: str, rows: Sequence[Row]) -> list[Row]:
    """Those of batches that were counted. What was read before was stored by then, and its batch opened before that: so
    whoever is not open now was counted."""
    hours = {"appId": app_id, "hour": {"$in": list({row["hour"] for row in rows})}}
    by_hour: defaultdict[datetime, set[bytes]] = defaultdict(set)
    async for tally in LogHour.find({**hours, "open.at": {"$lte": clock.now() + RECOUNT_AFTER}}):
        by_hour[tally.hour] |= {one.batch.binary[:9] for one in tally.open}
    return [row for row in rows if row["_id"].binary[:9] not in by_hour[row["hour"]]]


async def _announce(app_id: str, hours: Collection[datetime], fingerprints: Collection[str]) -> None:
    """Before anything is deleted: should this process die, the counts are made right by somebody else."""
    due = {"$set": {"recountAt": clock.now() + RECOUNT_AFTER}}
    await LogHour.get_pymongo_collection().update_many({"appId": app_id, "hour": {"$in": list(hours)}}, due)
    if fingerprints:
        ids = [f"{app_id}:{fingerprint}" for fingerprint in fingerprints]
        await ErrorGroup.get_pymongo_collection().update_many({"_id": {"$in": ids}}, due)


async def _forget_days(group: ErrorGroup, oldest: str) -> None:
    """Unless something was counted meanwhile: then the next time."""
    over = {day: sum(levels.values()) for day, levels in group.days.items() if day < oldest}
    if over:
        await ErrorGroup.change(
            {"_id": group.id, "version": group.version},
            {
                "$unset": {f"days.{day}": "" for day in over},
                "$inc": {"total": -sum(over.values()), "version": 1},
            },
        )
