"""The tasks of sequences: what people have to do, and who goes on then."""

from datetime import timedelta
from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.pages import Page
from models.enrollments import Enrollment, EnrollmentStatus, StepOutcome
from models.sequences import Sequence
from resolvers.enrollments import exit_enrollment
from resolvers.sequence_advancing import advance_sequences
from resolvers.sequence_tasks import (
    SequenceTaskEnd,
    SequenceTaskFilter,
    SequenceTaskSortKey,
    complete_sequence_task,
    list_sequence_tasks,
    skip_sequence_task,
)
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor
from tests.factories.sequences import a_sequence, an_enrollment, current

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
STEPS: Final[list[dict[str, Any]]] = [{"type": "task", "instructions": "Call them"}, {"type": "task"}]


async def with_a_task(sequence: Sequence | None = None) -> Enrollment:
    enrollment = await an_enrollment(sequence or await a_sequence(STEPS), await a_contact())
    await advance_sequences(SYSTEM)
    return await current(enrollment.id)


async def listed(actor: Actor = SYSTEM, **filters: Any) -> list[Any]:
    order, chosen = SequenceTaskSortKey.SINCE.order(), SequenceTaskFilter.model_validate(filters)
    return [one.id for one in (await list_sequence_tasks(actor, Page(), chosen, order)).items]


async def test_open_tasks_are_listed_the_oldest_first() -> None:
    first, second = await with_a_task(), await with_a_task()
    assert first.task is not None
    assert first.task.instructions == "Call them"
    assert await listed() == [first.id, second.id]
    assert await listed(sequenceId=str(second.sequence_id)) == [second.id]


@pytest.mark.parametrize(
    ("end", "outcome"), [(complete_sequence_task, StepOutcome.DONE), (skip_sequence_task, StepOutcome.SKIPPED)]
)
async def test_when_it_has_ended_the_next_step_comes(end: Any, outcome: StepOutcome) -> None:
    enrollment = await with_a_task()
    marketing = await an_actor(Role.MARKETING)
    await end(marketing, str(enrollment.id), SequenceTaskEnd(note="They are keen"))
    assert await listed() == []
    with clock.shifted(timedelta(seconds=1)):
        await advance_sequences(SYSTEM)
    (passed,) = (now := await current(enrollment.id)).history
    assert (passed.outcome, passed.by, passed.note) == (outcome, marketing.label, "They are keen")
    assert (now.current_step, now.has_open_task) == (2, True)


async def test_who_leaves_leaves_no_task() -> None:
    enrollment = await with_a_task()
    await exit_enrollment(SYSTEM, str(enrollment.id))
    assert await listed() == []
    with pytest.raises(InvalidInput, match="is exited and has no task"):
        await complete_sequence_task(SYSTEM, str(enrollment.id), SequenceTaskEnd())


async def test_who_may() -> None:
    enrollment, viewer = await with_a_task(), await an_actor(Role.VIEWER)
    assert await listed(viewer) == [enrollment.id]
    with pytest.raises(Forbidden):
        await complete_sequence_task(viewer, str(enrollment.id), SequenceTaskEnd())


async def test_a_task_ends_once() -> None:
    enrollment = await with_a_task(await a_sequence(STEPS[:1]))
    await complete_sequence_task(SYSTEM, str(enrollment.id), SequenceTaskEnd())
    with pytest.raises(InvalidInput, match="no task that is open"):
        await skip_sequence_task(SYSTEM, str(enrollment.id), SequenceTaskEnd())
    with clock.shifted(timedelta(seconds=1)):
        await advance_sequences(SYSTEM)
    assert (await current(enrollment.id)).status is EnrollmentStatus.COMPLETED


async def test_one_that_is_not_there() -> None:
    for identity in ("5f5e10000000000000000000", "nonsense"):
        with pytest.raises(NotFound):
            await complete_sequence_task(SYSTEM, identity, SequenceTaskEnd())
