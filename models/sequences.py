"""Sequences: mail and tasks, one step after the other, for each person who is enrolled."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record, Stored

DAYS_KEPT: Final = timedelta(days=30)
"""How long it is kept which mails a day was taken by."""
DEFAULT_CAP: Final = 50


class StepType(StrEnum):
    """`task` is for people: the sequence goes on when somebody says that it is done."""

    EMAIL = "email"
    WAIT = "wait"
    CONDITION = "condition"
    TASK = "task"


class StepBranches(Part):
    """Where a condition leads to, by what became of the mail before it: the orders of later steps. What counts most is
    looked at first: `replied`, `clicked`, `opened`. `otherwise` is the next step where it is left out."""

    replied: int | None = None
    clicked: int | None = None
    opened: int | None = None
    otherwise: int | None = None


class SequenceStep(Part):
    """`delay_ms` is how long after the step before it; of a condition, after how long it is looked at. A mail goes on
    with the conversation that the first one began, unless it begins a `new_thread`. `instructions` are those of a
    task."""

    order: int
    type: StepType
    delay_ms: int = 0
    template_id: PydanticObjectId | None = None
    new_thread: bool = False
    instructions: str = ""
    branches: StepBranches = Field(default_factory=StepBranches)

    @property
    def delay(self) -> timedelta:
        return timedelta(milliseconds=self.delay_ms)


class BusinessHours(Part):
    """When mail may go out, by the clock of `timezone` (IANA), or else `utc_offset` hours ahead of UTC: on `days`
    (1 is Monday) but not on `holidays` (ISO dates), from `start_hour` until before `end_hour`. Where they are equal,
    all day; where the end is before the start, overnight, and the night belongs to the day it begins on."""

    start_hour: int = 9
    end_hour: int = 17
    utc_offset: float = 0
    timezone: str | None = None
    days: list[int] = Field(default_factory=lambda: [1, 2, 3, 4, 5])
    holidays: list[str] = Field(default_factory=list)


class Sequence(Stored):
    """`app_id` is the app that its templates belong to, and that its mail is from; None without a mail.

    `version` counts the changes of its steps: who is enrolled stays on the version that they were enrolled with, whose
    steps are kept. Hours, cap and activity are those of the sequence as it is now, for everybody.
    """

    name: str
    name_key: str
    app_id: str | None = None
    owner_user_id: PydanticObjectId | None = None
    steps: list[SequenceStep] = Field(default_factory=list)
    version: int = 1
    active: bool = False
    business_hours: BusinessHours = Field(default_factory=BusinessHours)
    daily_send_cap: int = DEFAULT_CAP
    created_by: str

    class Settings:
        name = "sequences"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("updatedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("updatedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("active", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]


class SequenceVersion(Record):
    """The steps of a sequence as they were, or are; its id is `<sequence>:<version>`, and it never changes."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    sequence_id: PydanticObjectId
    app_id: str | None = None
    steps: list[SequenceStep]

    @staticmethod
    def name(sequence_id: PydanticObjectId, version: int) -> str:
        return f"{sequence_id}:{version}"

    class Settings:
        name = "sequence_versions"
        indexes: ClassVar[list[Any]] = [IndexModel([("sequenceId", ASCENDING)])]


class SequenceDay(Record):
    """The mails that a local day of a sequence was taken by, never more than its cap; its id is
    `<sequence>:<2026-01-31>`. `number` is how many they are."""

    id: str = Field(alias="_id")  # type: ignore[assignment]
    taken: list[PydanticObjectId] = Field(default_factory=list)
    number: int = 0
    expires_at: datetime

    class Settings:
        name = "sequence_days"
        indexes: ClassVar[list[Any]] = [IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0)]
