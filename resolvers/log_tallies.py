"""Counts of logs that always equal the entries: by module and hour, and by error.

A batch is opened on all that it will be counted in, then its entries are stored, then it is counted: in one update that
takes it out of what is open. Whoever finds it open long after completes the work of a process that died, from the
entries that did arrive, and can't count twice.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from pymongo import UpdateOne

from core.mongo import Filter
from models.log_tallies import GROUP_KEPT, ErrorGroup, ErrorGroupShop, ErrorGroupStatus, LogHour
from resolvers.log_entries import fingerprint_of_entry

HOUR: Final = timedelta(hours=1)
LAST: Final = b"\xff\xff\xff"
NOTHING: Final = {"debug": 0, "info": 0, "warn": 0, "error": 0}

Entry = Mapping[str, Any]


@dataclass(slots=True)
class GroupCounts:
    """What a batch adds to an error. `days` is by day and level, `shops` holds the hours in which each was first and
    last seen: most of the time nothing has to be written anew."""

    example: Entry
    first: datetime
    last: datetime
    total: int = 0
    days: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    shops: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What a batch adds: to hours (by hour and module, then level) and to errors (by fingerprint)."""

    hours: dict[tuple[datetime, str], dict[str, int]]
    groups: dict[str, GroupCounts]


@dataclass(frozen=True, slots=True)
class Batch:
    """`first` is the first id of its entries."""

    app_id: str
    first: ObjectId
    at: datetime
    kept: timedelta

    def group_id(self, fingerprint: str) -> str:
        return f"{self.app_id}:{fingerprint}"


