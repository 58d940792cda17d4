"""The shops that go through an automation, or have: one tracker per automation and shop."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record, Stored

TIMELINE_KEPT: Final = 200
EVENTS_REMEMBERED: Final = 50


class TrackerStatus(StrEnum):
    """`exited` ended before its last step: an event or a person ended it, or its automation is gone. `failed` could not
    do its step; a person may let it try again."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    EXITED = "exited"
    FAILED = "failed"


RUNNING: Final = (TrackerStatus.ACTIVE, TrackerStatus.PAUSED)
"""With one of these a shop is under way."""


class TimelineKind(StrEnum):
    ENTERED = "entered"
    DONE = "done"
    NOT_DONE = "not_done"
    BRANCHED = "branched"
    WAITING = "waiting"
    WENT_ON = "went_on"
    PAUSED = "paused"
    RESUMED = "resumed"
    SKIPPED = "skipped"
    POSTPONED = "postponed"
    HELD = "held"
    EXITED = "exited"
    FAILED = "failed"
    COMPLETED = "completed"


class ConditionReason(Part):
    """What one leaf of a condition came to."""

    path: str
    holds: bool
    sentence: str


class TimelineEntry(Part):
    """What happened in a run, and why; `run` is None of what happened to many at once. `reasons` are those of the
    condition that was asked, `delivery_id` the mail that was planned, `by` the person who did it."""

    at: datetime
    run: int | None
    kind: TimelineKind
    sentence: str
    step_id: str | None = None
    reasons: list[ConditionReason] = Field(default_factory=list)
    delivery_id: PydanticObjectId | None = None
    by: str | None = None


class AutomationTracker(Stored):
    """Beginning again starts anew in the same tracker, as the next `run`.

    `step_id` is what comes next, `due_at` when, or while a worker has it, under the token `claim`, the end of the
    worker's lease; None where nothing is to be done by the clock. `rest_until` is what `due_at` was when it was paused.
    `waiting_for` is the event that it waits for since `waiting_since`, `listens_to` that and what ends it. `seen` are
    the keys of the events that let it enter last, `chain` the automations that led to the last of them, `event` what
    that was. `frozen`: its automation is switched off. `held_since`: it stands still since then, its clock too, because
    its app holds marketing mail. `attempts` counts those of the next step.
    """

    app_id: str
    config_id: PydanticObjectId
    shop_id: PydanticObjectId
    shop_domain: str
    status: TrackerStatus = TrackerStatus.ACTIVE
    version: int
    run: int = 1
    step_id: str | None = None
    due_at: datetime | None = None
    rest_until: datetime | None = None
    waiting_for: str | None = None
    waiting_since: datetime | None = None
    listens_to: list[str] = Field(default_factory=list)
    exit_on: list[str] = Field(default_factory=list)
    seen: list[str] = Field(default_factory=list)
    chain: list[PydanticObjectId] = Field(default_factory=list)
    event: dict[str, Any] = Field(default_factory=dict)
    frozen: bool = False
    held_since: datetime | None = None
    attempts: int = 0
    claim: str | None = Field(None, repr=False)
    entered_at: datetime
    ended_at: datetime | None = None
    timeline: list[TimelineEntry] = Field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    class Settings:
        name = "automation_trackers"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("configId", ASCENDING), ("shopDomain", ASCENDING)], unique=True),
            IndexModel([("heldSince", ASCENDING), ("dueAt", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("heldSince", ASCENDING)]),
            *(
                IndexModel([("appId", ASCENDING), *filtered, (sorted_by, DESCENDING), ("_id", DESCENDING)])
                for filtered in ([], [("configId", ASCENDING)], [("status", ASCENDING)], [("shopDomain", ASCENDING)])
                for sorted_by in ("createdAt", "updatedAt")
            ),
            IndexModel([("appId", ASCENDING), ("shopDomain", ASCENDING), ("listensTo", ASCENDING)]),
            IndexModel(
                [("appId", ASCENDING), ("configId", ASCENDING), ("status", ASCENDING), ("enteredAt", ASCENDING)]
            ),
            IndexModel([("configId", ASCENDING), ("frozen", ASCENDING)]),
            *(
                IndexModel([("shopDomain", ASCENDING), (at, DESCENDING), ("_id", DESCENDING)])
                for at in ("enteredAt", "endedAt")
            ),
        ]


class AutomationDecision(Part):
    """Whether an event let a shop enter an automation, and why."""

    config_id: PydanticObjectId
    entered: bool
    sentence: str
    reasons: list[ConditionReason] = Field(default_factory=list)


class AutomationEvent(Record):
    """Something that happened, and that an automation listens to: stored before anything starts, once per `id`, which
    its source names it by. `data` is what conditions can ask about, `chain` the automations that brought it about.

    `visible_at` is from when on a worker may take it, None when all is decided; `claim` is the worker's.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    app_id: str
    shop_domain: str
    name: str
    at: datetime
    data: dict[str, Any] = Field(default_factory=dict)
    chain: list[PydanticObjectId] = Field(default_factory=list)
    visible_at: datetime | None
    claim: str | None = Field(None, repr=False)
    attempts: int = 0
    decisions: list[AutomationDecision] = Field(default_factory=list)
    created_at: datetime
    expires_at: datetime

    class Settings:
        name = "automation_events"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("visibleAt", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("name", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel(
                [("appId", ASCENDING), ("shopDomain", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]
            ),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
