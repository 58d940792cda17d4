"""How the timelines of shops are summed. Rollups that something changed are marked, and later summed anew: to do any of
it again, or twice at once, is harmless, and a process may die at any point.

A mark is set after what it is about is stored, and taken away only by whoever summed after it was set.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any, Final, Self

from pymongo import UpdateOne

from core import clock
from core.access import allow
from core.actor import Actor
from core.days import month_of, next_month
from models.metrics import Measure, MetricRollup, MetricScope, ShopTimeline
from models.shops import ShopStatus
from resolvers.shop_timelines import name_of

REST: Final = 20
"""How much longer than it took to sum a rollup it is left alone."""
CLAIMED: Final = timedelta(seconds=60)
"""After which somebody else sums what whoever claimed it did not finish."""
AT_ONCE: Final = 50
"""Rounds of a turn, before anything else is looked at."""
TOP_KEPT: Final = 100
RETAINED: Final = (name_of(Measure.NEW), name_of(Measure.STATUS, ShopStatus.ACTIVE))
"""What is followed of a cohort, besides its revenue."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one rollup sums: `of` is an app, or a currency of a `top`."""

    scope: MetricScope
    of: str
    day: datetime | None = None

    @classmethod
    def named(cls, name: str) -> Self:
        scope, of, *day = name.split(":")
        return cls(MetricScope(scope), of, datetime.fromisoformat(day[0]).replace(tzinfo=UTC) if day else None)

    @property
    def id(self) -> str:
        return f"{self.scope}:{self.of}" + (f":{self.day.date().isoformat()}" if self.day else "")

    def fields(self) -> Row:
        named = {"currency": self.of} if self.scope is MetricScope.TOP else {"appId": self.of, "day": self.day}
        return {"scope": self.scope.value, **named}


async def mark_dirty(buckets: Collection[str]) -> None:
    """Something that is stored changed in them, who are given by their ids. Most are known: those are one update, which
    costs a third of as many upserts."""
    rollups = MetricRollup.get_pymongo_collection()
    known = {row["_id"] async for row in rollups.find({"_id": {"$in": [*buckets]}}, {"_id": 1})}
    dirty = {"$set": {"dirty": True}, "$inc": {"version": 1}}
    if known:
        await rollups.update_many({"_id": {"$in": [*known]}}, dirty)
    now = clock.now()
    fresh = [
        UpdateOne({"_id": one}, dirty | {"$setOnInsert": Bucket.named(one).fields() | {"dueAt": now}}, upsert=True)
        for one in buckets
        if one not in known
    ]
    if fresh:
        await rollups.bulk_write(fresh, ordered=False)


@allow()
async def sum_due_rollups(actor: Actor) -> int:
    """Sums rollups that are dirty and due, and returns how many: one that takes long to sum is summed less often."""
    summed = 0
    for _ in range(AT_ONCE):
        together = await sum_some({"dueAt": {"$lte": clock.now()}})
        if not together:
            break
        summed += together
    return summed


async def sum_some(which: Row) -> int:
    """The one that is due longest; with a day, the other dirty days of its year, which many of the same shops are part
    of. How many there were. They stay dirty where something happened meanwhile."""
    claim, now, started = token_hex(8), clock.now(), time.perf_counter()
    claimed = await _claimed({"dirty": True, **which}, claim, now)
    if not claimed:
        return 0
    scope = MetricScope(claimed[0]["scope"])
    found = await SUMS[scope](claimed)
    rest = {"countedAt": now, "dueAt": clock.now() + timedelta(seconds=REST * (time.perf_counter() - started))}
    rollups = MetricRollup.get_pymongo_collection()
    held = [{"_id": row["_id"], "claim": claim} for row in claimed]
    await rollups.bulk_write(
        [UpdateOne(one, {"$set": found[one["_id"]] | rest}) for one in held],
        ordered=False,
    )
    if scope is MetricScope.DAY:
        await mark_dirty({Bucket(MetricScope.MONTH, row["appId"], month_of(row["day"])).id for row in claimed})
    clean = {"$unset": {"dirty": "", "claim": ""}}
    await rollups.bulk_write(
        [UpdateOne({**one, "version": row["version"]}, clean) for one, row in zip(held, claimed, strict=True)],
        ordered=False,
    )
    return len(claimed)


