"""What became of each mail, as an append-only log."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pymongo import ASCENDING, IndexModel

from models.base import Stored


class EmailEventType(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    FAILED = "failed"
    REPLIED = "replied"


TOLD_OF_PEOPLE: Final[dict[str, Any]] = {
    "type": {
        "$in": [
            EmailEventType.OPENED.value,
            EmailEventType.CLICKED.value,
            EmailEventType.REPLIED.value,
            EmailEventType.BOUNCED.value,
            EmailEventType.COMPLAINED.value,
            EmailEventType.UNSUBSCRIBED.value,
        ]
    },
    "isMachine": False,
}
"""Matches what people, or their servers, did with their mail. The rest their deliveries say themselves."""


class BounceKind(StrEnum):
    """`hard`: the address itself is the reason, and it will not come back. `soft`: it may work another time. `policy`:
    the receiver refused this mail (content, size, reputation), which says nothing about the address."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"


class EmailEvent(Stored):
    """`at` is when it happened, `created_at` when we learnt of it: an event may be late, and out of order.

    `source` is who told: `smtp`, `resend`, `tracking`, `staff`… `dedupe_key` is what the source calls the event: told
    twice, it is kept once. `link` is the number of a clicked link in the mail, `url` where it leads to. `is_machine`
    marks opens and clicks of scanners, which no rate counts, `is_test` what happened to a trial, which nothing counts.
    `pending` says that what follows from the event was not done yet; both are absent otherwise.

    All indexes ascend, although lists begin with the newest: what is appended at their ends costs least, and they are
    read backwards as well.
    """

    type: EmailEventType
    at: datetime
    source: str
    app_id: str | None = None
    delivery_id: PydanticObjectId | None = None
    campaign_id: PydanticObjectId | None = None
    contact_id: PydanticObjectId | None = None
    link: int | None = None
    url: str | None = None
    is_machine: bool = False
    bounce: BounceKind | None = None
    detail: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    dedupe_key: str | None = None
    is_test: bool | None = None
    pending: bool | None = None

    class Settings:
        name = "email_events"
        keep_nulls = False
        indexes: ClassVar[list[Any]] = [
            IndexModel([("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("type", ASCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("campaignId", ASCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("campaignId", ASCENDING), ("appId", ASCENDING), ("at", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("contactId", ASCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel(
                [("contactId", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)],
                partialFilterExpression=TOLD_OF_PEOPLE,
            ),
            IndexModel([("deliveryId", ASCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel(
                [("dedupeKey", ASCENDING)], unique=True, partialFilterExpression={"dedupeKey": {"$type": "string"}}
            ),
            IndexModel([("pending", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"pending": True}),
        ]
