"""Counting everything anew: shops, whether anybody said that they changed or not, and the events that are still kept.

What was never wrong comes out as it was: days that a shop remembers no more are those of its timeline, and the counts
of events that were deleted after 90 days stay.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from bson import ObjectId

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.days import DAY, day_of
from models.app_events import KEPT, AppEvent
from models.apps import App
from models.email_jobs import EmailJob
from models.event_counts import EventCount
from models.metrics import MetricRollup, MetricScope
from models.shops import Shop
from resolvers.event_counting import Bucket, EventTally, count_events, id_of, replace
from resolvers.job_leases import enqueue
from resolvers.metric_counting import BEFORE_ALL, follow
from resolvers.metric_rollups import mark_dirty, sum_some

REBUILD: Final = "metrics.rebuild"
"""The type of the jobs that do it."""
SYSTEM: Final = Actor.system("metrics")
AT_ONCE: Final = 1_000
"""Shops. The more, the fewer times the same rollup is marked."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many shops, rollups, and counts of a day's events of one name were counted."""

    shops: int
    rollups: int
    events: int


@allow(ADMINS)
async def request_rebuild(actor: Actor) -> EmailJob:
    """Counts all metrics anew from the shops and the events that are kept: a job that may take a while."""
    return await enqueue(SYSTEM, REBUILD, {})


@allow()
async def rebuild_metrics(actor: Actor) -> Rebuilt:
    """Counts all metrics anew. May be cut off, and done again; until it is done, what follows the shops goes on with
    it."""
    await Shop.get_pymongo_collection().update_many({}, {"$set": {"uncounted": True}})
    await MetricRollup.get_pymongo_collection().update_many({}, {"$set": {"dirty": True}, "$inc": {"version": 1}})
    shops = await _follow_all()
    rollups = 0
    for scope in MetricScope:
        while summed := await sum_some({"scope": scope.value}):
            rollups += summed
    while await count_events(actor):
        pass
    return Rebuilt(shops, rollups, await _recount_events())


async def _follow_all() -> int:
    """Each rollup that a timeline is part of is marked once besides, whether it seems to have changed or not: it may be
    missing."""
    marked: set[str] = set()
    number, last = 0, BEFORE_ALL
    while shops := await Shop.find({"_id": {"$gt": last}}).sort("_id").limit(AT_ONCE).to_list():
        found = await follow(shops)
        await mark_dirty(found - marked)
        marked |= found
        number, last = number + len(shops), shops[-1].id
    return number


async def _recount_events() -> int:
    """Of the days of which all events are kept."""
    first, number = day_of(clock.now() - KEPT) + 2 * DAY, 0
    for app_id in await App.distinct("_id", {}):
        for name in await AppEvent.distinct("name", {"appId": app_id}):
            counts = EventCount.get_pymongo_collection().find({"appId": app_id, "name": name, "day": {"$gte": first}})
            stored = {row["day"]: row async for row in counts}
            # After the counts: what is added to them meanwhile changes their revision.
            async for day, events in _by_day({"appId": app_id, "name": name, "occurredAt": {"$gte": first}}):
                await _recount_day((app_id, name, day), stored.get(day), events)
                number += 1
    return number


async def _recount_day(bucket: Bucket, stored: Row | None, events: Sequence[Row]) -> None:
    app_id, name, day = bucket
    while not await _recount(bucket, stored, events):
        stored = await EventCount.get_pymongo_collection().find_one({"_id": id_of(bucket)})
        which = {"appId": app_id, "name": name, "occurredAt": {"$gte": day, "$lt": day + DAY}}
        events = [event async for _, of_day in _by_day(which) for event in of_day]


async def _by_day(which: Row) -> AsyncIterator[tuple[datetime, list[Row]]]:
    """The events of each day that has some, in the order in which they came."""
    shown, day, events = {"occurredAt": 1, "data": 1, "uncounted": 1}, None, list[Row]()
    async for event in AppEvent.get_pymongo_collection().find(which, shown).sort("occurredAt", -1):
        if day is not None and day != day_of(event["occurredAt"]):
            yield day, sorted(events, key=itemgetter("_id"))
            events = []
        day = day_of(event["occurredAt"])
        events.append(event)
    if day is not None:
        yield day, sorted(events, key=itemgetter("_id"))


async def _recount(bucket: Bucket, stored: Row | None, events: Sequence[Row]) -> bool:
    """False where somebody counted meanwhile. Of properties, what was erased from the events since stays as it was."""
    applied = set(stored["applied"]) if stored else set[ObjectId]()
    tally, known = EventTally(), EventTally.of(stored or {})
    for event in events:
        if not event.get("uncounted") or event["_id"] in applied:
            tally.add(event["data"])
    for one, before in known.properties.items():
        if one not in tally.properties or tally.properties[one].total < before.total:
            tally.properties[one] = before
    return tally == known or await replace(bucket, stored, tally.fields())
