"""Logs, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import logs as stored
from models.logs import LogLevel
from resolvers import log_deletions, log_ingestion, log_recounts, log_tail, logs
from resolvers.log_ingestion import LogsIngest
from resolvers.logs import LogFilter, LogInterval, LogPeriod, LogSortKey, LogsOverTimeQuery
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.error_groups import ErrorGroup
    from schema.shops import Shop

strawberry.enum(LogLevel)
strawberry.enum(LogSortKey)
strawberry.enum(LogInterval)


@strawberry.type(description="What was thrown.")
class LogError:
    name: str | None
    message: str | None
    stack: str | None
    type: str | None
    is_error_instance: bool


@strawberry.type(description="One entry of an app's logs. Secrets in it are masked.")
class LogEntry:
    id: ID
    app_id: ID
    level: LogLevel
    module: str
    message: str
    shop_domain: str | None
    data: JSON
    error: LogError | None
    fingerprint: str | None = strawberry.field(description="Of errors: the same for all that are the same.")
    request_id: str | None
    trace_id: str | None
    created_at: datetime = strawberry.field(description="When it was logged.")
    received_at: datetime

    app: App | None = loaded(stored.LogEntry, Loaders.apps, lambda one: one.app_id)

    shop: Annotated["Shop", strawberry.lazy("schema.shops")] | None = loaded(
        stored.LogEntry,
        Loaders.shops,
        lambda one: (one.app_id, one.shop_domain) if one.shop_domain else None,
        "The shop that it is about; null where the app does not know it.",
    )

    error_group: Annotated["ErrorGroup", strawberry.lazy("schema.error_groups")] | None = loaded(
        stored.LogEntry,
        Loaders.error_groups,
        lambda one: f"{one.app_id}:{one.fingerprint}" if one.fingerprint else None,
        "The error that it is one of.",
    )


def log_entry(document: stored.LogEntry) -> LogEntry:
    """The document has all that the type shows."""
    return cast(LogEntry, document)


@strawberry.type(description="How many entries there are of each level.")
class LogLevelCounts:
    debug: int
    info: int
    warn: int
    error: int
    total: int


@strawberry.type
class LogModuleCount:
    module: str
    count: int


@strawberry.type(description="How much an app logged, counted by whole hours.")
class LogStats:
    total: int
    by_level: LogLevelCounts
    top_modules: list[LogModuleCount] = strawberry.field(description="The ten that log most.")


@strawberry.type(description="How much was logged in the day or hour that begins at `date`.")
class LogsAt:
    date: datetime
    counts: LogLevelCounts


@strawberry.input(
    description="`search` is anywhere in the message, of the last 7 days where no time is given; `startsWith` is how "
    "it begins, found by index. `createdFrom` is included, `createdTo` is not."
)
class LogFilterInput:
    shop_domain: Maybe[str | None]
    module: Maybe[str | None]
    level: Maybe[LogLevel | None]
    fingerprint: Maybe[str | None]
    request_id: Maybe[str | None]
    trace_id: Maybe[str | None]
    starts_with: Maybe[str | None]
    search: Maybe[str | None]
    created_from: Maybe[datetime | None]
    created_to: Maybe[datetime | None]


@strawberry.input(
    description="`createdFrom` is included, `createdTo` is not. Without them, it is as long as logs are kept."
)
class LogPeriodInput:
    created_from: Maybe[datetime | None]
    created_to: Maybe[datetime | None]


@strawberry.input(description="The last 30 days where no time is given; at most a year by day, a month by hour.")
class LogsOverTimeQueryInput:
    created_from: Maybe[datetime | None]
    created_to: Maybe[datetime | None]
    interval: Maybe[LogInterval]
    module: Maybe[str | None]
    shop_domain: Maybe[str | None]


@strawberry.input
class LogErrorCreateInput:
    name: Maybe[str | None]
    message: Maybe[str | None]
    stack: Maybe[str | None]
    type: Maybe[str | None]
    is_error_instance: Maybe[bool]


@strawberry.input(
    description="`timestamp` is when it was logged, now where it is left out. `data` is anything; values of keys such "
    "as `password` or `token` are masked, and what looks like a credential in texts."
)
class LogEntryCreateInput:
    level: LogLevel
    message: str
    module: Maybe[str]
    shop_domain: Maybe[str | None]
    data: Maybe[JSON | None]
    error: Maybe[LogErrorCreateInput | None]
    timestamp: Maybe[datetime | None]
    request_id: Maybe[str | None]
    trace_id: Maybe[str | None]


@strawberry.input(description="Up to 1,000 entries. Of large ones REST takes more at a time.")
class LogsIngestInput:
    entries: list[LogEntryCreateInput]


@strawberry.type(description="An entry that was not right, by its place in the batch.")
class RefusedLog:
    index: int
    field: str
    message: str


@strawberry.type
class LogsIngestPayload:
    accepted: int = 0
    refused: list[RefusedLog] = strawberry.field(default_factory=list)
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class LogDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class LogsDeletePayload:
    deleted_count: int = 0
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class LogCountsRebuildPayload:
    recounted: int = 0
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class LogQueries:
    @query(logs.get_log)
    async def log(self, info: Info, app_id: ID, id: ID) -> LogEntry:
        return log_entry(await logs.get_log(info.context.actor, app_id, id))

    @query(logs.log_stats)
    async def log_stats(self, info: Info, app_id: ID, period: LogPeriodInput | None = None) -> LogStats:
        return cast(LogStats, await logs.log_stats(info.context.actor, app_id, parse(LogPeriod, period)))

    @query(logs.logs_over_time)
    async def logs_over_time(self, info: Info, app_id: ID, input: LogsOverTimeQueryInput | None = None) -> list[LogsAt]:
        asked = parse(LogsOverTimeQuery, input)
        return cast(list[LogsAt], await logs.logs_over_time(info.context.actor, app_id, asked))

    @query(logs.list_log_modules)
    async def log_modules(self, info: Info, app_id: ID) -> list[str]:
        return list(await logs.list_log_modules(info.context.actor, app_id))

    @query(logs.list_log_shop_domains)
    async def log_shop_domains(self, info: Info, app_id: ID) -> list[str]:
        return list(await logs.list_log_shop_domains(info.context.actor, app_id))

    @query(logs.list_logs)
    async def logs(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LogFilterInput | None = None,
        sort_key: LogSortKey = LogSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[LogEntry]:
        window = Range.of(first, after, last, before)
        filters = parse(LogFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await logs.list_logs(info.context.actor, app_id, window, filters, sort))


@strawberry.type
class LogMutations:
    @mutation(log_ingestion.ingest_logs)
    async def logs_ingest(self, info: Info, app_id: ID, input: LogsIngestInput) -> LogsIngestPayload:
        taken = await log_ingestion.ingest_logs(info.context.actor, app_id, parse(LogsIngest, input))
        return LogsIngestPayload(accepted=taken.accepted, refused=cast(list[RefusedLog], list(taken.refused)))

    @mutation(log_deletions.delete_log)
    async def log_delete(self, info: Info, app_id: ID, id: ID) -> LogDeletePayload:
        await log_deletions.delete_log(info.context.actor, app_id, id)
        return LogDeletePayload(deleted_id=id)

    @mutation(log_deletions.delete_logs)
    async def logs_delete(self, info: Info, app_id: ID, filter: LogFilterInput) -> LogsDeletePayload:
        deleted = await log_deletions.delete_logs(info.context.actor, app_id, parse(LogFilter, filter))
        return LogsDeletePayload(deleted_count=deleted)

    @mutation(log_recounts.rebuild_log_counts)
    async def log_counts_rebuild(self, info: Info, app_id: ID) -> LogCountsRebuildPayload:
        return LogCountsRebuildPayload(recounted=await log_recounts.rebuild_log_counts(info.context.actor, app_id))


@strawberry.type
class LogSubscriptions:
    @subscription(log_tail.watch_logs)
    async def log_added(
        self, info: Info, app_id: ID, filter: LogFilterInput | None = None
    ) -> AsyncGenerator[LogEntry, None]:
        filters = parse(LogFilter, filter)
        watched = await log_tail.watch_logs(info.context.actor, app_id, filters)
        return cast(AsyncGenerator[LogEntry, None], watched)
