"""Logs, over REST."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from models.logs import LogLevel
from resolvers import log_deletions, log_ingestion, logs
from resolvers.log_ingestion import LogsIngest
from resolvers.logs import LogFilter, LogInterval, LogPeriod, LogsAt, LogSortKey, LogsOverTimeQuery
from rest_compat.edge import AppId, CurrentActor, Data, DataMessage, Listing, Message, Moment, Paged, Wire, page_of

LogId = Annotated[str, Path(alias="logId")]


class LogErrorWire(Wire):
    name: str | None
    message: str | None
    stack: str | None
    type: str | None
    is_error_instance: bool


class LogWire(Wire):
    """`createdAt` and `createdAtTimestamp` are when it was logged, `receivedAt` is when it came here."""

    id: Annotated[str, BeforeValidator(str), Field(serialization_alias="_id")]
    app_id: str
    shop_domain: str | None
    module: str
    level: LogLevel
    message: str
    data: dict[str, Any]
    error: LogErrorWire | None
    fingerprint: str | None
    request_id: str | None
    trace_id: str | None
    created_at_timestamp: Moment
    created_at: Moment
    received_at: Moment


class LogLevelsWire(Wire):
    debug: int
    info: int
    warn: int
    error: int


class LogModuleWire(Wire):
    module: str
    count: int


class LogStatsWire(Wire):
    total: int
    by_level: LogLevelsWire
    top_modules: list[LogModuleWire]


class LogsAtWire(LogLevelsWire):
    """`date` is a day such as 2026-01-31, or of an hour the moment at which it begins."""

    date: str
    total: int


class DeletedLogsWire(Wire):
    deleted_count: int


class RefusedLogWire(Wire):
    index: int
    field: str
    message: str


class IngestedLogsWire(Wire):
    accepted: int
    refused: list[RefusedLogWire]


class LogListing(Listing, LogFilter):
    sort_keys = LogSortKey


async def log_stats(actor: CurrentActor, app_id: AppId, query: Annotated[LogPeriod, Query()]) -> Data[LogStatsWire]:
    """How much the app logged, by level, and which modules most."""
    return Data(data=LogStatsWire.of(await logs.log_stats(actor, app_id, query)))


async def list_log_shop_domains(actor: CurrentActor, app_id: AppId) -> Data[list[str]]:
    """The shops that the app's logs are about."""
    return Data(data=list(await logs.list_log_shop_domains(actor, app_id)))


async def list_log_modules(actor: CurrentActor, app_id: AppId) -> Data[list[str]]:
    """The modules of the app that logged something."""
    return Data(data=list(await logs.list_log_modules(actor, app_id)))


async def logs_over_time(
    actor: CurrentActor, app_id: AppId, query: Annotated[LogsOverTimeQuery, Query()]
) -> Data[list[LogsAtWire]]:
    """How much the app logged in each day or hour, also where it logged nothing."""
    found = await logs.logs_over_time(actor, app_id, query)
    return Data(data=[_at(one, query.interval) for one in found])


async def list_logs(actor: CurrentActor, app_id: AppId, query: Annotated[LogListing, Query()]) -> Paged[LogWire]:
    """What the app logged."""
    found = await logs.list_logs(actor, app_id, query.window, query, query.order)
    return await page_of(LogWire, found, query.window)


async def delete_logs(
    actor: CurrentActor, app_id: AppId, query: Annotated[LogFilter, Query()]
) -> DataMessage[DeletedLogsWire]:
    """Delete the entries that match; at least one filter is needed."""
    deleted = await log_deletions.delete_logs(actor, app_id, query)
    message = "1 log deleted" if deleted == 1 else f"{deleted} logs deleted"
    return DataMessage(data=DeletedLogsWire(deleted_count=deleted), message=message)


async def get_log(actor: CurrentActor, app_id: AppId, log_id: LogId) -> Data[LogWire]:
    """One entry."""
    return Data(data=LogWire.of(await logs.get_log(actor, app_id, log_id)))


async def delete_log(actor: CurrentActor, app_id: AppId, log_id: LogId) -> Message:
    """Delete one entry."""
    await log_deletions.delete_log(actor, app_id, log_id)
    return Message(message="Log deleted")


async def ingest_logs(actor: CurrentActor, app_id: AppId, body: LogsIngest) -> Data[IngestedLogsWire]:
    """Send up to 1,000 entries of the app's logs.

    Entries that are not right are refused one by one, with the reason; the others are kept.
    """
    return Data(data=IngestedLogsWire.of(await log_ingestion.ingest_logs(actor, app_id, body)))


def _at(one: LogsAt, interval: LogInterval) -> LogsAtWire:
    counts, date = one.counts, _date(one.date, interval)
    return LogsAtWire(
        date=date, debug=counts.debug, info=counts.info, warn=counts.warn, error=counts.error, total=counts.total
    )


def _date(at: datetime, interval: LogInterval) -> str:
    return f"{at:%Y-%m-%d}" if interval is LogInterval.DAY else f"{at:%Y-%m-%dT%H:00:00.000Z}"
