"""Jobs: work that outlives the process that does it. The document is the truth; messages only wake workers up."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from models.base import Part, Stored, touched

KEPT: Final = timedelta(days=90)
"""How long a job that has ended is kept, and its dedupe key with it."""


class EmailJobStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DEAD = "dead"


OPEN: Final = frozenset({EmailJobStatus.PENDING, EmailJobStatus.PROCESSING})
"""With one of these there is still something to do."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step in the life of a job: from one of some statuses to another."""

    sources: Collection[EmailJobStatus]
    target: EmailJobStatus

    @property
    def possible(self) -> Mapping[str, Any]:
        """Matches the jobs that can take the step."""
        return {"status": {"$in": [status.value for status in self.sources]}}

    def update(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The step, with what else changes (stored names)."""
        return touched({"status": self.target.value, "open": self.target in OPEN, **fields})


CLAIM: Final = Move([EmailJobStatus.PENDING, EmailJobStatus.PROCESSING], EmailJobStatus.PROCESSING)
"""Of a processing job when its lease is over."""
COMPLETE: Final = Move([EmailJobStatus.PROCESSING], EmailJobStatus.COMPLETED)
POSTPONE: Final = Move([EmailJobStatus.PROCESSING], EmailJobStatus.PENDING)
"""After a passing fault, or because the worker stops."""
FAIL: Final = Move([EmailJobStatus.PROCESSING], EmailJobStatus.FAILED)
"""For good: doing it again would not help."""
BURY: Final = Move([EmailJobStatus.PROCESSING], EmailJobStatus.DEAD)
"""Its attempts are spent."""
CANCEL: Final = Move([EmailJobStatus.PENDING, EmailJobStatus.PROCESSING], EmailJobStatus.FAILED)
RETRY: Final = Move([EmailJobStatus.FAILED, EmailJobStatus.DEAD], EmailJobStatus.PENDING)
"""A person's decision."""


class Progress(Part):
    """Of the things that the job is about: how many there are, and what became of them so far."""

    total: int = 0
    done: int = 0
    failed: int = 0


class EmailJob(Stored):
    """Whoever changed it to `processing` last holds its lease: the only one who knows `lease_token`, until
    `visible_at`.

    `open` says that there is something to do, `visible_at` from when on it can be claimed: `scheduled_at` while it is
    pending, the end of the lease while it is processing. `attempts` counts the claims. `completed_at` is when it ended,
    well or not. `dedupe_key` names the work: there is one job of that name. `trace` is the span that it
    was left in (W3C Trace Context). `search_text` is what a search looks in.
    """

    type: str
    status: EmailJobStatus = EmailJobStatus.PENDING
    priority: int = 0
    payload: dict[str, Any] = Field(default_factory=dict)
    result: dict[str, Any] = Field(default_factory=dict)
    attempts: int = 0
    max_attempts: int
    last_error: str | None = None
    scheduled_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    open: bool = True
    visible_at: datetime
    lease_owner: str | None = None
    lease_token: str | None = Field(None, repr=False)
    heartbeat_at: datetime | None = None
    dedupe_key: str | None = None
    parent_id: PydanticObjectId | None = None
    progress: Progress = Field(default_factory=Progress)
    trace: str | None = None
    search_text: str = ""

    @classmethod
    async def change_first(cls, filters: Mapping[str, Any], update: Mapping[str, Any]) -> Self | None:
        """One atomic update of the most urgent of the jobs that match, and of those the one that has waited longest.
        Returns it as it is afterwards; None when none matched."""
        changed = await cls.get_pymongo_collection().find_one_and_update(
            filters,
            update,
            sort=[("priority", DESCENDING), ("visibleAt", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if changed is None else cls.model_validate(changed)

    class Settings:
        name = "email_jobs"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("open", ASCENDING), ("priority", DESCENDING), ("visibleAt", ASCENDING)]),
            IndexModel(
                [("dedupeKey", ASCENDING)], unique=True, partialFilterExpression={"dedupeKey": {"$type": "string"}}
            ),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("scheduledAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("scheduledAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("type", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("completedAt", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds())),
        ]
