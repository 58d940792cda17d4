"""The engine of sequences: takes everybody on whose time has come.

Nobody is claimed. Whoever is due is read, what to do is decided by their place alone, and their place changes only if
it is still the one that was read. So two processes that come to the same person do the same once, and what was cut off
anywhere is done again: a mail is planned before its enrollment moves on, always under the same id.
"""

from collections.abc import Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from beanie import PydanticObjectId
from bson import ObjectId
from pymongo import UpdateOne

from core import clock
from core.access import allow
from core.actor import Actor
from models.enrollments import Enrollment, EnrollmentMail, EnrollmentStatus, EnrollmentTask, ExitReason
from models.sequences import Sequence, SequenceStep, SequenceVersion
from resolvers.business_hours import hours_of
from resolvers.enrollment_exits import ending, leaving
from resolvers.enrollment_places import Mails, mails_of, place_of
from resolvers.enrollment_updates import changed, ended, moved
from resolvers.sequence_mail import Planned, Wanted, plan_sequence_mails
from resolvers.sequence_steps import Action, Course, Decision, decide
from resolvers.sequences import open_enrollments

BATCH: Final = 1_000
MOST_BATCHES: Final = 100
"""Of one call; the next one goes on."""
FIRST_CHECK: Final = timedelta(minutes=2)
"""How long until a mail is looked at that was planned: most were sent by then."""
FAULTY: Final = timedelta(minutes=10)
"""How long somebody is left alone of whom nothing could be decided."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody who is due, and what to do for them."""

    enrollment: Enrollment
    sequence: Sequence
    app_id: str | None
    course: Course
    decision: Decision

    @property
    def step(self) -> SequenceStep:
        """The one that they are at then."""
        step = self.course.at(self.decision.step)
        assert step is not None, "a decision is about a step of the course"  # noqa: S101
        return step


@allow()
async def advance_sequences(actor: Actor) -> int:
    """Takes everybody on who is due, and returns how many they were. Doing it again, or several at once, has no second
    effect."""
    active = await Sequence.distinct("_id", {"active": True})
    await open_enrollments(active)
    advanced = 0
    for _ in range(MOST_BATCHES):
        now = clock.now()
        due = await Enrollment.find({"open": True, "nextAt": {"$lte": now}}).sort("nextAt").limit(BATCH).to_list()
        if not due:
            break
        await advance_batch(actor, due, now)
        advanced += len(due)
        if len(due) < BATCH:
            break
    return advanced


@allow()
async def advance_batch(actor: Actor, due: Listed[Enrollment], now: datetime) -> None:
    """Takes some on, with one write for all of them."""
    sequences = await _sequences_of(due)
    versions = await _versions_of(due)
    mails = await mails_of(due)
    updates: list[UpdateOne] = []
    turns: list[Turn] = []
    for enrollment in due:
        sequence, version = sequences.get(enrollment.sequence_id), versions.get(_version_of(enrollment))
        if sequence is None or version is None:
            updates.append(_update(enrollment, leaving(ExitReason.SEQUENCE_DELETED)))
        elif not sequence.active:
            updates.append(_update(enrollment, changed({"open": False})))
        else:
            turn = _turn(enrollment, sequence, version, mails, now)
            if turn is None:
                updates.append(_update(enrollment, changed({"nextAt": now + FAULTY})))
            else:
                turns.append(turn)
    wanted = [_wanted(turn, now) for turn in turns if turn.decision.action is Action.SEND]
    planned = await plan_sequence_mails(actor, wanted, now) if wanted else {}
    updates += [_update(turn.enrollment, _change(turn, planned, now)) for turn in turns]
    await Enrollment.get_pymongo_collection().bulk_write(updates, ordered=False)


def _turn(
    enrollment: Enrollment, sequence: Sequence, version: SequenceVersion, mails: Mails, now: datetime
) -> Turn | None:
    """None where deciding failed, which is a fault of ours, and must not hold up the others."""
    course = Course(tuple(version.steps), hours_of(sequence.business_hours))
    try:
        decision = decide(course, place_of(enrollment, mails), now)
    except Exception:
        log.exception("sequences.not_decided", enrollment_id=str(enrollment.id))
        return None
    return Turn(enrollment, sequence, version.app_id, course, decision)


def _wanted(turn: Turn, now: datetime) -> Wanted:
    return Wanted(turn.enrollment, turn.sequence, turn.app_id, turn.step, turn.course.hours.day(now))


def _change(turn: Turn, planned: Mapping[ObjectId, Planned], now: datetime) -> dict[str, Any]:
    """The update that follows from a decision."""
    enrollment, decision = turn.enrollment, turn.decision
    match decision.action:
        case Action.SEND:
            return _sending(turn, planned[enrollment.id], now)
        case Action.WAIT:
            return moved(enrollment, decision, decision.at or now)
        case Action.ASK:
            task = EnrollmentTask(step=decision.step, instructions=turn.step.instructions)
            given = {"task": task.model_dump(by_alias=True), "taskSince": now}
            return moved(enrollment, decision, decision.at or now, given)
        case Action.COMPLETE:
            return ended(enrollment, decision, ending(EnrollmentStatus.COMPLETED, {}))
        case Action.EXIT:
            return ended(enrollment, decision, leaving(decision.reason or ExitReason.SUPPRESSED))
        case Action.FAIL:
            return ended(enrollment, decision, _failing(decision.problem))


def _sending(turn: Turn, planned: Planned, now: datetime) -> dict[str, Any]:
    enrollment, decision = turn.enrollment, turn.decision
    if planned.is_gone:
        return ended(enrollment, decision, leaving(ExitReason.SUPPRESSED))
    if planned.problem is not None:
        return ended(enrollment, decision, _failing(planned.problem))
    if planned.delivery_id is None:
        tomorrow = turn.course.tomorrow(decision.step, now, enrollment.id.binary)
        return moved(enrollment, decision, tomorrow)
    mail = EnrollmentMail(step=decision.step, delivery_id=planned.delivery_id)
    told = {"mail": mail.model_dump(by_alias=True)}
    if planned.thread:
        told["thread"] = planned.thread.model_dump(by_alias=True)
    return moved(enrollment, decision, now + FIRST_CHECK, told)


def _failing(problem: str | None) -> dict[str, Any]:
    return ending(EnrollmentStatus.FAILED, {"lastError": problem})


def _update(enrollment: Enrollment, change: dict[str, Any]) -> UpdateOne:
    """Of somebody who is where they were."""
    here = {"_id": enrollment.id, "status": EnrollmentStatus.ACTIVE.value, "revision": enrollment.revision}
    return UpdateOne(here, change)


def _version_of(enrollment: Enrollment) -> str:
    return SequenceVersion.name(enrollment.sequence_id, enrollment.version)


async def _sequences_of(due: Listed[Enrollment]) -> dict[PydanticObjectId, Sequence]:
    ids = {enrollment.sequence_id for enrollment in due}
    return {one.id: one for one in await Sequence.find({"_id": {"$in": [*ids]}}).to_list()}


async def _versions_of(due: Listed[Enrollment]) -> dict[str, SequenceVersion]:
    names = {_version_of(enrollment) for enrollment in due}
    return {one.id: one for one in await SequenceVersion.find({"_id": {"$in": [*names]}}).to_list()}
