"""Which news goes to which Slack channel."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class SlackTopic(StrEnum):
    INSTALLS = "installs"
    UNINSTALLS = "uninstalls"
    BILLING = "billing"
    TICKETS = "tickets"
    WANTS = "wants"
    FEEDBACK = "feedback"
    REPLIES = "replies"
    ALERTS = "alerts"
    JOBS = "jobs"
    AGENT = "agent"


class SlackRule(Stored):
    """News of a topic, of one app or (`app_id` None) of all, goes to a channel.

    `webhook` is the channel's webhook URL, encrypted, `webhook_url` what may be shown of it, `lane` a keyed hash by
    which rules with the same webhook are found: they share its pace. `problem` says why Slack did not take the last
    message; where it never will, the rule is switched off.
    """

    app_id: str | None = None
    topic: SlackTopic
    channel: str
    channel_key: str
    webhook: bytes = Field(repr=False)
    webhook_url: str
    lane: str
    active: bool = True
    problem: str | None = None
    problem_at: datetime | None = None
    last_posted_at: datetime | None = None

    class Settings:
        name = "slack_rules"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("topic", ASCENDING), ("channelKey", ASCENDING)], unique=True),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("channelKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("channelKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("lane", ASCENDING), ("active", ASCENDING)]),
        ]
