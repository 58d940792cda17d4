"""What the apps' own logs say: read, searched, counted. See `log_ingestion` for how they come in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import Field

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, found
from core.ids import object_id
from core.inputs import Input, Moment, Search, ShopDomain, Text
from core.mongo import Filter, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.log_tallies import LEVELS, LogHour
from models.logs import PREFIX, LogEntry, LogLevel
from resolvers.apps import visible_app

SEARCHED: Final = timedelta(days=7)
"""How far back a text is looked for where no time is given: it has no index."""
SHOWN_DAYS: Final = 30
MOST_HOURS: Final = 31 * 24
MOST_DAYS: Final = 366
TOP: Final = 10
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)

Name = Annotated[Text, Field(min_length=1, max_length=200)]


class LogFilter(Input):
    """`search` is anywhere in the message, of the last 7 days where no time is given; `startsWith` is how it begins,
    found by index. `createdFrom` is included, `createdTo` is not."""

    shop_domain: ShopDomain | None = None
    module: Name | None = None
    level: LogLevel | None = None
    fingerprint: Name | None = None
    request_id: Name | None = None
    trace_id: Name | None = None
    starts_with: Annotated[Text, Field(min_length=1, max_length=PREFIX)] | None = None
    search: Search | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None

    def of_shop(self, domain: str) -> Self:
        """The same of one shop, whichever was asked for."""
        return self.model_copy(update={"shop_domain": domain})

    def query(self, app_id: str | Filter) -> dict[str, Any]:
        """The entries that match. Whatever a text holds is taken literally."""
        query: dict[str, Any] = {"appId": app_id}
        equal = {
            "shopDomain": self.shop_domain,
            "module": self.module,
            "level": self.level.value if self.level else None,
            "fingerprint": self.fingerprint,
            "requestId": self.request_id,
            "traceId": self.trace_id,
        }
        query |= {name: value for name, value in equal.items() if value is not None}
        if self.starts_with:
            query["messageKey"] = {"$regex": f"^{re.escape(self.starts_with.casefold())}"}
        if self.search:
            query["message"] = {"$regex": re.escape(self.search), "$options": "i"}
        bounds = {"$gte": self.created_from, "$lt": self.created_to}
        if self.search and self.created_from is None:
            bounds["$gte"] = (self.created_to or clock.now()) - SEARCHED
        if created := {operator: moment for operator, moment in bounds.items() if moment is not None}:
            query["createdAt"] = created
        return query


class LogSortKey(SortKey):
    CREATED_AT = "createdAt"


class LogPeriod(Input):
    """`createdFrom` is included, `createdTo` is not. Without them, it is as long as logs are kept."""

    created_from: Moment | None = None
    created_to: Moment | None = None

    def bounds(self, kept_days: int) -> tuple[datetime, datetime]:
        """Raises `InvalidInput` where it ends before it begins."""
        end = self.created_to or clock.now() + HOUR
        begin = self.created_from or min(end, clock.now()) - kept_days * DAY
        if begin > end:
            raise InvalidInput("createdFrom: must not be after createdTo", "createdFrom")
        return begin, end


class LogInterval(StrEnum):
    DAY = "day"
    HOUR = "hour"


class LogsOverTimeQuery(LogPeriod):
    """Of one module or one shop, where they are given. At most a year by day, a month by hour."""

    interval: LogInterval = LogInterval.DAY
    module: Name | None = None
    shop_domain: ShopDomain | None = None


@dataclass(frozen=True, slots=True)
class LevelCounts:
    debug: int = 0
    info: int = 0
    warn: int = 0
    error: int = 0

    @property
    def total(self) -> int:
        return self.debug + self.info + self.warn + self.error


@dataclass(frozen=True, slots=True)
class ModuleCount:
    module: str
    count: int


@dataclass(frozen=True, slots=True)
class LogStats:
    by_level: LevelCounts
    top_modules: Sequence[ModuleCount]

    @property
    def total(self) -> int:
        return self.by_level.total


@dataclass(frozen=True, slots=True)
class LogsAt:
    """Of the day or hour that begins at `date`."""

    date: datetime
    counts: LevelCounts


@allow(STAFF)
async def list_logs(actor: Actor, app_id: str, window: Window, filters: LogFilter, sort: Sort) -> Slice[LogEntry]:
    """What an app logged."""
    await visible_app(actor, app_id)
    return await slice_of(LogEntry, filters.query(app_id), sort, window)


@allow(STAFF)
async def list_merchant_logs(
    actor: Actor, app_ids: Sequence[str], window: Window, filters: LogFilter
) -> Slice[LogEntry]:
    """What several apps logged, the newest first."""
    query = filters.query({"$in": list(app_ids)})
    return await slice_of(LogEntry, query, LogSortKey.CREATED_AT.order(descending=True), window)


@allow(STAFF)
async def get_log(actor: Actor, app_id: str, log_id: str) -> LogEntry:
    """One entry of an app's logs."""
    await visible_app(actor, app_id)
    identity = object_id(log_id)
    return found(await LogEntry.find_one({"appId": app_id, "_id": identity}) if identity else None, "Log")


