"""What a sequence would do for somebody, and when: nobody is enrolled by it, and nothing is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from beanie import PydanticObjectId

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput
from models.apps import App
from models.contacts import ConsentCategory
from models.deliveries import DeliveryStatus
from models.enrollments import StepOutcome
from models.sequences import SequenceStep, StepType
from resolvers.business_hours import hours_of
from resolvers.contacts import get_contact
from resolvers.sending import Verdict, can_send
from resolvers.sequence_steps import Action, Course, Mail, Place, Task, decide
from resolvers.sequences import visible_sequence

MOST_TURNS: Final = 500
"""More than any sequence takes."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, and when it would be done, in UTC."""

    step: SequenceStep
    at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """`verdict` says whether the person may be written to now. The steps are those of somebody who opens nothing,
    clicks nothing and does not answer, with tasks that are done at once, on days with room."""

    verdict: Verdict
    steps: list[PlannedStep]


@allow(STAFF)
async def preview_sequence(actor: Actor, sequence_id: str, contact_id: str) -> Preview:
    """When which step would be done for a contact who were enrolled now, and whether they may be written to."""
    sequence = await visible_sequence(actor, sequence_id)
    contact = await get_contact(actor, contact_id)
    if not sequence.steps:
        raise InvalidInput("The sequence has no steps yet", "id")
    app = await App.get(sequence.app_id) if sequence.app_id else None
    verdict = await can_send(contact.email, ConsentCategory.OUTREACH, app)
    course = Course(tuple(sequence.steps), hours_of(sequence.business_hours))
    return Preview(verdict, planned_steps(course, contact.id, clock.now()))


def planned_steps(course: Course, seed: PydanticObjectId, start: datetime) -> list[PlannedStep]:
    """The steps of somebody of whom nothing is heard, in the order in which they come."""
    place = Place(seed.binary, course.steps[0].order, course.first_due(start, seed.binary))
    steps: list[PlannedStep] = []
    for _ in range(MOST_TURNS):
        now, mail, task = place.due, place.mail, place.task
        decision = decide(course, place, now)
        steps += [
            PlannedStep(passed.step, passed.at)
            for passed in decision.passed
            if passed.step.type in (StepType.WAIT, StepType.CONDITION)
        ]
        step, due = course.at(decision.step), now
        match decision.action:
            case Action.SEND if step is not None:
                steps.append(PlannedStep(step, now))
                mail = Mail(decision.step, DeliveryStatus.SENT, now)
            case Action.ASK if step is not None:
                steps.append(PlannedStep(step, now))
                task = Task(decision.step, StepOutcome.DONE, now)
            case Action.WAIT if decision.at is not None:
                due = decision.at
            case _:
                break
        place = Place(place.seed, decision.step, due, mail, task)
    return steps
