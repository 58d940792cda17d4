"""What a sequence would do for somebody, without doing it."""

from typing import Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import InvalidInput, NotFound
from models.contacts import ConsentCategory, ConsentState
from models.enrollments import Enrollment
from models.sequences import StepType
from resolvers.business_hours import hours_of
from resolvers.sequence_previews import preview_sequence
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.people import an_actor
from tests.factories.sequences import DAY_MS, a_sequence, an_outreach_template, mail

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
APP: Final = "banners"


async def test_each_step_comes_in_its_time_and_within_hours() -> None:
    await an_app(APP)
    template, ada = await an_outreach_template(APP), await a_contact()
    condition = {"type": "condition", "delayMs": DAY_MS, "branches": {"opened": 4}}
    steps = [mail(template), condition, {"type": "task"}, mail(template, delayMs=2 * DAY_MS)]
    sequence = await a_sequence(steps, businessHours={"timezone": "Asia/Kathmandu"})
    preview = await preview_sequence(await an_actor(Role.VIEWER), str(sequence.id), str(ada.id))
    assert preview.verdict.allowed
    assert [planned.step.order for planned in preview.steps] == [1, 2, 3, 4]
    moments = [planned.at for planned in preview.steps]
    assert moments == sorted(moments)
    assert moments[0] >= clock.now()
    hours = hours_of(sequence.business_hours)
    assert all(hours.is_open(planned.at) for planned in preview.steps if planned.step.type is StepType.EMAIL)
    assert await Enrollment.find_all().count() == 0


async def test_it_says_who_may_not_be_written_to() -> None:
    ada = await with_consent(await a_contact(), ConsentCategory.OUTREACH, ConsentState.OPTED_OUT)
    preview = await preview_sequence(SYSTEM, str((await a_sequence([{"type": "task"}])).id), str(ada.id))
    assert not preview.verdict.allowed


async def test_without_steps_there_is_nothing_to_see() -> None:
    with pytest.raises(InvalidInput, match="no steps yet"):
        await preview_sequence(SYSTEM, str((await a_sequence([], active=False)).id), str((await a_contact()).id))


async def test_of_somebody_who_is_not_there() -> None:
    with pytest.raises(NotFound):
        await preview_sequence(SYSTEM, str((await a_sequence([{"type": "task"}])).id), "5f5e10000000000000000000")
