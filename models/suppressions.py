"""Addresses that must not be written to. Each is kept as a keyed hash alone, which outlives the person's data."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class SuppressionReason(StrEnum):
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    SOFT_BOUNCES = "soft_bounces"
    MANUAL = "manual"
    GDPR = "gdpr"


class SuppressionScope(StrEnum):
    ALL = "all"
    ALL_BUT_TRANSACTIONAL = "all_but_transactional"


class Suppression(Stored):
    """One per address and reason. `digest` is the keyed hash of the address, `since` the newest cause, `source` who or
    what told of it. One that was removed says by whom and why, and holds again after a new cause."""

    digest: str
    reason: SuppressionReason
    scope: SuppressionScope
    since: datetime
    source: str
    note: str | None = None
    contact_id: PydanticObjectId | None = None
    removed_at: datetime | None = None
    removed_by: str | None = None
    removal_reason: str | None = None

    class Settings:
        name = "suppressions"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("digest", ASCENDING), ("reason", ASCENDING)], unique=True),
            IndexModel([("digest", ASCENDING), ("since", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("since", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("reason", ASCENDING), ("since", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("contactId", ASCENDING)]),
        ]


class SoftBounces(Stored):
    """The soft bounces of an address since mail last reached it."""

    digest: str
    moments: list[datetime] = Field(default_factory=list)
    delivered_at: datetime | None = None
    expires_at: datetime

    class Settings:
        name = "soft_bounces"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("digest", ASCENDING)], unique=True),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
