"""What would happen to a shop, step by step, if nothing else happened to it: waits pass at once, nothing is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from conditions.evaluation import Facts
from models.automation_trackers import ConditionReason, TimelineEntry
from models.automations import AutomationStep
from resolvers.automation_walk import Effect, Fail, Listen, Wait, after_timeout, next_id, walk


@dataclass(frozen=True, slots=True)
class Simulated:
    """`step` is what would be done then, None of what was only decided; `sentence` says what happened on the way."""

    at: datetime
    step_id: str | None
    sentence: str
    step: AutomationStep | None = None
    reasons: Sequence[ConditionReason] = ()


def simulate(steps: Sequence[AutomationStep], facts: Facts, *, events_come: bool) -> Iterator[Simulated]:
    """From the first step to the end. What is known stays as it is, but for the time; events that are waited for come
    at once, or never."""
    step_id: str | None = steps[0].id
    while True:
        walked = walk(steps, step_id, 1, facts)
        yield from map(_of_entry, walked.entries)
        match walked.goal:
            case Effect(step, following):
                yield Simulated(facts.now, step.id, "", step)
                step_id = following
            case Wait(until, following):
                facts, step_id = replace(facts, now=until), following
            case Listen(step, until):
                said = f"{step.event} comes" if events_come else f"{step.event} does not come in time"
                facts = facts if events_come else replace(facts, now=until)
                step_id = next_id(steps, step) if events_come else after_timeout(steps, step)
                yield Simulated(facts.now, step.id, f"Assumed that {said}")
            case Fail(failed, sentence):
                yield Simulated(facts.now, failed, sentence)
                return
            case _:
                yield Simulated(facts.now, None, "Comes to its end")
                return


def _of_entry(entry: TimelineEntry) -> Simulated:
    return Simulated(entry.at, entry.step_id, entry.sentence, reasons=entry.reasons)
