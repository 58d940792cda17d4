"""Answers that were given to requests with an `Idempotency-Key`."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.base import Record


class IdempotencyRecord(Record):
    """`id` names actor and key; `request` is the fingerprint of what was asked. Without `answer` the work is under way
    until `lease_until`. `answer` is encrypted, since it may hold a new API key."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    request: str
    lease: str
    lease_until: datetime
    status: int | None = None
    media_type: str | None = None
    answer: bytes | None = None
    expires_at: datetime

    class Settings:
        name = "idempotency_records"
        indexes: ClassVar[list[Any]] = [IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0)]
