"""Campaigns: one mail to many subscribers of an app, or to a list of people whom it concerns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored, touched
from models.contacts import ConsentCategory


class CampaignStatus(StrEnum):
    """`failed`: some of its work died; resuming it does what is left."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the life of a campaign: from one of some statuses to another."""

    sources: Collection[CampaignStatus]
    target: CampaignStatus

    @property
    def possible(self) -> Mapping[str, Any]:
        """Matches the campaigns that can take the step."""
        return {"status": {"$in": [status.value for status in self.sources]}}

    def update(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The step, with what else changes (stored names)."""
        return touched({"status": self.target.value, **fields})


EDITABLE: Final = frozenset({CampaignStatus.DRAFT, CampaignStatus.SCHEDULED})
ENDED: Final = frozenset({CampaignStatus.SENT, CampaignStatus.CANCELLED})

SEND: Final = Step([CampaignStatus.DRAFT, CampaignStatus.SCHEDULED], CampaignStatus.SENDING)
SCHEDULE: Final = Step([CampaignStatus.DRAFT, CampaignStatus.SCHEDULED], CampaignStatus.SCHEDULED)
UNSCHEDULE: Final = Step([CampaignStatus.SCHEDULED], CampaignStatus.DRAFT)
PAUSE: Final = Step([CampaignStatus.SENDING], CampaignStatus.PAUSED)
RESUME: Final = Step([CampaignStatus.PAUSED, CampaignStatus.FAILED], CampaignStatus.SENDING)
CANCEL: Final = Step(
    [CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.FAILED],
    CampaignStatus.CANCELLED,
)
RESEND: Final = Step([CampaignStatus.SENDING, CampaignStatus.SENT, CampaignStatus.FAILED], CampaignStatus.SENDING)
"""What is uncertain is sent again."""
FINISH: Final = Step([CampaignStatus.SENDING], CampaignStatus.SENT)
GIVE_UP: Final = Step([CampaignStatus.SENDING], CampaignStatus.FAILED)


class Audience(Part):
    """Which of the app's active subscribers: each list that is not empty has to have the subscriber's value, one of
    `tags` has to be among theirs. A language without a region stands for its regions too. With `list_id` it is the
    people of that list instead, whether they subscribed or not."""

    languages: list[str] = Field(default_factory=list)
    sources: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    list_id: PydanticObjectId | None = None


class CampaignStats(Part):
    """How many recipients there are and what became of them: recounted from the deliveries. `total` is the sum of
    the others."""

    total: int = 0
    queued: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    suppressed: int = 0
    uncertain: int = 0
    cancelled: int = 0


class Division(Part):
    """How far the audience is divided: into so many chunks, of the subscribers up to `through`."""

    chunks: int = 0
    through: PydanticObjectId | None = None


class Campaign(Stored):
    """`revision` counts edits: what was decided on one revision does not hold for the next.

    `category` is what people have to agree to: to `product` mail where it goes to a list.

    `links` are the addresses that its numbered links lead to, written when sending starts, with which the content is
    frozen. `run` counts starts and resumptions: what was queued for an earlier one does nothing any more.

    `audience_through` is the last subscriber who was there when sending started; `division` says how far they are
    divided, `chunks` in how many parts, None until all of them are. `open` says that deliveries of it may wait or be
    under way. `held_since` is when it was paused because its app has too many errors: it goes on by itself. What was
    uncertain by `resend_before` is to be sent again: the run's job has not put it back yet.
    `counted_at` is when the latest count for `stats` began, `count_number` its number: its result alone is kept.
    """

    app_id: str
    name: str
    name_key: str
    search_words: list[str] = Field(default_factory=list)
    subject: str
    html: str | None = None
    text: str | None = None
    template_id: PydanticObjectId | None = None
    audience: Audience = Field(default_factory=Audience)
    category: ConsentCategory = ConsentCategory.NEWSLETTER
    track_opens: bool = True
    track_clicks: bool = True
    revision: int = 1
    status: CampaignStatus = CampaignStatus.DRAFT
    stats: CampaignStats = Field(default_factory=CampaignStats)
    links: list[str] = Field(default_factory=list)
    run: int = 0
    audience_through: PydanticObjectId | None = None
    division: Division = Field(default_factory=Division)
    chunks: int | None = None
    open: bool = False
    resend_before: datetime | None = None
    counted_at: datetime | None = None
    count_number: int = 0
    held_since: datetime | None = None
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    last_error: str | None = None
    created_by: str

    class Settings:
        name = "campaigns"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("searchWords", ASCENDING)]),
            IndexModel([("status", ASCENDING), ("scheduledAt", ASCENDING)]),
            IndexModel(
                [("audience.listId", ASCENDING)], partialFilterExpression={"audience.listId": {"$type": "objectId"}}
            ),
            IndexModel([("open", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"open": True}),
        ]
