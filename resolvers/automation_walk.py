"""How far a shop comes at once: a pure function of the steps and of what is known.

It goes through conditions until there is something to do or to wait for. What is done is elsewhere; the dry run and the
back-test walk the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from conditions.durations import duration_of, words_of
from conditions.evaluation import Facts, evaluate
from conditions.evaluation import Reason as Found
from models.automation_trackers import ConditionReason, TimelineEntry, TimelineKind
from models.automations import END, AutomationStep, AutomationStepType
from resolvers.automation_conditions import read_condition

EFFECTS: Final = frozenset(AutomationStepType) - {
    AutomationStepType.WAIT,
    AutomationStepType.WAIT_FOR_EVENT,
    AutomationStepType.CONDITION,
}
"""Steps that do something."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something is to be done; what comes after it is `next_id`."""

    step: AutomationStep
    next_id: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    next_id: str | None


@dataclass(frozen=True, slots=True)
class Listen:
    """For an event, until a moment."""

    step: AutomationStep
    until: datetime


@dataclass(frozen=True, slots=True)
class Finish:
    pass


@dataclass(frozen=True, slots=True)
class Fail:
    """It can't go on: somebody has to see to it."""

    step_id: str
    sentence: str


Goal = Effect | Wait | Listen | Finish | Fail


@dataclass(frozen=True, slots=True)
class Walk:
    """`entries` are what was decided on the way."""

    entries: Sequence[TimelineEntry]
    goal: Goal


def walk(steps: Sequence[AutomationStep], step_id: str | None, run: int, facts: Facts) -> Walk:
    """From a step on; None is the end."""
    by_id, entries = {step.id: step for step in steps}, list[TimelineEntry]()
    while step_id is not None:
        step = by_id.get(step_id)
        if step is None:
            return Walk(entries, Fail(step_id, f"There is no step {step_id}"))
        if step.type in EFFECTS:
            return Walk(entries, Effect(step, next_id(steps, step)))
        if step.type is AutomationStepType.WAIT:
            return Walk([*entries, _waiting(step, run, facts.now)], _wait(steps, step, facts.now))
        if step.type is AutomationStepType.WAIT_FOR_EVENT:
            until = facts.now + duration_of(step.timeout)
            return Walk([*entries, _listening(step, run, facts.now)], Listen(step, until))
        node = read_condition(step.condition).node
        if node is None:
            return Walk(entries, Fail(step.id, "The condition is not valid any more: see what validating it says"))
        verdict = evaluate(node, facts)
        step_id = _target(steps, step, holds=verdict.holds)
        entries.append(_branched(step, run, facts.now, verdict.holds, verdict.reasons, step_id))
    return Walk(entries, Finish())


def next_id(steps: Sequence[AutomationStep], step: AutomationStep) -> str | None:
    """The step after it; None is the end."""
    place = next(number for number, one in enumerate(steps) if one.id == step.id)
    return steps[place + 1].id if place + 1 < len(steps) else None


def after_timeout(steps: Sequence[AutomationStep], step: AutomationStep) -> str | None:
    """Where it goes on when the event has not come."""
    return _named(step.on_timeout) if step.on_timeout else next_id(steps, step)


def reasons_of(found: Sequence[Found]) -> list[ConditionReason]:
    return [ConditionReason(path=one.path, holds=one.holds, sentence=one.sentence) for one in found]


def _target(steps: Sequence[AutomationStep], step: AutomationStep, *, holds: bool) -> str | None:
    if holds:
        return _named(step.on_true) if step.on_true else next_id(steps, step)
    return _named(step.on_false) if step.on_false else None


def _named(target: str) -> str | None:
    return None if target == END else target


def _wait(steps: Sequence[AutomationStep], step: AutomationStep, now: datetime) -> Wait:
    return Wait(now + duration_of(step.duration), next_id(steps, step))


def _waiting(step: AutomationStep, run: int, now: datetime) -> TimelineEntry:
    said = f"Waits for {words_of(duration_of(step.duration))}"
    return TimelineEntry(at=now, run=run, kind=TimelineKind.WAITING, sentence=said, step_id=step.id)


def _listening(step: AutomationStep, run: int, now: datetime) -> TimelineEntry:
    said = f"Waits for {step.event}, at most {words_of(duration_of(step.timeout))}"
    return TimelineEntry(at=now, run=run, kind=TimelineKind.WAITING, sentence=said, step_id=step.id)


def _branched(
    step: AutomationStep, run: int, now: datetime, holds: bool, reasons: Sequence[Found], target: str | None
) -> TimelineEntry:
    said = f"The condition {'holds' if holds else 'does not hold'}: goes on with {target}"
    return TimelineEntry(
        at=now,
        run=run,
        kind=TimelineKind.BRANCHED,
        sentence=said if target else f"{said.partition(':')[0]}: that is the end",
        step_id=step.id,
        reasons=reasons_of(reasons),
    )
