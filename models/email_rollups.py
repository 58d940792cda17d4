"""Counts of what became of mail: per campaign and day, per app and day, per contact. The events are the truth; a rollup
that is dirty is counted anew from them, never incremented."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.base import Part, Record


class EmailCounts(Part):
    """How many events there are of each type. Opens and clicks are people's; those of scanners are counted apart."""

    queued: int = 0
    sent: int = 0
    delivered: int = 0
    delayed: int = 0
    bounced: int = 0
    complained: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    suppressed: int = 0
    failed: int = 0
    replied: int = 0
    machine_opened: int = 0
    machine_clicked: int = 0


class SourceCounts(Part):
    """Of those, the ones that one source told of."""

    source: str
    sent: int = 0
    delivered: int = 0
    bounced: int = 0


class LinkClicks(Part):
    url: str
    clicks: int


class RollupScope(StrEnum):
    """`campaign`: one campaign's mail. `other`: an app's mail that belongs to no campaign. `app`: the sum of both."""

    CAMPAIGN = "campaign"
    OTHER = "other"
    APP = "app"


class Rollup(Record):
    """`dirty` says that something happened since it was counted, `due_at` from when on it is counted again; `version`
    goes up whenever it gets dirty."""

    counts: EmailCounts = Field(default_factory=EmailCounts)
    dirty: bool | None = None
    version: int = 0
    due_at: datetime
    counted_at: datetime | None = None


class DayRollup(Rollup):
    """Of one UTC day, which begins at `day`. `id` is `campaign:<id>:<day>`, `other:<app>:<day>` or `app:<app>:<day>`.

    A unique open is a delivery that a person opened for the first time on that day, so that the sum over days counts
    each delivery once. `claim` is the token of whoever counts it: nobody else writes what they counted.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    scope: RollupScope
    campaign_id: PydanticObjectId | None = None
    app_id: str | None = None
    day: datetime
    unique_opens: int = 0
    unique_clicks: int = 0
    sources: list[SourceCounts] = Field(default_factory=list)
    links: list[LinkClicks] = Field(default_factory=list)
    claim: str | None = Field(None, repr=False)

    class Settings:
        name = "email_rollups"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("dirty", ASCENDING), ("dueAt", ASCENDING)], partialFilterExpression={"dirty": True}),
            IndexModel([("campaignId", ASCENDING), ("day", ASCENDING)]),
            IndexModel([("scope", ASCENDING), ("day", ASCENDING)]),
            IndexModel([("scope", ASCENDING), ("appId", ASCENDING), ("day", ASCENDING)]),
        ]


class ContactRollup(Rollup):
    """Of all mail to one contact, whose id it has."""

    id: PydanticObjectId = Field(alias="_id")

    class Settings:
        name = "contact_rollups"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("dirty", ASCENDING), ("dueAt", ASCENDING)], partialFilterExpression={"dirty": True}),
        ]
