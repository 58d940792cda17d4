"""How metrics follow the shops. A shop that was written says so in the same write (`uncounted`); its timeline is made
anew, and the rollups that this changes are marked. Whatever dies in between, it is done again.

The timeline is written by compare-and-set, together with the rollups that are to be marked: the mark is set afterwards,
and only then the shop is counted.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

import structlog
from beanie import PydanticObjectId
from beanie.odm.utils.encoder import Encoder
from bson import ObjectId
from pymongo import ReplaceOne

from core import clock
from core.access import allow
from core.actor import Actor
from core.days import month_of
from core.mongo import insert_new_stored
from models.metrics import Checkpoint, MetricScope, ShopTimeline
from models.shops import Shop
from resolvers.metric_rollups import Bucket, mark_dirty
from resolvers.shop_timelines import Timeline, timeline_of

CHUNK: Final = 500
BEFORE_ALL: Final = ObjectId("0" * 24)

Row = dict[str, Any]

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


async def follow(shops: Sequence[Shop]) -> set[str]:
    """Makes the timelines of uncounted shops anew, and marks the rollups that this changes. Returns the ids of all that
    the shops are part of."""
    now, token = clock.now(), token_hex(8)
    known = ShopTimeline.get_pymongo_collection().find({"_id": {"$in": [shop.id for shop in shops]}})
    kept = {row["_id"]: row async for row in known}
    made = [step for shop in shops if (step := _step(shop, now, kept.get(shop.id)))]
    changed = [step for step in made if step.changes]
    written = await _write(changed, token)
    await mark_dirty({bucket for step in changed if step.shop.id in written for bucket in step.marks})
    if written:
        marked = {"_id": {"$in": [*written]}, "revision": token}
        await ShopTimeline.get_pymongo_collection().update_many(marked, {"$set": {"unmarked": []}})
    await _count([step.shop for step in made if not step.changes or step.shop.id in written])
    return {bucket for step in made for bucket in _buckets_of(step.shop.app_id, step.after)}


@dataclass(frozen=True, slots=True)
class _Step:
    """A shop's timeline, as it was stored and as it is to be; `marks` are the ids of the rollups to be marked."""

    shop: Shop
    before: Row | None
    after: Timeline
    marks: frozenset[str]
    changes: bool

    def stored(self, token: str) -> Row:
        after = self.after
        return {
            "_id": self.shop.id,
            "appId": self.shop.app_id,
            "domain": self.shop.domain,
            "shopVersion": self.shop.version,
            "revision": token,
            "firstDay": after.first_day,
            "days": [{"day": day, "numbers": after.days[day]} for day in sorted(after.days)],
            "changedAt": after.changed_at,
            "nextAt": after.next_at,
            "currency": after.currency,
            "mrr": after.mrr,
            "checkpoint": Encoder(to_db=True).encode(after.checkpoint),
            "unmarked": sorted(self.marks),
        }


def _step(shop: Shop, now: datetime, stored: Row | None) -> _Step | None:
    """None where the timeline follows a newer version of the shop already, or where the shop can't be read: what is
    wrong with one must not hold up the others."""
    if stored is not None and stored["shopVersion"] > shop.version:
        return None
    before = _read(stored) if stored else None
    try:
        after = timeline_of(shop, now, before)
    except (ValueError, KeyError):
        log.exception("metrics.shop_not_counted", shop_id=str(shop.id))
        return None
    if stored is None or before is None:
        return _Step(shop, None, after, frozenset(_buckets_of(shop.app_id, after)), changes=True)
    marks = frozenset(_differing(shop.app_id, before, after) | set(stored["unmarked"]))
    return _Step(shop, stored, after, marks, changes=bool(marks) or before != after)


def _read(stored: Row) -> Timeline:
    kept = stored["checkpoint"]
    return Timeline(
        {one["day"]: one["numbers"] for one in stored["days"]},
        stored["changedAt"],
        stored["nextAt"],
        stored["currency"],
        stored["mrr"],
        Checkpoint.model_validate(kept) if kept else None,
    )


def _buckets_of(app_id: str, timeline: Timeline) -> set[str]:
    """The ids of the rollups that a timeline is part of, but for the months, which follow their days."""
    buckets = {Bucket(MetricScope.DAY, app_id, day).id for day in timeline.days}
    if timeline.first_day is not None:
        buckets.add(Bucket(MetricScope.COHORT, app_id, month_of(timeline.first_day)).id)
    if timeline.currency is not None:
        buckets.add(Bucket(MetricScope.TOP, timeline.currency).id)
    return buckets


def _differing(app_id: str, before: Timeline, after: Timeline) -> set[str]:
    """The ids of the rollups that become wrong."""
    days = {day for day in before.days.keys() | after.days.keys() if before.days.get(day) != after.days.get(day)}
    buckets = {Bucket(MetricScope.DAY, app_id, day).id for day in days}
    firsts = {one.first_day for one in (before, after) if one.first_day is not None} if days else set()
    buckets |= {Bucket(MetricScope.COHORT, app_id, month_of(first)).id for first in firsts}
    if (before.currency, before.mrr) != (after.currency, after.mrr):
        currencies = {one.currency for one in (before, after) if one.currency is not None}
        buckets |= {Bucket(MetricScope.TOP, currency).id for currency in currencies}
    return buckets


async def _write(steps: Sequence[_Step], token: str) -> set[PydanticObjectId]:
    """The shops whose timelines were written: not those that somebody else wrote meanwhile."""
    fresh = [step.stored(token) for step in steps if step.before is None]
    are_new = await insert_new_stored(ShopTimeline, fresh)
    written = {row["_id"] for row, is_new in zip(fresh, are_new, strict=True) if is_new}
    replacements = {
        step.shop.id: ReplaceOne({"_id": step.shop.id, "revision": step.before["revision"]}, step.stored(token))
        for step in steps
        if step.before is not None
    }
    if not replacements:
        return written
    timelines = ShopTimeline.get_pymongo_collection()
    await timelines.bulk_write([*replacements.values()], ordered=False)
    mine = timelines.find({"_id": {"$in": [*replacements]}, "revision": token}, {"_id": 1})
    return written | {row["_id"] async for row in mine}


async def _count(shops: Sequence[Shop]) -> None:
    """They are not to be counted any more, but where they were written meanwhile."""
    by_version: defaultdict[int, list[PydanticObjectId]] = defaultdict(list)
    for shop in shops:
        if shop.uncounted:
            by_version[shop.version].append(shop.id)
    for version, ids in by_version.items():
        seen = {"_id": {"$in": ids}, "version": version}
        await Shop.get_pymongo_collection().update_many(seen, {"$unset": {"uncounted": ""}})
