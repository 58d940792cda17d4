"""What people want of an app: feature requests."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import DecimalAnnotation, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored
from models.priorities import Priority

HISTORY_KEPT: Final = 200


class WantStatus(StrEnum):
    """`pending` waits for staff to look at it; `duplicate` is asked for elsewhere already."""

    PENDING = "pending"
    UNDER_REVIEW = "under_review"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    DUPLICATE = "duplicate"


OPEN_TO_VOTES: Final = frozenset(
    {WantStatus.PENDING, WantStatus.UNDER_REVIEW, WantStatus.PLANNED, WantStatus.IN_PROGRESS}
)
"""With another one it is decided, and takes no more votes."""


class WantAuthor(Part):
    """Who asked. `key` is their identity, as votes have it."""

    key: str
    email: str | None = None
    email_key: str | None = None
    shop_domain: str | None = None


class WantChange(Part):
    """A step in the life of a want. `note` is for everybody to read."""

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    before: WantStatus
    after: WantStatus
    at: datetime
    by: str
    note: str | None = None


class WantAnswer(Part):
    """What the company says to it, for everybody to read."""

    text: str
    at: datetime
    by: str


class Amount(Part):
    """Money a month, in one currency."""

    currency: str
    amount: DecimalAnnotation


class SegmentKind(StrEnum):
    """Of voters: their shop uses a plan, has the app without one, has the app no more, or is not known."""

    PLAN = "plan"
    NO_PLAN = "no_plan"
    UNINSTALLED = "uninstalled"
    UNKNOWN = "unknown"


class VoteSegment(Part):
    """So many votes came from shops of this kind. `revenue` is what the segment's shops pay now, each counted once."""

    kind: SegmentKind
    plan: str | None = None
    plan_name: str | None = None
    votes: int
    shops: int
    revenue: list[Amount] = Field(default_factory=list)


class Stake(Part):
    """What the voters' shops pay a month: for this app, and as merchants for all apps. `lost` is what those paid who
    have left. It was so at `counted_at`."""

    revenue: list[Amount] = Field(default_factory=list)
    merchant_revenue: list[Amount] = Field(default_factory=list)
    lost: list[Amount] = Field(default_factory=list)
    shops: int = 0
    segments: list[VoteSegment] = Field(default_factory=list)
    counted_at: datetime | None = None


class Want(Stored):
    """`merged_into` is the want that its votes have gone to.

    `vote_count` is recounted from the votes, `stake` from them and from their voters' shops; `revenue_key` is what of
    it lists sort by. `count_number` and `stake_number` number the counts: the result of the latest alone is kept.
    `changed_at` is when something was last going to change that they follow from; None once all is counted.
    `announcing` are the changes that voters have to be told of.
    """

    app_id: str
    title: str
    description: str = ""
    category: str
    status: WantStatus = WantStatus.PENDING
    priority: Priority = Priority.MEDIUM
    tags: list[str] = Field(default_factory=list)
    eta: str | None = None
    answer: WantAnswer | None = None
    author: WantAuthor | None = None
    history: list[WantChange] = Field(default_factory=list)
    merged_into: PydanticObjectId | None = None
    vote_count: int = 0
    count_number: int = 0
    stake: Stake = Field(default_factory=Stake)
    stake_number: int = 0
    revenue_key: DecimalAnnotation = Decimal(0)
    changed_at: datetime | None = None
    announcing: list[PydanticObjectId] = Field(default_factory=list)
    title_tokens: list[str] = Field(default_factory=list)
    search_text: str = ""

    @property
    def author_email(self) -> str:
        """Empty where it is not known (any more)."""
        return (self.author.email if self.author else None) or ""

    @property
    def author_shop_domain(self) -> str | None:
        return self.author.shop_domain if self.author else None

    @property
    def revenue_at_stake(self) -> list[Amount]:
        """What the voters' shops pay a month, by currency."""
        return self.stake.revenue

    @property
    def is_open_to_votes(self) -> bool:
        return self.status in OPEN_TO_VOTES and self.merged_into is None

    def is_by(self, keys: Sequence[str]) -> bool:
        """Whether the author goes by one of these identities."""
        return self.author is not None and self.author.key in keys

    class Settings:
        name = "wants"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("updatedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("voteCount", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("revenueKey", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("voteCount", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("titleTokens", ASCENDING), ("voteCount", DESCENDING)]),
            IndexModel([("titleTokens", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("author.shopDomain", ASCENDING)]),
            IndexModel([("author.emailKey", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("author.shopDomain", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("mergedInto", ASCENDING)]),
            IndexModel([("changedAt", ASCENDING)]),
        ]
