"""Counting everything anew: shops, whether anybody said that they changed or not, and the events that are still kept.

What was never wrong comes out as it was: days that a shop remembers no more are those of its timeline, and the counts
of events that were deleted after 90 days stay.
"""

from dataclasses import dataclass
from typing import Final

from bson import ObjectId

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from models.app_events import KEPT, AppEvent
from models.apps import App
from models.email_jobs import EmailJob
from models.event_counts import EventCount
from models.metrics import MetricRollup, MetricScope
from models.shops import Shop
from resolvers.event_counting import Bucket, EventTally, count_events, id_of, replace
from resolvers.job_leases import enqueue
from resolvers.metric_counting import BEFORE_ALL, CHUNK, follow
from resolvers.metric_rollups import mark_dirty, sum_some
from resolvers.shop_timelines import DAY, day_of

REBUILD: Final = "metrics.rebuild"
"""The type of the jobs that do it."""
SYSTEM: Final = Actor.system("metrics")


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
    while shops := await Shop.find({"_id": {"$gt": last}}).sort("_id").limit(CHUNK).to_list():
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
            which = {"appId": app_id, "name": name, "occurredAt": {"$gte": first}}
            events = AppEvent.get_pymongo_collection().find(which, {"_id": 0, "occurredAt": 1})
            for day in {day_of(event["occurredAt"]) async for event in events}:
                while not await _recount((app_id, name, day)):
                    pass
                number += 1
    return number


async def _recount(bucket: Bucket) -> bool:
    """False where somebody counted meanwhile. Of properties, what was erased from the events since stays as it was."""
    app_id, name, day = bucket
    stored = await EventCount.get_pymongo_collection().find_one({"_id": id_of(bucket)})
    applied = set(stored["applied"]) if stored else set[ObjectId]()
    which = {"appId": app_id, "name": name, "occurredAt": {"$gte": day, "$lt": day + DAY}}
    # After the counts: what is added to them meanwhile changes their revision.
    events = await AppEvent.get_pymongo_collection().find(which, {"data": 1, "uncounted": 1}).to_list()
    tally, known = EventTally(), EventTally.of(stored or {})
    for event in sorted(events, key=lambda one: one["_id"]):
        if not event.get("uncounted") or event["_id"] in applied:
            tally.add(event["data"])
    for one, before in known.properties.items():
        if one not in tally.properties or tally.properties[one].total < before.total:
            tally.properties[one] = before
    return await replace(bucket, stored, tally.fields())
