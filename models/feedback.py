"""What people say about an app, without being asked twice."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored
from models.priorities import Priority


class FeedbackType(StrEnum):
    BUG = "bug"
    IDEA = "idea"
    PRAISE = "praise"
    UNINSTALL = "uninstall"
    OTHER = "other"


class FeedbackStatus(StrEnum):
    NEW = "new"
    REVIEWED = "reviewed"
    RESOLVED = "resolved"
    ARCHIVED = "archived"


class Feedback(Stored):
    """`rating` is 1 to 5, None where none was given; `rating_key`, 0 then, is what lists sort by. `page` and `context`
    say where in the app somebody was, `app_version` in which.

    `event_id` is the app event that it was made from. `want_id` and `ticket_id` are what it was turned into: they are
    noted before the want and the ticket are there.
    """

    app_id: str
    type: FeedbackType = FeedbackType.OTHER
    status: FeedbackStatus = FeedbackStatus.NEW
    priority: Priority = Priority.MEDIUM
    rating: int | None = None
    rating_key: int = 0
    message: str = ""
    email: str | None = None
    email_key: str | None = None
    name: str = ""
    shop_domain: str | None = None
    page: str | None = None
    app_version: str | None = None
    context: dict[str, Any] = Field(default_factory=dict)
    note: str | None = None
    created_by: str
    event_id: PydanticObjectId | None = None
    want_id: PydanticObjectId | None = None
    ticket_id: PydanticObjectId | None = None
    resolved_at: datetime | None = None
    search_text: str = ""

    class Settings:
        name = "feedback"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("ratingKey", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("ratingKey", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("type", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("emailKey", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("shopDomain", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("wantId", ASCENDING)]),
            IndexModel(
                [("eventId", ASCENDING)], unique=True, partialFilterExpression={"eventId": {"$type": "objectId"}}
            ),
        ]
