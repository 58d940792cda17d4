"""The tasks of sequences: what people have to do before somebody goes on."""

from typing import Any

from pydantic import Field

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.ids import ObjectIdText, object_id
from core.inputs import Input, LongText
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.base import touched
from models.enrollments import Enrollment, EnrollmentStatus, StepOutcome
from resolvers.enrollments import visible_enrollment
from resolvers.sequences import visible_sequence


class SequenceTaskFilter(Input):
    sequence_id: ObjectIdText | None = None


class SequenceTaskSortKey(SortKey):
    SINCE = "since", "taskSince"


class SequenceTaskEnd(Input):
    """`note` is what came of it."""

    note: LongText | None = Field(None, min_length=1)


@allow(STAFF)
async def list_sequence_tasks(
    actor: Actor, window: Window, filters: SequenceTaskFilter, sort: Sort
) -> Slice[Enrollment]:
    """The tasks that are open, as the enrollments that wait for them."""
    query: dict[str, Any] = {"taskSince": {"$type": "date"}, "status": EnrollmentStatus.ACTIVE.value}
    if filters.sequence_id is not None:
        query["sequenceId"] = (await visible_sequence(actor, filters.sequence_id)).id
    return await slice_of(Enrollment, query, sort, window)


@allow(MARKETING)
async def complete_sequence_task(actor: Actor, enrollment_id: str, data: SequenceTaskEnd) -> Enrollment:
    """Says that a task is done. Whom it was about goes on."""
    return await _end(actor, enrollment_id, StepOutcome.DONE, data)


@allow(MARKETING)
async def skip_sequence_task(actor: Actor, enrollment_id: str, data: SequenceTaskEnd) -> Enrollment:
    """Leaves a task out. Whom it was about goes on."""
    return await _end(actor, enrollment_id, StepOutcome.SKIPPED, data)


async def _end(actor: Actor, enrollment_id: str, outcome: StepOutcome, data: SequenceTaskEnd) -> Enrollment:
    now = clock.now()
    said = {"outcome": outcome.value, "at": now, "by": actor.label, "note": data.note}
    update = touched({f"task.{name}": value for name, value in said.items()} | {"taskSince": None, "nextAt": now})
    waiting = {"status": EnrollmentStatus.ACTIVE.value, "taskSince": {"$type": "date"}}
    here = {"_id": object_id(enrollment_id), **waiting}
    ended = await Enrollment.change(here, update | {"$inc": {"revision": 1}})
    if ended is None:
        enrollment = await visible_enrollment(actor, enrollment_id)
        raise InvalidInput(f"The enrollment is {enrollment.status.value} and has no task that is open", "id")
    return ended
