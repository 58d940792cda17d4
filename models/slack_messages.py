"""What is to be posted to Slack, and how fast."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from core import clock
from models.base import Record
from models.slack_routing import SlackTopic

STALE_AFTER: Final = timedelta(hours=24)
"""News that could not be posted for so long is no news any more."""
KEPT: Final = timedelta(days=7)
"""How long it is remembered that something was told."""


class SlackMessageStatus(StrEnum):
    """`dropped`: its rule was switched off or deleted, Slack refused it, or it waited too long."""

    PENDING = "pending"
    POSTED = "posted"
    DROPPED = "dropped"


class SlackMessage(Record):
    """One piece of news for one rule. `id` follows from the rule and the key that it was told under, so that it is
    there once. It is posted in the order of `place`. What is not to be posted any more has no text."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    rule_id: PydanticObjectId
    lane: str
    topic: SlackTopic
    app_id: str | None = None
    text: str | None
    link: str | None = None
    status: SlackMessageStatus = SlackMessageStatus.PENDING
    outcome: str | None = None
    place: PydanticObjectId = Field(default_factory=PydanticObjectId)
    created_at: datetime = Field(default_factory=clock.now)
    settled_at: datetime | None = None
    expires_at: datetime

    class Settings:
        name = "slack_messages"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("status", ASCENDING), ("lane", ASCENDING), ("place", ASCENDING)]),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]


class SlackLane(Record):
    """The pace of one webhook, over all processes: nobody posts before `free_at`, and until `held_until` only who holds
    it.

    `open` says that there may be something to post, and that the job of run `run` sees to it.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    open: bool = False
    run: int = 0
    free_at: datetime
    held_until: datetime

    class Settings:
        name = "slack_lanes"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("open", ASCENDING)], partialFilterExpression={"open": True}),
        ]
