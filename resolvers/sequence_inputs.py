"""What a sequence is made of, as clients send it."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Annotated, Final, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from core.ids import ObjectIdText
from core.inputs import OMITTED, Input, LongText, Name, each_once
from models.sequences import DEFAULT_CAP, StepType

MOST_STEPS: Final = 50
LONGEST_DELAY: Final = 366 * 24 * 60 * 60 * 1000
"""Milliseconds."""
LARGEST_CAP: Final = 10_000
MOST_HOLIDAYS: Final = 100

Order = Annotated[int, Field(ge=1, le=1000)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be the IANA name of a time zone, such as Europe/Berlin")
    return name


def _iso_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("must be a day such as 2026-12-25") from None


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Weekdays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    Field(min_length=1, max_length=7),
    AfterValidator(lambda days: sorted(each_once(days))),
]
Holidays = Annotated[
    list[Annotated[str, Field(max_length=10), AfterValidator(_iso_day)]],
    Field(max_length=MOST_HOLIDAYS),
    AfterValidator(lambda days: sorted(each_once(days))),
]
UtcOffset = Annotated[float, Field(ge=-12, le=14, multiple_of=0.25)]
Cap = Annotated[int, Field(ge=1, le=LARGEST_CAP)]


class StepBranchesInput(Input):
    """Where a condition leads to by what became of the mail before it: orders of later steps. `otherwise` is the next
    one where it is left out."""

    replied: Order | None = None
    clicked: Order | None = None
    opened: Order | None = None
    otherwise: Order | None = None

    @property
    def targets(self) -> dict[str, int]:
        return {name: target for name, target in self.model_dump().items() if target is not None}


class SequenceStepInput(Input):
    """`order` may be left out of all: then they are counted. `delayMs` is how long after the step before it."""

    type: StepType
    order: Order | None = None
    delay_ms: Annotated[int, Field(ge=0, le=LONGEST_DELAY)] = 0
    template_id: ObjectIdText | None = None
    new_thread: bool = False
    instructions: LongText = ""
    branches: StepBranchesInput = Field(default_factory=StepBranchesInput)

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if (self.type is StepType.EMAIL) is not (self.template_id is not None):
            raise ValueError("templateId is what an email needs, and no other step has")
        if self.branches.targets and self.type is not StepType.CONDITION:
            raise ValueError("branches are a condition's")
        if self.type is StepType.CONDITION and not self.branches.targets.keys() - {"otherwise"}:
            raise ValueError("a condition needs a branch for replied, clicked or opened")
        if self.type is StepType.WAIT and self.delay_ms == 0:
            raise ValueError("delayMs says how long to wait: it must be more than 0")
        return self


def _fit_together(steps: list[SequenceStepInput]) -> list[SequenceStepInput]:
    """In their order. Branches lead forward: nobody goes round in circles."""
    given = [step.order for step in steps]
    if None in given and any(order is not None for order in given):
        raise ValueError("give the order of every step, or of none")
    numbered = [
        step if step.order is not None else step.model_copy(update={"order": number})
        for number, step in enumerate(steps, 1)
    ]
    if len({step.order for step in numbered}) < len(numbered):
        raise ValueError("two steps have the same order")
    ordered = sorted(numbered, key=_order_of)
    for problem in _problems(ordered):
        raise ValueError(problem)
    return ordered


def _order_of(step: SequenceStepInput) -> int:
    return step.order or 0


def _problems(steps: list[SequenceStepInput]) -> Iterator[str]:
    orders, mailed = {step.order for step in steps}, False
    for step in steps:
        mailed = mailed or step.type is StepType.EMAIL
        if step.type is StepType.CONDITION and not mailed:
            yield f"the condition {step.order} needs an email before it"
        for name, target in step.branches.targets.items():
            if target not in orders or target <= _order_of(step):
                yield f"the branch {name} of step {step.order} must lead to a later step, and {target} is none"


Steps = Annotated[list[SequenceStepInput], Field(max_length=MOST_STEPS), AfterValidator(_fit_together)]


class BusinessHoursInput(Input):
    """By `timezone` (IANA) where it is given, else `utcOffset` hours ahead of UTC. From `startHour` until before
    `endHour`: where they are equal all day, where the end is before the start overnight."""

    start_hour: Annotated[int, Field(ge=0, le=23)] = 9
    end_hour: Annotated[int, Field(ge=0, le=24)] = 17
    utc_offset: UtcOffset = 0
    timezone: TimeZone | None = None
    days: Weekdays = Field(default_factory=lambda: [1, 2, 3, 4, 5])
    holidays: Holidays = Field(default_factory=list)


class SequenceCreate(Input):
    """It begins as a draft: nothing is sent before it is activated. `ownerUserId` is whose sequence it is, yours where
    it is left out."""

    name: Name
    steps: Steps = Field(default_factory=list)
    business_hours: BusinessHoursInput = Field(default_factory=BusinessHoursInput)
    daily_send_cap: Cap = DEFAULT_CAP
    owner_user_id: ObjectIdText | None = None


class SequenceUpdate(Input):
    """Who is enrolled stays on the steps that there were; hours and cap hold for everybody at once. Of the hours,
    what is left out stays."""

    name: Name = OMITTED
    steps: Steps = OMITTED
    business_hours: BusinessHoursInput = OMITTED
    daily_send_cap: Cap = OMITTED
    owner_user_id: ObjectIdText | None = OMITTED