@allow(STAFF)
async def log_stats(actor: Actor, app_id: str, period: LogPeriod) -> LogStats:
    """How much an app logged, by level, and which modules most. Counted by whole hours."""
    app = await visible_app(actor, app_id)
    within = _hours(app_id, *period.bounds(app.log_days))
    rows = await LogHour.aggregate([{"$match": within}, _sums("$module")]).to_list()
    totals = [(row["_id"], LevelCounts(**{level: row[level] for level in LEVELS})) for row in rows]
    modules = [ModuleCount(name, counts.total) for name, counts in totals if counts.total]
    by_level = LevelCounts(*(sum(getattr(counts, level) for _, counts in totals) for level in LEVELS))
    return LogStats(by_level, sorted(modules, key=lambda one: (-one.count, one.module))[:TOP])


@allow(STAFF)
async def logs_over_time(actor: Actor, app_id: str, asked: LogsOverTimeQuery) -> Sequence[LogsAt]:
    """How much an app logged in each day or hour, also where it logged nothing."""
    app = await visible_app(actor, app_id)
    begin, end = asked.bounds(min(app.log_days, SHOWN_DAYS))
    step, most = (DAY, MOST_DAYS) if asked.interval is LogInterval.DAY else (HOUR, MOST_HOURS)
    begin = _floor(begin, asked.interval)
    steps = -(-(min(end, clock.now()) - begin) // step)
    if steps > most:
        raise InvalidInput(f"createdFrom: at most {most} {asked.interval.value}s can be shown", "createdFrom")
    counted: dict[datetime, LevelCounts] = {}
    for hour, counts in await _by_hour(app_id, begin, end, asked):
        at = _floor(hour, asked.interval)
        known = counted.get(at, LevelCounts())
        counted[at] = LevelCounts(*(getattr(known, level) + counts.get(level, 0) for level in LEVELS))
    moments = (begin + number * step for number in range(steps))
    return [LogsAt(at, counted.get(at, LevelCounts())) for at in moments]


@allow(STAFF)
async def list_log_modules(actor: Actor, app_id: str) -> Sequence[str]:
    """The modules of an app that logged something, in alphabetical order."""
    await visible_app(actor, app_id)
    return sorted(await LogHour.distinct("module", {"appId": app_id}))


@allow(STAFF)
async def list_log_shop_domains(actor: Actor, app_id: str) -> Sequence[str]:
    """The shops that an app's logs are about, in alphabetical order."""
    await visible_app(actor, app_id)
    domains = await LogEntry.distinct("shopDomain", {"appId": app_id, "shopDomain": {"$type": "string"}})
    return sorted(domains)


def _hours(app_id: str, begin: datetime, end: datetime) -> dict[str, Any]:
    return {"appId": app_id, "hour": {"$gte": _floor(begin, LogInterval.HOUR), "$lt": end}}


def _sums(by: str) -> dict[str, Any]:
    return {"$group": {"_id": by, **{level: {"$sum": f"${level}"} for level in LEVELS}}}


async def _by_hour(
    app_id: str, begin: datetime, end: datetime, asked: LogsOverTimeQuery
) -> Sequence[tuple[datetime, Mapping[str, int]]]:
    """From the counts, or of a single shop from its entries."""
    if asked.shop_domain is None:
        within = _hours(app_id, begin, end) | ({"module": asked.module} if asked.module else {})
        rows = await LogHour.aggregate([{"$match": within}, _sums("$hour")]).to_list()
        return [(row["_id"], {level: row[level] for level in LEVELS}) for row in rows]
    entries = {"appId": app_id, "shopDomain": asked.shop_domain, "createdAt": {"$gte": begin, "$lt": end}}
    group = {"$group": {"_id": {"hour": "$hour", "level": "$level"}, "entries": {"$sum": 1}}}
    of_module = {"module": asked.module} if asked.module else {}
    rows = await LogEntry.aggregate([{"$match": entries | of_module}, group]).to_list()
    return [(row["_id"]["hour"], {row["_id"]["level"]: row["entries"]}) for row in rows]


def _floor(at: datetime, interval: LogInterval) -> datetime:
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole.replace(hour=0) if interval is LogInterval.DAY else whole
