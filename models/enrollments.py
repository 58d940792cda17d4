"""People in sequences: where each of them is, and what happened so far."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored
from models.sequences import StepType


class EnrollmentStatus(StrEnum):
    """`failed`: a step can't be done, which `last_error` explains."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    EXITED = "exited"
    FAILED = "failed"


LIVE: Final = frozenset({EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED})
"""With one of these the person is in the sequence: once."""


class ExitReason(StrEnum):
    """`suppressed`: they may not be written to any more, for a reason that the mail says."""

    REPLIED = "replied"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    CONVERTED = "converted"
    MANUAL = "manual"
    SEQUENCE_DELETED = "sequence_deleted"


class StepOutcome(StrEnum):
    """`uncertain`: nobody can say whether the mail was sent; it is taken for sent."""

    SENT = "sent"
    UNCERTAIN = "uncertain"
    WAITED = "waited"
    BRANCHED = "branched"
    DONE = "done"
    SKIPPED = "skipped"


class PassedStep(Part):
    """A step that is over. `by` and `note` are those of a person's task, `delivery_id` is the mail's."""

    order: int
    type: StepType
    outcome: StepOutcome
    at: datetime
    delivery_id: PydanticObjectId | None = None
    by: str | None = None
    note: str | None = None


class EnrollmentMail(Part):
    """The newest mail, and the step that it belongs to: where that is the current one, its outcome is waited for."""

    step: int
    delivery_id: PydanticObjectId


class EnrollmentThread(Part):
    """The conversation that later mails go on with: that of the mail `delivery_id`, as its subject is in mail
    programs."""

    delivery_id: PydanticObjectId
    subject: str


class EnrollmentTask(Part):
    """The newest task. It is open until `outcome` says how it ended."""

    step: int
    instructions: str = ""
    outcome: StepOutcome | None = None
    at: datetime | None = None
    by: str | None = None
    note: str | None = None


class Enrollment(Stored):
    """There is one live enrollment of a contact in a sequence. `live` says that it is active or paused; `open` that it
    is active and, as far as was told, its sequence too: it is looked at from `next_at` on.

    `current_step` is the order of the step that is to come, or under way. `revision` guards every write: what was
    decided on one holds for no other. `held_until`: the person is away until then. `values` are what its templates may
    use besides what is known of the contact. `task_since` is there while a task is open.
    """

    sequence_id: PydanticObjectId
    version: int
    contact_id: PydanticObjectId
    prospect_id: PydanticObjectId | None = None
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE
    live: bool = True
    open: bool = True
    revision: int = 1
    current_step: int
    next_at: datetime | None
    held_until: datetime | None = None
    mail: EnrollmentMail | None = None
    thread: EnrollmentThread | None = None
    task: EnrollmentTask | None = None
    task_since: datetime | None = None
    history: list[PassedStep] = Field(default_factory=list)
    values: dict[str, Any] = Field(default_factory=dict)
    started_at: datetime
    last_step_at: datetime | None = None
    ended_at: datetime | None = None
    exit_reason: ExitReason | None = None
    last_error: str | None = None
    enrolled_by: str

    @property
    def has_open_task(self) -> bool:
        return self.task_since is not None

    class Settings:
        name = "enrollments"
        indexes: ClassVar[list[Any]] = [
            IndexModel(
                [("sequenceId", ASCENDING), ("contactId", ASCENDING)],
                unique=True,
                partialFilterExpression={"live": True},
            ),
            IndexModel([("open", ASCENDING), ("nextAt", ASCENDING)], partialFilterExpression={"open": True}),
            IndexModel([("sequenceId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel(
                [
                    ("sequenceId", ASCENDING),
                    ("status", ASCENDING),
                    ("createdAt", DESCENDING),
                    ("_id", DESCENDING),
                ]
            ),
            IndexModel([("sequenceId", ASCENDING), ("startedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("sequenceId", ASCENDING), ("lastStepAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("sequenceId", ASCENDING), ("status", ASCENDING), ("open", ASCENDING)]),
            *(
                IndexModel([("contactId", ASCENDING), (at, DESCENDING), ("_id", DESCENDING)])
                for at in ("createdAt", "endedAt")
            ),
            IndexModel(
                [("taskSince", ASCENDING), ("_id", ASCENDING)],
                partialFilterExpression={"taskSince": {"$type": "date"}},
            ),
        ]
