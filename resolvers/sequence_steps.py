"""What comes next for somebody in a sequence, and when. Reads no database and no clock: the same question always has
the same answer, so that whoever asks again after a crash does the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from models.deliveries import DeliveryStatus
from models.enrollments import ExitReason, StepOutcome
from models.sequences import SequenceStep, StepBranches, StepType
from resolvers.business_hours import Hours

SPREAD: Final = timedelta(minutes=10)
"""In which mails that are due together go out."""
SPREAD_OF_MANY: Final = timedelta(hours=1)
"""In which what has been held up goes out: over night, by a cap, or because the sequence was switched off."""
LATE: Final = timedelta(hours=2)
"""From when on a step was held up: so much longer than what is held up is spread over that it is spread once."""
CHECK: Final = timedelta(minutes=10)
"""How long until a mail that was not sent yet is looked at again."""
CHECK_TASK: Final = timedelta(days=1)


class Action(StrEnum):
    """`wait`: until `at`. `ask`: somebody has a task."""

    SEND = "send"
    WAIT = "wait"
    ASK = "ask"
    COMPLETE = "complete"
    EXIT = "exit"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Mail:
    """The newest mail: the step that it belongs to, and what became of it (no `status`: it is gone, being old).
    `ended_at` is when it was sent, as far as anybody knows."""

    step: int
    status: DeliveryStatus | None = None
    ended_at: datetime | None = None
    opened: bool = False
    clicked: bool = False
    replied: bool = False
    reason: ExitReason | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """The newest task; `outcome` is None while it is open."""

    step: int
    outcome: StepOutcome | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: `seed` tells them from others, `due` is when they were to be looked at."""

    seed: bytes
    step: int
    due: datetime
    mail: Mail | None = None
    task: Task | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that is over since `at`."""

    step: SequenceStep
    outcome: StepOutcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do at `step` (an order), after the steps `passed`. `at` is when to look again."""

    action: Action
    step: int
    at: datetime | None = None
    passed: tuple[Passed, ...] = ()
    reason: ExitReason | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The steps of a version, in their order, and the hours of the sequence."""

    steps: tuple[SequenceStep, ...]
    hours: Hours
    _by_order: dict[int, SequenceStep] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_order", {step.order: step for step in self.steps})

    def at(self, order: int | None) -> SequenceStep | None:
        return None if order is None else self._by_order.get(order)

    def after(self, step: SequenceStep) -> SequenceStep | None:
        """The next one in order; None at the end."""
        return next((later for later in self.steps if later.order > step.order), None)

    def due(self, step: SequenceStep, since: datetime, seed: bytes) -> datetime:
        """When a step is due, the one before it having ended at `since`."""
        moment = since + step.delay
        return self.hours.spread(moment, fraction(seed, step), SPREAD) if step.type is StepType.EMAIL else moment

    def first_due(self, since: datetime, seed: bytes) -> datetime:
        """When the first step is due of somebody enrolled at `since`."""
        return self.due(self.steps[0], since, seed)

    def tomorrow(self, order: int, now: datetime, seed: bytes) -> datetime:
        """When a mail goes out for which there was no room today."""
        return self.hours.spread(self.hours.next_day(now), fraction(seed, self._by_order[order]), SPREAD_OF_MANY)


def fraction(seed: bytes, step: SequenceStep) -> float:
    """From 0 to 1, without 1: always the same for one person and step, and evenly spread over people."""
    digest = blake2b(seed, digest_size=6, salt=step.order.to_bytes(4, "big")).digest()
    return int.from_bytes(digest, "big") / 2**48


def decide(course: Course, place: Place, now: datetime) -> Decision:
    """What to do for somebody who is due.

    A mail is sent within hours alone, and the next step comes when it was sent. What has been held up for long is
    spread again.
    """
    step = course.at(place.step)
    if step is None:
        return Decision(Action.COMPLETE, place.step)
    if place.held_until is not None and place.held_until > now:
        return Decision(Action.WAIT, step.order, place.held_until)
    if place.mail is not None and place.mail.step == step.order:
        return _after_mail(course, place, place.mail, step, now)
    if place.task is not None and place.task.step == step.order:
        return _after_task(course, place, place.task, step, now)
    return _reached(course, place, step, now, is_late=now - place.due >= LATE)


def _after_mail(course: Course, place: Place, mail: Mail, step: SequenceStep, now: datetime) -> Decision:
    outcome = StepOutcome.SENT
    match mail.status:
        case DeliveryStatus.QUEUED | DeliveryStatus.SENDING:
            return Decision(Action.WAIT, step.order, now + CHECK)
        case DeliveryStatus.CANCELLED:
            return _reached(course, place, step, now, is_late=False)
        case DeliveryStatus.SUPPRESSED | DeliveryStatus.FAILED if mail.reason:
            return Decision(Action.EXIT, step.order, reason=mail.reason)
        case DeliveryStatus.SUPPRESSED | DeliveryStatus.FAILED:
            return Decision(Action.FAIL, step.order, problem=mail.problem or "The mail was refused")
        case DeliveryStatus.UNCERTAIN:
            outcome = StepOutcome.UNCERTAIN
    return _passed(course, place, Passed(step, outcome, mail.ended_at or now), now)


def _after_task(course: Course, place: Place, task: Task, step: SequenceStep, now: datetime) -> Decision:
    if task.outcome is None:
        return Decision(Action.WAIT, step.order, now + CHECK_TASK)
    return _passed(course, place, Passed(step, task.outcome, task.at or now), now)


def _passed(course: Course, place: Place, passed: Passed, now: datetime) -> Decision:
    """What comes after a step that is over."""
    target = _branch(place.mail, passed.step.branches) if passed.step.type is StepType.CONDITION else None
    step = course.at(target) or course.after(passed.step)
    if step is None:
        return Decision(Action.COMPLETE, passed.step.order, passed=(passed,))
    due = course.due(step, passed.at, place.seed)
    if due > now:
        return Decision(Action.WAIT, step.order, due, passed=(passed,))
    then = _reached(course, place, step, now, is_late=now - due >= LATE)
    return replace(then, passed=(passed, *then.passed))


def _reached(course: Course, place: Place, step: SequenceStep, now: datetime, *, is_late: bool) -> Decision:
    """What to do at a step whose time has come."""
    match step.type:
        case StepType.EMAIL if is_late or not course.hours.is_open(now):
            at = course.hours.spread(now, fraction(place.seed, step), SPREAD_OF_MANY)
            # Nothing is put off to the moment that it is.
            return Decision(Action.WAIT, step.order, at) if at > now else Decision(Action.SEND, step.order)
        case StepType.EMAIL:
            return Decision(Action.SEND, step.order)
        case StepType.TASK:
            return Decision(Action.ASK, step.order, now + CHECK_TASK)
        case StepType.WAIT:
            return _passed(course, place, Passed(step, StepOutcome.WAITED, now), now)
        case StepType.CONDITION:
            return _passed(course, place, Passed(step, StepOutcome.BRANCHED, now), now)


def _branch(mail: Mail | None, branches: StepBranches) -> int | None:
    if mail is not None:
        happened: Iterable[tuple[bool, int | None]] = (
            (mail.replied, branches.replied),
            (mail.clicked, branches.clicked),
            (mail.opened or mail.clicked, branches.opened),
        )
        for did, target in happened:
            if did and target is not None:
                return target
    return branches.otherwise
