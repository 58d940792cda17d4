"""Counting everything anew from the events, whether anybody marked it or not."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.days import DAY, day_of
from core.errors import found
from core.ids import ObjectIdText
from core.inputs import Input
from models.campaigns import Campaign
from models.contacts import Contact
from models.email_events import EmailEvent
from models.email_jobs import EmailJob
from models.email_rollups import ContactRollup, DayRollup, RollupScope
from resolvers.email_rollups import CHUNK, Bucket, mark_dirty, recount_contacts, recount_day
from resolvers.job_leases import enqueue

REBUILD: Final = "rollups.rebuild"
"""The type of the jobs that do it."""
MAIL: Final = {"scope": {"$in": [RollupScope.CAMPAIGN.value, RollupScope.OTHER.value]}}
APPS: Final = {"scope": RollupScope.APP.value}
SYSTEM: Final = Actor.system("rollups")
BEFORE_ALL: Final = ObjectId("0" * 24)

Row = dict[str, Any]


class EmailRollupsRebuild(Input):
    """Of one campaign, or of all mail."""

    campaign_id: ObjectIdText | None = None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many rollups were counted."""

    days: int
    contacts: int


@allow(ADMINS)
async def request_rebuild(actor: Actor, data: EmailRollupsRebuild) -> EmailJob:
    """Counts all mail, or a campaign's, anew from the events: a job that may take a while."""
    if data.campaign_id is None:
        return await enqueue(SYSTEM, REBUILD, {})
    found(await Campaign.get(ObjectId(data.campaign_id)), "Campaign")
    return await enqueue(SYSTEM, REBUILD, {"campaignId": data.campaign_id})


@allow()
async def rebuild_rollups(actor: Actor, campaign_id: ObjectId | None = None) -> Rebuilt:
    """Counts all rollups, or those of a campaign, from the events. May be cut off and done again.

    What a campaign adds to its app is marked, and summed with the next rollups that are due.
    """
    async for buckets in _chunks(_buckets_of_events(campaign_id)):
        await mark_dirty(buckets, ())
    if campaign_id is not None:
        return Rebuilt(await _rebuild_days({**MAIL, "campaignId": campaign_id}), 0)
    days = await _rebuild_days(MAIL) + await _rebuild_days(APPS)
    return Rebuilt(days, await _rebuild_contacts())


async def _rebuild_days(which: Row) -> int:
    days, number, last = DayRollup.get_pymongo_collection(), 0, ""
    while rows := await days.find({"_id": {"$gt": last}, **which}, {"_id": 1}).sort("_id").limit(CHUNK).to_list():
        for row in rows:
            last = row["_id"]
            await days.update_one({"_id": last}, {"$set": {"dirty": True}, "$inc": {"version": 1}})
            await recount_day({"_id": last})
        number += len(rows)
    return number


async def _rebuild_contacts() -> int:
    """All contacts, and then those that are none any more, but have a rollup."""
    began, number = clock.now(), 0
    for collection, which in (
        (Contact.get_pymongo_collection(), {}),
        (ContactRollup.get_pymongo_collection(), {"$or": [{"countedAt": None}, {"countedAt": {"$lt": began}}]}),
    ):
        last = BEFORE_ALL
        while ids := await _ids_after(collection, last, which):
            await mark_dirty((), ids)
            await recount_contacts(ids)
            last, number = ids[-1], number + len(ids)
    return number


async def _ids_after(collection: Any, last: ObjectId, which: Row) -> list[ObjectId]:
    rows = collection.find({"_id": {"$gt": last}, **which}, {"_id": 1}).sort("_id").limit(CHUNK)
    return [row["_id"] async for row in rows]


async def _buckets_of_events(campaign_id: ObjectId | None) -> AsyncIterator[Bucket]:
    """Every campaign, app and day that has events: each is found by a jump along the index, not by reading all."""
    events = EmailEvent.get_pymongo_collection()
    shown, order = {"campaignId": 1, "appId": 1, "at": 1}, [("campaignId", 1), ("appId", 1), ("at", 1)]
    beyond: list[Row] = [{"campaignId": campaign_id}]
    if campaign_id is None:
        beyond.insert(0, {"campaignId": {"$gt": BEFORE_ALL}})
    while beyond:
        found = await events.find_one(beyond[-1], shown, sort=order)
        if found is None:
            beyond.pop()
            continue
        campaign, app, day = found.get("campaignId"), found.get("appId"), day_of(found["at"])
        yield Bucket(campaign, app, day)
        beyond = [
            *([{"campaignId": {"$gt": campaign or BEFORE_ALL}}] if campaign_id is None else []),
            {"campaignId": campaign, "appId": {"$gt": app or ""}},
            {"campaignId": campaign, "appId": app, "at": {"$gte": day + DAY}},
        ]


async def _chunks(buckets: AsyncIterator[Bucket]) -> AsyncIterator[Sequence[Bucket]]:
    chunk: list[Bucket] = []
    async for bucket in buckets:
        chunk.append(bucket)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
