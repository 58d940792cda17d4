"""How mail is counted. Rollups that something happened to are marked, and later counted anew from the events: to do
any of it again, or twice at once, is harmless, and a process may die at any point.

A mark is set after what it is about is stored, and taken away only by whoever counted after it was set.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

from bson import ObjectId
from pymongo import ReturnDocument, UpdateMany, UpdateOne

from core import clock
from core.access import allow
from core.actor import Actor
from core.days import DAY
from core.mongo import insert_new_stored
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEvent, EmailEventType
from models.email_rollups import ContactRollup, DayRollup, EmailCounts, RollupScope, SourceCounts
from resolvers.email_totals import total_of

CHUNK: Final = 500
REST: Final = 20
"""How much longer than it took to count a rollup it is left alone."""
CLAIMED: Final = timedelta(seconds=60)
"""After which somebody else counts what whoever claimed it did not finish."""
AT_ONCE: Final = 200
"""Day rollups that are counted before anything else is looked at."""
BY_MACHINE: Final = {
    EmailEventType.OPENED.value: "machineOpened",
    EmailEventType.CLICKED.value: "machineClicked",
}
BY_SOURCE: Final = {EmailEventType.SENT.value, EmailEventType.DELIVERED.value, EmailEventType.BOUNCED.value}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bucket:
    """The mail of one campaign, or the other mail of an app, on the day that begins at `day`."""

    campaign_id: ObjectId | None
    app_id: str | None
    day: datetime

    @property
    def mark(self) -> UpdateOne:
        if self.campaign_id is not None:
            named = f"campaign:{self.campaign_id}"
            return _mark_of_day(RollupScope.CAMPAIGN, named, self.campaign_id, self.app_id, self.day)
        return _mark_of_day(RollupScope.OTHER, f"other:{self.app_id or ''}", None, self.app_id, self.day)


async def mark_dirty(buckets: Collection[Bucket], contacts: Collection[ObjectId]) -> None:
    """Something happened in them that is stored."""
    if buckets:
        await DayRollup.get_pymongo_collection().bulk_write([one.mark for one in buckets], ordered=False)
    if contacts:
        await _mark_contacts(contacts)


async def _mark_contacts(contacts: Collection[ObjectId]) -> None:
    """Most are known, those are one update. Who is known only after that was marked by somebody else meanwhile."""
    rollups, whom = ContactRollup.get_pymongo_collection(), {"_id": {"$in": [*contacts]}}
    marked = await rollups.update_many(whom, {"$set": {"dirty": True}, "$inc": {"version": 1}})
    if marked.matched_count == len(contacts):
        return
    known = {row["_id"] for row in await rollups.find(whom, {"_id": 1}).to_list()}
    fresh = {"dirty": True, "version": 1, "dueAt": clock.now()}
    await insert_new_stored(ContactRollup, [{"_id": one, **fresh} for one in contacts if one not in known])


@allow()
async def recount_due(actor: Actor, *, days_alone: bool = False) -> int:
    """Counts rollups that are dirty and due, and returns how many: a rollup that takes long to count is counted less
    often. With `days_alone` those of contacts wait."""
    counted = 0
    for _ in range(AT_ONCE):
        if not await recount_day({"dueAt": {"$lte": clock.now()}}):
            break
        counted += 1
    if days_alone:
        return counted
    due = {"dirty": True, "dueAt": {"$lte": clock.now()}}
    rows = await ContactRollup.get_pymongo_collection().find(due, {"_id": 1}).sort("dueAt").limit(CHUNK).to_list()
    await recount_contacts([row["_id"] for row in rows])
    return counted + len(rows)


def _mark_of_day(
    scope: RollupScope, named: str, campaign_id: ObjectId | None, app_id: str | None, day: datetime
) -> UpdateOne:
    identity = {"_id": f"{named}:{day:%Y-%m-%d}"}
    return _mark(identity, {"scope": scope.value, "campaignId": campaign_id, "appId": app_id, "day": day})


def _mark(identity: Row, known: Row) -> UpdateOne:
    fresh = {**known, "dueAt": clock.now()}
    return UpdateOne(identity, {"$set": {"dirty": True}, "$inc": {"version": 1}, "$setOnInsert": fresh}, upsert=True)


async def recount_day(which: Row) -> bool:
    """Whether there was a dirty one. It stays dirty where something happened meanwhile."""
    claim, now = token_hex(8), clock.now()
    claimed = await DayRollup.get_pymongo_collection().find_one_and_update(
        {"dirty": True, **which},
        {"$set": {"claim": claim, "dueAt": now + CLAIMED}},
        sort=[("dueAt", 1)],
        return_document=ReturnDocument.AFTER,
    )
    if claimed is None:
        return False
    started = time.perf_counter()
    counted = await (_sum_of_app if claimed["scope"] == RollupScope.APP else _count_of_mail)(claimed)
    held = {"_id": claimed["_id"], "claim": claim}
    counted |= {"countedAt": now, "dueAt": _due_after(started)}
    await DayRollup.get_pymongo_collection().update_one(held, {"$set": counted})
    if claimed["scope"] != RollupScope.APP:
        named = f"app:{claimed['appId'] or ''}"
        above = _mark_of_day(RollupScope.APP, named, None, claimed["appId"], claimed["day"])
        await DayRollup.get_pymongo_collection().bulk_write([above])
    await DayRollup.get_pymongo_collection().update_one(
        {**held, "version": claimed["version"]}, {"$unset": {"dirty": "", "claim": ""}}
    )
    return True


def _due_after(started: float) -> datetime:
    return clock.now() + timedelta(seconds=REST * (time.perf_counter() - started))


async def _count_of_mail(rollup: Row) -> Row:
    day = {"$gte": rollup["day"], "$lt": rollup["day"] + DAY}
    of_mail = {"campaignId": rollup["campaignId"], "appId": rollup["appId"]}
    groups = await _grouped({**of_mail, "at": day}, ["type", "isMachine", "source", "url"])
    sources: dict[str, SourceCounts] = {}
    links: dict[str, int] = {}
    for key, number in groups:
        if key["type"] in BY_SOURCE:
            source = sources.setdefault(key["source"], SourceCounts(source=key["source"]))
            setattr(source, key["type"], getattr(source, key["type"]) + number)
        if key["type"] == EmailEventType.CLICKED and key.get("url") and not key.get("isMachine"):
            links[key["url"]] = links.get(key["url"], 0) + number
    delivered_to = {**of_mail, "kind": {"$ne": DeliveryKind.TEST.value}}
    return {
        "counts": _counts(groups).model_dump(by_alias=True),
        "sources": [sources[name].model_dump(by_alias=True) for name in sorted(sources)],
        "links": [{"url": url, "clicks": links[url]} for url in sorted(links)],
        "uniqueOpens": await Delivery.find({**delivered_to, "openedAt": day}).count(),
        "uniqueClicks": await Delivery.find({**delivered_to, "clickedAt": day}).count(),
    }


async def _sum_of_app(rollup: Row) -> Row:
    mail = {"$in": [RollupScope.CAMPAIGN.value, RollupScope.OTHER.value]}
    parts = {"scope": mail, "appId": rollup["appId"], "day": rollup["day"]}
    total = total_of(await DayRollup.get_pymongo_collection().find(parts).to_list())
    return {
        "counts": EmailCounts(**total.counts).model_dump(by_alias=True),
        "sources": [
            SourceCounts(source=name, **total.sources[name]).model_dump(by_alias=True) for name in sorted(total.sources)
        ],
        "uniqueOpens": total.unique_opens,
        "uniqueClicks": total.unique_clicks,
    }


async def recount_contacts(ids: Sequence[ObjectId]) -> None:
    """Of those that are dirty among some 500. A count is written only where nothing happened meanwhile; where something
    did, the contact stays dirty, whatever is written."""
    dirty = {"_id": {"$in": list(ids)}, "dirty": True}
    found = await ContactRollup.get_pymongo_collection().find(dirty, {"version": 1}).to_list()
    versions = {row["_id"]: row["version"] for row in found}
    if not versions:
        return
    started, now = time.perf_counter(), clock.now()
    groups = await _grouped({"contactId": {"$in": list(versions)}}, ["contactId", "type", "isMachine"])
    by_contact: dict[ObjectId, list[tuple[Row, int]]] = {contact: [] for contact in versions}
    for key, number in groups:
        by_contact[key["contactId"]].append((key, number))
    await _store_counts(by_contact, versions, {"countedAt": now, "dueAt": _due_after(started)})


async def _store_counts(
    by_contact: Mapping[ObjectId, Sequence[tuple[Row, int]]], versions: Mapping[ObjectId, int], rest: Row
) -> None:
    """After a campaign most have the same numbers: those are one update."""
    alike: dict[tuple[int, frozenset[tuple[str, int]]], list[ObjectId]] = {}
    for contact, groups in by_contact.items():
        alike.setdefault((versions[contact], frozenset(_numbers(groups).items())), []).append(contact)
    clean, still_dirty = [], []
    for (version, numbers), contacts in alike.items():
        counted = {"$set": {"counts": EmailCounts(**dict(numbers)).model_dump(by_alias=True), **rest}}
        clean.append(UpdateMany({"_id": {"$in": contacts}, "version": version}, {**counted, "$unset": {"dirty": ""}}))
        still_dirty.append(UpdateMany({"_id": {"$in": contacts}, "dirty": True}, counted))
    rollups = ContactRollup.get_pymongo_collection()
    if (await rollups.bulk_write(clean, ordered=False)).matched_count < len(versions):
        await rollups.bulk_write(still_dirty, ordered=False)


async def _grouped(which: Row, names: Sequence[str]) -> list[tuple[Row, int]]:
    """How many events there are of each combination of some fields; a field that none has is left out."""
    pipeline = [
        {"$match": {**which, "isTest": None}},
        {"$group": {"_id": {name: f"${name}" for name in names}, "number": {"$sum": 1}}},
    ]
    cursor = await EmailEvent.get_pymongo_collection().aggregate(pipeline)
    return [(row["_id"], row["number"]) for row in await cursor.to_list()]


def _counts(groups: Sequence[tuple[Row, int]]) -> EmailCounts:
    return EmailCounts(**_numbers(groups))


def _numbers(groups: Sequence[tuple[Row, int]]) -> dict[str, int]:
    """By the names of `EmailCounts`, as they are stored."""
    numbers: dict[str, int] = {}
    for key, number in groups:
        kind: str = key["type"]
        name = BY_MACHINE.get(kind, kind) if key.get("isMachine") else kind
        numbers[name] = numbers.get(name, 0) + number
    return numbers
