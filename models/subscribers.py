"""Who gets an app's newsletter."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored


class SubscriberStatus(StrEnum):
    """`pending` was asked to confirm and has not yet."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Confirmation(Part):
    """A link to confirm with: `digest` is the SHA-256 of its token."""

    digest: str = Field(repr=False)
    expires_at: datetime


class Subscriber(Stored):
    """One per app and address. Membership alone: whether mail may be sent is asked of the contact's consent each time.

    `consent_text` is what the person agreed to where they signed up, as they saw it; `confirmations` are the links that
    were made for them. `subscribed_at` is when they became active last, `unsubscribed_at` when they left last.
    """

    app_id: str
    contact_id: PydanticObjectId
    email: str
    email_key: str
    name: str = ""
    language: str | None = None
    referral_url: str | None = None
    source: str = "api"
    tags: list[str] = Field(default_factory=list)
    status: SubscriberStatus = SubscriberStatus.PENDING
    consent_text: str | None = None
    confirmations: list[Confirmation] = Field(default_factory=list)
    confirmation_sent_at: datetime | None = None
    subscribed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    search_text: str = ""

    class Settings:
        name = "subscribers"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("source", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("tags", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("contactId", ASCENDING)]),
            IndexModel(
                [("confirmations.digest", ASCENDING)],
                partialFilterExpression={"confirmations.digest": {"$type": "string"}},
            ),
        ]
