"""Counting what the apps' backends report: each event once, whatever dies in between.

An event says of itself that it is not counted yet, from the write on that stores it. A batch of them is added to the
counts of their day, which remember the batch; then the events are counted. What is found again, because somebody died
between the two, is recognised by the counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from core.access import allow
from core.actor import Actor
from core.days import day_of
from models.app_events import AppEvent
from models.event_counts import EventCount
from models.shops import Shop

BATCH: Final = 500
MOST_PROPERTIES: Final = 20
"""Of the events of one name and day: those that came first."""
MOST_VALUES: Final = 50
"""Of a property, in the events of one name and day."""
LONGEST_VALUE: Final = 64
PERSONAL: Final = frozenset(
    {
        "address", "apikey", "authorization", "city", "contact", "cookie", "customer", "email", "firstname", "fullname",
        "ip", "ipaddress", "lastname", "name", "owner", "password", "phone", "postalcode", "secret", "shopowner",
        "street", "token", "useragent", "username", "zip",
    }
)  # fmt: skip
"""Properties whose values are never counted, by their names in lower case without dashes: they are about people, or
secret."""

Row = Mapping[str, Any]
Bucket = tuple[str, str, datetime]


@dataclass(slots=True)
class Tally:
    """Of one property."""

    values: dict[str, int] = field(default_factory=dict)
    other: int = 0

    @property
    def total(self) -> int:
        return sum(self.values.values()) + self.other

    def add(self, value: str | None) -> None:
        """None stands for a value that is not told apart."""
        if value is None or (value not in self.values and len(self.values) >= MOST_VALUES):
            self.other += 1
        else:
            self.values[value] = self.values.get(value, 0) + 1


@dataclass(slots=True)
class EventTally:
    """Of the events of one name and day."""

    count: int = 0
    properties: dict[str, Tally] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Row) -> "EventTally":
        properties = {
            one["name"]: Tally({value["value"]: value["count"] for value in one["values"]}, one["other"])
            for one in stored.get("properties", ())
        }
        return cls(stored.get("events", 0), properties)

    def add(self, data: Mapping[str, Any]) -> None:
        self.count += 1
        for name, value in data.items():
            is_counted = isinstance(value, str | int | float) and _plain(name) not in PERSONAL
            if is_counted and (name in self.properties or len(self.properties) < MOST_PROPERTIES):
                self.properties.setdefault(name, Tally()).add(_told_apart(value))

    def fields(self) -> dict[str, Any]:
        properties = [
            {
                "name": name,
                "values": [{"value": value, "count": count} for value, count in tally.values.items()],
                "other": tally.other,
            }
            for name, tally in self.properties.items()
        ]
        return {"events": self.count, "properties": properties}


@allow()
async def count_events(actor: Actor) -> int:
    """Counts up to 500 events that were stored and not counted yet, in the order in which they came, and notes when
    each shop was seen last. Returns how many there were."""
    shown = {"appId": 1, "name": 1, "occurredAt": 1, "shopDomain": 1, "data": 1}
    uncounted = AppEvent.get_pymongo_collection().find({"uncounted": True}, shown)
    events = await uncounted.sort("_id").limit(BATCH).to_list()
    by_bucket: defaultdict[Bucket, list[Row]] = defaultdict(list)
    for event in events:
        by_bucket[event["appId"], event["name"], day_of(event["occurredAt"])].append(event)
    known = await _known(by_bucket)
    # After the counts were read: what is not counted by then and was added is among what the counts remember.
    remembered = (event for one in known.values() for event in one["applied"])
    unfinished = await _uncounted_of([*(event["_id"] for event in events), *remembered])
    counted: list[ObjectId] = []
    for bucket, found in by_bucket.items():
        if await _add(bucket, known.get(id_of(bucket)), found, unfinished):
            counted += [event["_id"] for event in found]
    await _see([event for event in events if event.get("shopDomain")])
    await AppEvent.get_pymongo_collection().update_many({"_id": {"$in": counted}}, {"$unset": {"uncounted": ""}})
    return len(events)


async def replace(bucket: Bucket, stored: Row | None, fields: Mapping[str, Any]) -> bool:
    """False where somebody else wrote the counts meanwhile."""
    counts, name = EventCount.get_pymongo_collection(), id_of(bucket)
    if stored is not None:
        seen = {"_id": name, "revision": stored["revision"]}
        return (await counts.update_one(seen, {"$set": dict(fields), "$inc": {"revision": 1}})).matched_count > 0
    app_id, event, day = bucket
    fresh = {"_id": name, "appId": app_id, "name": event, "day": day, "applied": [], "revision": 1}
    try:
        await counts.insert_one(fresh | dict(fields))
    except DuplicateKeyError:
        return False
    return True


async def _add(bucket: Bucket, stored: Row | None, events: Sequence[Row], unfinished: AbstractSet[ObjectId]) -> bool:
    applied = {event for event in stored["applied"] if event in unfinished} if stored else set[ObjectId]()
    fresh = [event for event in events if event["_id"] in unfinished - applied]
    if not fresh:
        return True
    tally = EventTally.of(stored or {})
    for event in fresh:
        tally.add(event["data"])
    remembered = [*applied, *(event["_id"] for event in fresh)]
    return await replace(bucket, stored, tally.fields() | {"applied": remembered})


async def _known(buckets: Iterable[Bucket]) -> dict[str, Row]:
    ids = [id_of(bucket) for bucket in buckets]
    return {row["_id"]: row async for row in EventCount.get_pymongo_collection().find({"_id": {"$in": ids}})}


async def _uncounted_of(events: Iterable[ObjectId]) -> set[ObjectId]:
    which = {"_id": {"$in": [*events]}, "uncounted": True}
    return {row["_id"] async for row in AppEvent.get_pymongo_collection().find(which, {"_id": 1})}


async def _see(events: Iterable[Row]) -> None:
    """The shops that they are about were there when they happened."""
    last: dict[tuple[str, str], datetime] = {}
    for event in events:
        shop = event["appId"], event["shopDomain"]
        last[shop] = max(event["occurredAt"], last.get(shop, event["occurredAt"]))
    if last:
        seen = [
            UpdateOne({"appId": app_id, "domain": domain}, {"$max": {"lastSeenAt": at}})
            for (app_id, domain), at in last.items()
        ]
        await Shop.get_pymongo_collection().bulk_write(seen, ordered=False)


def id_of(bucket: Bucket) -> str:
    app_id, name, day = bucket
    return f"{app_id}:{name}:{day.date().isoformat()}"


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").replace(" ", "").casefold()


def _told_apart(value: str | float) -> str | None:
    """As text; None for what is no category: a long text, or one with an address in it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if len(text) <= LONGEST_VALUE and "@" not in text else None