def counts_of(entries: Iterable[Entry]) -> Counts:
    """Of entries as they are stored."""
    hours: dict[tuple[datetime, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    groups: dict[str, GroupCounts] = {}
    for entry in entries:
        level, at = entry["level"], entry["createdAt"]
        hours[entry["hour"], entry["module"]][level] += 1
        fingerprint = entry.get("fingerprint")
        if fingerprint is None:
            continue
        group = groups.get(fingerprint)
        if group is None:
            group = groups[fingerprint] = GroupCounts(entry, at, at)
        group.total += 1
        group.days[day_of(at)][level] += 1
        group.first, group.last = min(group.first, at), max(group.last, at)
        if shop := entry.get("shopDomain"):
            hour = entry["hour"]
            first, last = group.shops.get(shop, (hour, hour))
            group.shops[shop] = min(first, hour), max(last, hour)
    return Counts(hours, groups)


def entries_of(first: ObjectId) -> Filter:
    """Matches the entries of a batch that were stored."""
    return {"_id": {"$gte": first, "$lte": ObjectId(first.binary[:9] + LAST)}}


def hour_id(app_id: str, hour: datetime, module: str) -> str:
    return f"{app_id}:{hour:%Y-%m-%dT%H}:{module}"


def day_of(at: datetime) -> str:
    """The UTC day, such as 2026-01-31."""
    return f"{at:%Y-%m-%d}"


async def open_batch(batch: Batch, counts: Counts) -> list[str]:
    """Before its entries are stored. Returns the ids of the errors that are new."""
    opened = {"$push": {"open": {"batch": batch.first, "at": batch.at}}, "$inc": {"version": 1}}
    hours = [
        UpdateOne(
            {"_id": hour_id(batch.app_id, hour, module)},
            opened
            | {
                "$max": {"expiresAt": hour + HOUR + batch.kept},
                "$setOnInsert": {"appId": batch.app_id, "hour": hour, "module": module, **NOTHING},
            },
            upsert=True,
        )
        for hour, module in counts.hours
    ]
    if not counts.groups:
        await LogHour.get_pymongo_collection().bulk_write(hours, ordered=False)
        return []
    groups = [
        UpdateOne(
            {"_id": batch.group_id(fingerprint)},
            opened
            | {
                "$max": {"expiresAt": group.last + max(batch.kept, GROUP_KEPT)},
                "$setOnInsert": new_group(batch.app_id, fingerprint, group.example),
            },
            upsert=True,
        )
        for fingerprint, group in counts.groups.items()
    ]
    _, written = await asyncio.gather(
        LogHour.get_pymongo_collection().bulk_write(hours, ordered=False),
        ErrorGroup.get_pymongo_collection().bulk_write(groups, ordered=False),
    )
    ids = [batch.group_id(fingerprint) for fingerprint in counts.groups]
    return [ids[number] for number in written.upserted_ids or {}]


def new_group(app_id: str, fingerprint: str, example: Entry) -> dict[str, Any]:
    """An error of which nothing is counted yet, as it is stored, but for its id."""
    about = fingerprint_of_entry(example)
    return {
        "appId": app_id,
        "fingerprint": fingerprint,
        "type": about.type,
        "title": about.title,
        "titleKey": about.title.casefold(),
        "culprit": about.culprit,
        "module": example["module"],
        "total": 0,
        "days": {},
        "firstSeen": example["createdAt"],
        "lastSeen": example["createdAt"],
        "status": ErrorGroupStatus.OPEN.value,
        "regressions": 0,
    }


@dataclass(frozen=True, slots=True)
class Counted:
    """In the `missed` ones the batch was not open any more. `regressed` are errors that were resolved, by id."""

    missed_hours: Collection[datetime]
    missed_groups: Collection[str]
    regressed: Collection[str] = ()


async def count_batch(batch: Batch, counts: Counts) -> Counted:
    """After its entries are stored. Where the batch is not open, it was counted already. The hours come last: what they
    know, all know."""
    groups = [_group_update(batch, fingerprint, group) for fingerprint, group in counts.groups.items()]
    missed_groups = False
    if shops := list(_shop_updates(batch, counts)):
        await ErrorGroupShop.get_pymongo_collection().bulk_write(shops, ordered=False)
    if groups:
        done = await ErrorGroup.get_pymongo_collection().bulk_write(groups, ordered=False)
        missed_groups = done.matched_count < len(groups)
    hours = [
        UpdateOne(_open(batch, hour_id(batch.app_id, hour, module)), _added(batch, levels))
        for (hour, module), levels in counts.hours.items()
    ]
    done = await LogHour.get_pymongo_collection().bulk_write(hours, ordered=False)
    return Counted(
        {hour for hour, _ in counts.hours} if done.matched_count < len(hours) else (),
        list(counts.groups) if missed_groups else (),
        await _reopened(batch, counts) if groups else (),
    )


async def _reopened(batch: Batch, counts: Counts) -> list[str]:
    """The errors that were resolved and happen again: nobody resolved what happened after they looked."""
    seen = {batch.group_id(fingerprint): group.last for fingerprint, group in counts.groups.items()}
    resolved = {"_id": {"$in": [*seen]}, "status": ErrorGroupStatus.RESOLVED.value}
    again = {"status": ErrorGroupStatus.OPEN.value, "statusBy": None, "statusAt": batch.at, "regressedAt": batch.at}
    reopened = []
    for group in await ErrorGroup.find(resolved).to_list():
        late = {"_id": group.id, "status": group.status.value, "statusAt": {"$lt": seen[group.id]}}
        if await ErrorGroup.change(late, {"$set": again, "$inc": {"regressions": 1}}):
            reopened.append(group.id)
    return reopened


def _open(batch: Batch, tally_id: str) -> Filter:
    return {"_id": tally_id, "open.batch": batch.first}


def _added(batch: Batch, amounts: Mapping[str, int]) -> dict[str, Any]:
    return {"$inc": {**amounts, "version": 1}, "$pull": {"open": {"batch": batch.first}}}


def _group_update(batch: Batch, fingerprint: str, group: GroupCounts) -> UpdateOne:
    amounts = {f"days.{day}.{level}": n for day, levels in group.days.items() for level, n in levels.items()}
    added = _added(batch, {"total": group.total, **amounts})
    seen = {"$min": {"firstSeen": group.first}, "$max": {"lastSeen": group.last}}
    return UpdateOne(_open(batch, batch.group_id(fingerprint)), added | seen)


def _shop_updates(batch: Batch, counts: Counts) -> Iterable[UpdateOne]:
    for fingerprint, group in counts.groups.items():
        group_id = batch.group_id(fingerprint)
        for shop, (first, last) in group.shops.items():
            yield UpdateOne(
                {"_id": f"{group_id}:{shop}"},
                {
                    "$min": {"firstSeen": first},
                    "$max": {"lastSeen": last, "expiresAt": last + max(batch.kept, GROUP_KEPT)},
                    "$setOnInsert": {"groupId": group_id, "appId": batch.app_id, "shopDomain": shop},
                },
                upsert=True,
            )
