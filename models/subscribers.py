"""Who gets an app's newsletter."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class SubscriberStatus(StrEnum):
    """`pending` was asked to confirm and has not yet."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Subscriber(Stored):
    """One per app and address. Membership alone: whether mail may be sent is asked of the contact's consent each time.

    `confirmation_digest` is the SHA-256 of the token that a confirmation mail carries.
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
    confirmation_digest: str | None = Field(None, repr=False)
    confirmation_expires_at: datetime | None = None
    confirmation_sent_at: datetime | None = None
    subscribed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    search_text: str = ""

    class Settings:
        name = "subscribers"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("contactId", ASCENDING)]),
            IndexModel(
                [("confirmationDigest", ASCENDING)], partialFilterExpression={"confirmationDigest": {"$type": "string"}}
            ),
        ]
