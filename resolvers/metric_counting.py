"""How metrics follow the shops. A shop that was written says so in the same write (`uncounted`); its timeline is made
anew, and the rollups that this changes are marked. Whatever dies in between, it is done again.

The timeline is written by compare-and-set, together with the rollups that are to be marked: the mark is set afterwards,
and only then the shop is counted.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

import structlog
from beanie import PydanticObjectId
from beanie.odm.utils.dump import get_dict
from bson import ObjectId
from pymongo import ReplaceOne

from core import clock
from core.access import allow
from core.actor import Actor
from core.mongo import insert_new_stored
from models.metrics import MetricScope, ShopTimeline
from models.shops import Shop
from resolvers.metric_rollups import Bucket, mark_dirty
from resolvers.shop_timelines import month_of, timeline_of

CHUNK: Final = 500
BEFORE_ALL: Final = ObjectId("0" * 24)
COMPARED: Final = ("days", "first_day", "changed_at", "next_at", "currency", "mrr", "checkpoint")

log = structlog.get_logger(__name__)


@allow()
async def count_changed_shops(actor: Actor, after: ObjectId = BEFORE_ALL) -> ObjectId | None:
    """Lets metrics follow up to 500 shops that were written, in the order of their ids. Returns the last one's, for the
    next call; None where there was none."""
    shops = await Shop.find({"uncounted": True, "_id": {"$gt": after}}).sort("_id").limit(CHUNK).to_list()
    await follow(shops)
    return shops[-1].id if shops else None


@allow()
async def notice_ended_trials(actor: Actor) -> int:
    """Finds up to 500 shops to which something happens that nobody tells of, so that metrics follow them. Returns how
    many."""
    due = {"nextAt": {"$lte": clock.now()}}
    timelines = ShopTimeline.get_pymongo_collection().find(due, {"_id": 1}).sort("nextAt").limit(CHUNK)
    shops = [row["_id"] async for row in timelines]
    if shops:
        await Shop.get_pymongo_collection().update_many({"_id": {"$in": shops}}, {"$set": {"uncounted": True}})
    return len(shops)


async def follow(shops: Sequence[Shop]) -> list[ShopTimeline]:
    """Makes the timelines of uncounted shops anew, and marks the rollups that this changes."""
    now, token = clock.now(), token_hex(8)
    known = await ShopTimeline.find({"_id": {"$in": [shop.id for shop in shops]}}).to_list()
    kept = {timeline.id: timeline for timeline in known}
    made = {shop.id: timeline for shop in shops if (timeline := _made(shop, now, kept.get(shop.id), token))}
    changed = [one for one in made.values() if _differs(kept.get(one.id), one)]
    written = await _write(changed, kept, token)
    await mark_dirty({bucket for one in changed if one.id in written for bucket in one.unmarked})
    if written:
        marked = {"_id": {"$in": [*written]}, "revision": token}
        await ShopTimeline.get_pymongo_collection().update_many(marked, {"$set": {"unmarked": []}})
    others_wrote = {one.id for one in changed} - written
    await _count([shop for shop in shops if shop.id in made and shop.id not in others_wrote])
    return [*made.values()]


def buckets_of(timeline: ShopTimeline) -> set[str]:
    """The ids of the rollups that a timeline is part of, but for the months, which follow their days."""
    buckets = {Bucket(MetricScope.DAY, timeline.app_id, one.day).id for one in timeline.days}
    if timeline.first_day is not None:
        buckets.add(Bucket(MetricScope.COHORT, timeline.app_id, month_of(timeline.first_day)).id)
    if timeline.currency is not None:
        buckets.add(Bucket(MetricScope.TOP, timeline.currency).id)
    return buckets


def _made(shop: Shop, now: datetime, before: ShopTimeline | None, token: str) -> ShopTimeline | None:
    """None where the timeline follows a newer version of the shop already, or where the shop can't be read: what is
    wrong with one must not hold up the others."""
    if before is not None and before.shop_version > shop.version:
        return None
    try:
        after = timeline_of(shop, now, before)
    except (ValueError, KeyError):
        log.exception("metrics.shop_not_counted", shop_id=str(shop.id))
        return None
    after.revision, after.unmarked = token, sorted(_to_mark(before, after))
    return after


def _to_mark(before: ShopTimeline | None, after: ShopTimeline) -> set[str]:
    """What becomes wrong, and what an earlier write left unmarked."""
    if before is None:
        return buckets_of(after)
    was, is_now = ({one.day: one.numbers for one in timeline.days} for timeline in (before, after))
    days = {day for day in was.keys() | is_now.keys() if was.get(day) != is_now.get(day)}
    buckets = {Bucket(MetricScope.DAY, after.app_id, day).id for day in days}
    firsts = {one.first_day for one in (before, after) if one.first_day is not None} if days else set()
    buckets |= {Bucket(MetricScope.COHORT, after.app_id, month_of(first)).id for first in firsts}
    if (before.currency, before.mrr) != (after.currency, after.mrr):
        currencies = {one.currency for one in (before, after) if one.currency is not None}
        buckets |= {Bucket(MetricScope.TOP, currency).id for currency in currencies}
    return buckets | set(before.unmarked)


def _differs(before: ShopTimeline | None, after: ShopTimeline) -> bool:
    return (
        before is None
        or any(getattr(before, name) != getattr(after, name) for name in COMPARED)
        or bool(after.unmarked)
    )


async def _write(
    changed: Sequence[ShopTimeline], kept: Mapping[PydanticObjectId, ShopTimeline], token: str
) -> set[PydanticObjectId]:
    """Which were written: not those that somebody else wrote meanwhile."""
    fresh = [_stored(one) for one in changed if one.id not in kept]
    are_new = await insert_new_stored(ShopTimeline, fresh)
    written = {row["_id"] for row, is_new in zip(fresh, are_new, strict=False) if is_new}
    known = [one for one in changed if one.id in kept]
    if not known:
        return written
    timelines = ShopTimeline.get_pymongo_collection()
    replacements = [ReplaceOne({"_id": one.id, "revision": kept[one.id].revision}, _stored(one)) for one in known]
    await timelines.bulk_write(replacements, ordered=False)
    mine = timelines.find({"_id": {"$in": [one.id for one in known]}, "revision": token}, {"_id": 1})
    return written | {row["_id"] async for row in mine}


def _stored(timeline: ShopTimeline) -> dict[str, Any]:
    stored: dict[str, Any] = get_dict(timeline, to_db=True, keep_nulls=True)
    return stored


async def _count(shops: Sequence[Shop]) -> None:
    """They are not to be counted any more, but where they were written meanwhile."""
    by_version: defaultdict[int, list[PydanticObjectId]] = defaultdict(list)
    for shop in shops:
        if shop.uncounted:
            by_version[shop.version].append(shop.id)
    for version, ids in by_version.items():
        seen = {"_id": {"$in": ids}, "version": version}
        await Shop.get_pymongo_collection().update_many(seen, {"$unset": {"uncounted": ""}})
