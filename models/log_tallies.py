"""Counts of logs: changed together with the entries, and equal to a recount."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record
from models.logs import LogLevel

LEVELS: Final = tuple(level.value for level in LogLevel)
GROUP_KEPT: Final = timedelta(days=90)
"""How long it is remembered what was decided about an error that does not happen any more."""


class OpenBatch(Part):
    """A batch of entries that may be stored already, and is not counted yet. `batch` is the first id of its entries."""

    batch: PydanticObjectId
    at: datetime


class Tally(Record):
    """`open` are the batches under way: one is taken out in the same update that counts it, so that whoever completes
    the work of a process that died counts it once. `version` goes up with every batch that comes and goes. From
    `recount_at` on, a tally is to be counted anew: entries of it were being deleted.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    app_id: str
    open: list[OpenBatch] = Field(default_factory=list)
    version: int = 0
    recount_at: datetime | None = None
    expires_at: datetime


class LogHour(Tally):
    """What one module of an app logged in an hour. `id` is `<app>:<hour>:<module>`."""

    hour: datetime
    module: str
    debug: int = 0
    info: int = 0
    warn: int = 0
    error: int = 0

    class Settings:
        name = "log_hours"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("hour", ASCENDING)]),
            IndexModel([("open.at", ASCENDING)]),
            IndexModel([("recountAt", ASCENDING)], partialFilterExpression={"recountAt": {"$exists": True}}),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]


class ErrorGroupStatus(StrEnum):
    """One that is resolved is open again when it happens again; an ignored one stays ignored."""

    OPEN = "open"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class ErrorGroup(Tally):
    """The entries of an app that are about the same error. `id` is `<app>:<fingerprint>`.

    `days` counts the entries that are kept by UTC day and level (`{"2026-01-31": {"error": 3}}`), `total` is their sum;
    an entry is counted until its day is over, as to how long logs are kept. `regressed_at` is when it last happened
    again after it was resolved.
    """

    fingerprint: str
    type: str = ""
    title: str
    title_key: str
    culprit: str | None = None
    module: str
    total: int = 0
    days: dict[str, dict[str, int]] = Field(default_factory=dict)
    first_seen: datetime
    last_seen: datetime
    status: ErrorGroupStatus = ErrorGroupStatus.OPEN
    status_by: str | None = None
    status_at: datetime | None = None
    regressed_at: datetime | None = None
    regressions: int = 0

    @property
    def levels(self) -> dict[LogLevel, int]:
        """How many entries there are of each level."""
        return {level: sum(day.get(level.value, 0) for day in self.days.values()) for level in LogLevel}

    class Settings:
        name = "error_groups"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("lastSeen", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("firstSeen", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("total", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("lastSeen", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("open.at", ASCENDING)]),
            IndexModel([("recountAt", ASCENDING)], partialFilterExpression={"recountAt": {"$exists": True}}),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]


class ErrorGroupShop(Record):
    """A shop that an error happened to. `id` is `<group>:<shop domain>`; when it was seen is known to the hour."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    group_id: str
    app_id: str
    shop_domain: str
    first_seen: datetime
    last_seen: datetime
    expires_at: datetime

    class Settings:
        name = "error_group_shops"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("groupId", ASCENDING), ("lastSeen", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("shopDomain", ASCENDING), ("lastSeen", DESCENDING)]),
            IndexModel([("shopDomain", ASCENDING), ("firstSeen", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
