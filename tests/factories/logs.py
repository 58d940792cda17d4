"""Logs, as apps send them, and what must be counted of them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from core.actor import Actor
from models.log_tallies import ErrorGroup, ErrorGroupShop, LogHour
from models.logs import LogEntry
from resolvers.log_ingestion import IngestedLogs, LogsIngest, ingest_logs
from resolvers.log_tallies import day_of

BACKEND: Final = Actor.system("tests")
SHOP: Final = "tea-and-cakes.myshopify.com"
STACK: Final = "TypeError: no\n    at sync (/app/orders.js:12:5)"

Entry = dict[str, Any]


def an_entry(level: str = "info", message: str = "Something happened", **fields: Any) -> Entry:
    return {"level": level, "message": message, "module": "orders", **fields}


def an_error(message: str = "order.lines is undefined", **fields: Any) -> Entry:
    thrown = {"name": "TypeError", "message": message, "stack": STACK, "type": "TypeError"}
    return an_entry("error", "Not synchronised", error=thrown, **fields)


async def logged(app_id: str, *entries: Entry) -> IngestedLogs:
    return await ingest_logs(BACKEND, app_id, LogsIngest(entries=list(entries)))


async def the_log(app_id: str) -> LogEntry:
    (entry,) = await LogEntry.find({"appId": app_id}).to_list()
    return entry


async def counted_hours() -> Mapping[tuple[Any, ...], int]:
    """As it is counted: by app, hour, module and level."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for tally in await LogHour.find_all().to_list():
        for level in ("debug", "info", "warn", "error"):
            counts[tally.app_id, tally.hour, tally.module, level] += getattr(tally, level)
    return +counts


async def there_by_hour() -> Mapping[tuple[Any, ...], int]:
    """As it is: the same, of the entries."""
    entries = await LogEntry.find_all().to_list()
    return Counter((one.app_id, one.hour, one.module, one.level.value) for one in entries)


async def counted_errors() -> Mapping[tuple[Any, ...], int]:
    """By app, fingerprint, day and level; with totals that must be their sums."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for group in await ErrorGroup.find_all().to_list():
        for day, levels in group.days.items():
            for level, count in levels.items():
                counts[group.app_id, group.fingerprint, day, level] += count
        assert group.total == sum(sum(levels.values()) for levels in group.days.values())
    return +counts


async def errors_there() -> Mapping[tuple[Any, ...], int]:
    entries = await LogEntry.find({"fingerprint": {"$type": "string"}}).to_list()
    return Counter((one.app_id, one.fingerprint, day_of(one.created_at), one.level.value) for one in entries)


async def assert_counts_are_right() -> None:
    """Nothing is open, and what is counted is what is there."""
    assert await LogHour.find({"open": {"$ne": []}}).count() == 0
    assert await ErrorGroup.find({"open": {"$ne": []}}).count() == 0
    assert await counted_hours() == await there_by_hour()
    assert await counted_errors() == await errors_there()
    for shop in await ErrorGroupShop.find_all().to_list():
        fingerprint = shop.group_id.rpartition(":")[2]
        seen = {"appId": shop.app_id, "fingerprint": fingerprint, "shopDomain": shop.shop_domain}
        assert await LogEntry.find(seen).count()
