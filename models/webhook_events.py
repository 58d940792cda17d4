"""What other services told us by webhooks."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored

KEPT: Final = timedelta(days=90)
IGNORED_KEPT: Final = timedelta(days=7)
"""Of events that nothing follows from: as long as their senders may send them again."""


class WebhookProvider(StrEnum):
    """`cold-provider` sends mail to prospects for us."""

    RESEND = "resend"
    COLD_PROVIDER = "cold-provider"
    SHOPIFY = "shopify"


class WebhookEventStatus(StrEnum):
    """`received` waits for its job. `ignored`: nothing follows from events of its topic. `failed`: see its problem."""

    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"


class WebhookEvent(Stored):
    """Stored before its sender got an answer; what follows is the work of a job.

    `event_id` is the sender's, of Shopify unique within an app. `payload` is the body, without the subjects of mail, as
    long as somebody may need it: of ignored events, of mail to people who were erased, and of requests about a
    merchant's customers that were seen to, it is not kept. `address_digests` are keyed hashes of the addresses in it,
    by which an erasure finds it. `outcome` says what was done, `problem` what stands in the way. `run` counts the jobs
    that it was given, `look_at` is when to see whether its job still is on its way.
    """

    provider: WebhookProvider
    event_id: str
    app_id: str | None = None
    topic: str
    shop_domain: str | None = None
    occurred_at: datetime | None = None
    payload: str | None = None
    address_digests: list[str] = Field(default_factory=list)
    contact_id: PydanticObjectId | None = None
    delivery_id: PydanticObjectId | None = None
    status: WebhookEventStatus
    outcome: str | None = None
    problem: str | None = None
    run: int = 1
    processed_at: datetime | None = None
    look_at: datetime | None = None
    expires_at: datetime

    class Settings:
        name = "webhook_events"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("provider", ASCENDING), ("appId", ASCENDING), ("eventId", ASCENDING)], unique=True),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("lookAt", ASCENDING)]),
            IndexModel([("addressDigests", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
