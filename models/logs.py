"""What the apps' own logs say."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

import orjson
from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record

PREFIX: Final = 80
"""Characters of a message that its beginning can be searched by."""


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogError(Part):
    """What was thrown. `is_error_instance` says whether it was a real error, or something else that was thrown."""

    name: str | None = None
    message: str | None = None
    stack: str | None = None
    type: str | None = None
    is_error_instance: bool = True


class LogEntry(Record):
    """`created_at` is when it was logged, in the hour that begins at `hour`, `received_at` when it came here.

    The first 9 bytes of the ids of entries that came together are the same. `data` is kept as JSON, so that its keys
    can be anything. `address_digests` are keyed hashes of the addresses in it, by which an erasure finds it. What an
    entry does not have is not stored, so that it is in no index.
    """

    id: PydanticObjectId = Field(alias="_id")
    app_id: str
    level: LogLevel
    module: str
    message: str
    message_key: str
    shop_domain: str | None = None
    data_json: str | None = None
    error: LogError | None = None
    fingerprint: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    address_digests: list[str] = Field(default_factory=list)
    hour: datetime
    created_at: datetime
    received_at: datetime
    expires_at: datetime

    @property
    def data(self) -> dict[str, Any]:
        return orjson.loads(self.data_json) if self.data_json else {}

    @property
    def created_at_timestamp(self) -> datetime:
        """As it is called in REST."""
        return self.created_at

    class Settings:
        name = "logs"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel(
                [("appId", ASCENDING), ("shopDomain", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]
            ),
            IndexModel([("appId", ASCENDING), ("module", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel(
                [("appId", ASCENDING), ("level", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                partialFilterExpression={"level": {"$in": [LogLevel.WARN.value, LogLevel.ERROR.value]}},
            ),
            IndexModel(
                [("appId", ASCENDING), ("messageKey", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]
            ),
            *(
                IndexModel(
                    [("appId", ASCENDING), (field, ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                    partialFilterExpression={field: {"$exists": True}},
                )
                for field in ("fingerprint", "requestId", "traceId")
            ),
            IndexModel(
                [("addressDigests", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                partialFilterExpression={"addressDigests": {"$exists": True}},
            ),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
