"""What the apps' backends report."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored

KEPT: Final = timedelta(days=90)


class AppEvent(Stored):
    """Stored before anything follows from it; `applied_at` says that what follows was done, but for the `problem`.

    `dedupe_key` holds the sender's idempotency key for 24 hours. `expires_at` is 90 days after it arrived.
    `uncounted` is true until metrics have counted it.
    """

    app_id: str
    name: str
    shop_domain: str | None = None
    occurred_at: datetime
    data: dict[str, Any] = Field(default_factory=dict)
    dedupe_key: str | None = None
    sent_by: str
    applied_at: datetime | None = None
    problem: str | None = None
    expires_at: datetime
    uncounted: bool | None = Field(True, repr=False)

    class Settings:
        name = "app_events"
        indexes: ClassVar[list[Any]] = [
            IndexModel(
                [("appId", ASCENDING), ("dedupeKey", ASCENDING)],
                unique=True,
                partialFilterExpression={"dedupeKey": {"$type": "string"}},
            ),
            IndexModel([("appId", ASCENDING), ("occurredAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("name", ASCENDING), ("occurredAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel(
                [("appId", ASCENDING), ("shopDomain", ASCENDING), ("occurredAt", DESCENDING), ("_id", DESCENDING)]
            ),
            IndexModel([("shopDomain", ASCENDING), ("occurredAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appliedAt", ASCENDING), ("occurredAt", ASCENDING)]),
            IndexModel([("uncounted", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"uncounted": True}),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