async def _claimed(which: Row, claim: str, now: datetime) -> list[Row]:
    rollups = MetricRollup.get_pymongo_collection()
    first = await rollups.find_one(which, sort=[("dueAt", 1)])
    if first is None:
        return []
    together: Row = {"_id": first["_id"]}
    if first["scope"] == MetricScope.DAY:
        year = month_of(first["day"]).replace(month=1)
        days = {"$gte": year, "$lt": year.replace(year=year.year + 1)}
        together = {"appId": first["appId"], "scope": MetricScope.DAY.value, "day": days}
    await rollups.update_many({**which, **together}, {"$set": {"claim": claim, "dueAt": now + CLAIMED}})
    return await rollups.find({**together, "claim": claim}).to_list()


async def _sums_of_days(claimed: list[Row]) -> Mapping[str, Row]:
    """Of one app."""
    by_day: dict[datetime, Counter[str]] = {row["day"]: Counter() for row in claimed}
    which = {"appId": claimed[0]["appId"], "days.day": {"$in": [*by_day]}}
    async for timeline in ShopTimeline.get_pymongo_collection().find(which, {"days": 1}):
        for one in timeline["days"]:
            if one["day"] in by_day:
                by_day[one["day"]].update(one["numbers"])
    return {row["_id"]: {"numbers": _without_zeros(by_day[row["day"]])} for row in claimed}


async def _sum_of_month(claimed: list[Row]) -> Mapping[str, Row]:
    (row,) = claimed
    numbers: Counter[str] = Counter()
    days = {"$gte": row["day"], "$lt": next_month(row["day"])}
    which = {"appId": row["appId"], "scope": MetricScope.DAY.value, "day": days}
    async for day in MetricRollup.get_pymongo_collection().find(which, {"numbers": 1}):
        numbers.update(day.get("numbers", {}))
    return {row["_id"]: {"numbers": _without_zeros(numbers)}}


async def _sum_of_cohort(claimed: list[Row]) -> Mapping[str, Row]:
    (row,) = claimed
    months: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
    which = {"appId": row["appId"], "firstDay": {"$gte": row["day"], "$lt": next_month(row["day"])}}
    async for timeline in ShopTimeline.get_pymongo_collection().find(which, {"days": 1}):
        for one in timeline["days"]:
            months[month_of(one["day"])].update(_retained(one["numbers"]))
    shown = [{"month": month, "numbers": _without_zeros(months[month])} for month in sorted(months)]
    return {row["_id"]: {"months": [one for one in shown if one["numbers"]]}}


def _retained(numbers: Mapping[str, int]) -> Counter[str]:
    """Of a day of one of its shops: revenue by currency alone."""
    retained: Counter[str] = Counter({name: numbers[name] for name in RETAINED if name in numbers})
    for name, number in numbers.items():
        measure, *of = name.split(":")
        if measure == Measure.MRR:
            retained[name_of(Measure.MRR, of[0])] += number
    return retained


async def _sum_of_top(claimed: list[Row]) -> Mapping[str, Row]:
    (row,) = claimed
    return {row["_id"]: {"merchants": await top_merchants({}, row["currency"], TOP_KEPT)}}


async def top_merchants(which: Row, currency: str, first: int) -> list[Row]:
    """The domains of those who bring the most in one currency, with the apps that the filter lets through."""
    pipeline: list[Row] = [
        {"$match": {**which, "currency": currency, "mrr": {"$gt": 0}}},
        {"$group": {"_id": "$domain", "mrr": {"$sum": "$mrr"}}},
        {"$sort": {"mrr": -1, "_id": 1}},
        {"$limit": first},
    ]
    cursor = await ShopTimeline.get_pymongo_collection().aggregate(pipeline)
    return [{"domain": row["_id"], "mrr": row["mrr"]} async for row in cursor]


SUMS: Final[dict[MetricScope, Callable[[list[Row]], Awaitable[Mapping[str, Row]]]]] = {
    MetricScope.DAY: _sums_of_days,
    MetricScope.MONTH: _sum_of_month,
    MetricScope.COHORT: _sum_of_cohort,
    MetricScope.TOP: _sum_of_top,
}


def _without_zeros(numbers: Counter[str]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number}
