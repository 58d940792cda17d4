"""Sequences: what they are made of, and when they may be changed, run and deleted."""

from typing import Any, Final

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.pages import Page
from models.sequences import Sequence, StepType
from resolvers.enrollments import exit_enrollment
from resolvers.sequence_inputs import SequenceCreate, SequenceUpdate
from resolvers.sequences import (
    SequenceFilter,
    SequenceSortKey,
    activate_sequence,
    create_sequence,
    deactivate_sequence,
    delete_sequence,
    get_sequence,
    list_sequences,
    update_sequence,
)
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor
from tests.factories.sequences import a_sequence, an_enrollment, an_outreach_template, current, mail

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
APP: Final = "banners"
TASK: Final[dict[str, Any]] = {"type": "task", "instructions": "Call them"}
WAIT: Final[dict[str, Any]] = {"type": "wait", "delayMs": 1000}
NOWHERE: Final = "5f5e10000000000000000000"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def updated(sequence: Sequence, **changes: Any) -> Sequence:
    return await update_sequence(SYSTEM, str(sequence.id), SequenceUpdate.model_validate(changes))


async def test_a_sequence_is_of_the_app_of_its_templates() -> None:
    template = await an_outreach_template(APP)
    sequence = await a_sequence([mail(template), WAIT, mail(template)], active=False)
    assert sequence.app_id == APP
    assert [(step.order, step.type) for step in sequence.steps] == [
        (1, StepType.EMAIL),
        (2, StepType.WAIT),
        (3, StepType.EMAIL),
    ]
    assert not sequence.active


async def test_steps_are_kept_in_their_order() -> None:
    sequence = await a_sequence([TASK | {"order": 20}, WAIT | {"order": 10}])
    assert [step.order for step in sequence.steps] == [10, 20]


async def test_it_belongs_to_whoever_made_it() -> None:
    marketing = await an_actor(Role.MARKETING)
    sequence = await create_sequence(marketing, SequenceCreate(name="Spring"))
    assert str(sequence.owner_user_id) == marketing.id


async def test_what_is_sent_is_changed_and_the_rest_stays() -> None:
    sequence = await a_sequence([TASK], active=False)
    changed = await updated(sequence, name="Autumn", businessHours={"startHour": 8})
    assert (changed.name, changed.business_hours.start_hour) == ("Autumn", 8)
    assert (changed.business_hours.days, changed.version) == (sequence.business_hours.days, 1)


async def test_other_steps_are_another_version() -> None:
    sequence = await a_sequence([TASK], active=False)
    assert (await updated(sequence, steps=[WAIT, TASK])).version == 2


async def test_it_is_switched_on_and_off() -> None:
    sequence = await a_sequence([TASK], active=False)
    assert (await activate_sequence(SYSTEM, str(sequence.id))).active
    assert (await activate_sequence(SYSTEM, str(sequence.id))).active
    assert not (await deactivate_sequence(SYSTEM, str(sequence.id))).active


async def test_switching_it_off_freezes_those_in_it() -> None:
    sequence = await a_sequence([TASK])
    enrollment = await an_enrollment(sequence, await a_contact())
    await deactivate_sequence(SYSTEM, str(sequence.id))
    assert not (await current(enrollment.id)).open
    await activate_sequence(SYSTEM, str(sequence.id))
    assert (await current(enrollment.id)).open


async def test_a_sequence_without_anybody_is_deleted() -> None:
    sequence = await a_sequence([TASK])
    enrollment = await an_enrollment(sequence, await a_contact())
    with pytest.raises(InvalidInput, match="1 person is in this sequence"):
        await delete_sequence(SYSTEM, str(sequence.id))
    await exit_enrollment(SYSTEM, str(enrollment.id))
    assert (await delete_sequence(SYSTEM, str(sequence.id))).id == sequence.id
    with pytest.raises(NotFound):
        await delete_sequence(SYSTEM, str(sequence.id))


async def test_sequences_are_listed_by_activity_app_and_name() -> None:
    template = await an_outreach_template(APP)
    running = await a_sequence([mail(template)], name="Running")
    resting = await a_sequence([TASK], active=False, name="Resting")

    async def found(**filters: Any) -> list[Any]:
        order = SequenceSortKey.NAME.order()
        listed = await list_sequences(SYSTEM, Page(), SequenceFilter.model_validate(filters), order)
        return [one.id for one in listed.items]

    assert await found() == [resting.id, running.id]
    assert await found(active=True) == [running.id]
    assert await found(appId=APP) == [running.id]
    assert await found(search="REST") == [resting.id]


async def test_who_may() -> None:
    sequence = await a_sequence([TASK])
    for role in (Role.SUPPORT, Role.VIEWER):
        actor = await an_actor(role)
        assert (await get_sequence(actor, str(sequence.id))).id == sequence.id
        with pytest.raises(Forbidden):
            await deactivate_sequence(actor, str(sequence.id))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"type": "email"}], "templateId is what an email needs"),
        ([TASK | {"templateId": NOWHERE}], "templateId is what an email needs"),
        ([{"type": "wait"}], "delayMs says how long to wait"),
        ([WAIT | {"delayMs": -1}], "greater than or equal to 0"),
        ([TASK | {"branches": {"opened": 2}}], "branches are a condition's"),
        ([{"type": "condition", "branches": {"otherwise": 2}}, TASK], "needs a branch"),
        ([{"type": "condition", "branches": {"opened": 2}}, TASK], "needs an email before it"),
        ([TASK | {"order": 1}, TASK | {"order": 1}], "the same order"),
        ([TASK | {"order": 1}, TASK], "the order of every step, or of none"),
    ],
)
def test_steps_that_can_not_be(steps: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SequenceCreate.model_validate({"name": "Spring", "steps": steps})


@pytest.mark.parametrize("target", [1, 2, 9])
def test_a_branch_leads_forward(target: int) -> None:
    steps = [
        {"type": "email", "templateId": NOWHERE},
        {"type": "condition", "branches": {"opened": target}},
        TASK,
    ]
    with pytest.raises(ValidationError, match="must lead to a later step"):
        SequenceCreate.model_validate({"name": "Spring", "steps": steps})


@pytest.mark.parametrize(
    "hours",
    [
        {"startHour": 24},
        {"endHour": 25},
        {"utcOffset": 15},
        {"timezone": "Mars/Olympus"},
        {"days": []},
        {"days": [8]},
        {"holidays": ["25.12.2026"]},
    ],
)
def test_hours_that_can_not_be(hours: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SequenceCreate.model_validate({"name": "Spring", "businessHours": hours})


async def test_templates_have_to_be_there_and_of_one_app() -> None:
    await an_app("tables")
    ours, others = await an_outreach_template(APP), await an_outreach_template("tables")
    with pytest.raises(InvalidInput, match=r"steps\.0\.templateId: there is no such template"):
        await a_sequence([{"type": "email", "templateId": NOWHERE}])
    with pytest.raises(InvalidInput, match=r"steps\.1\.templateId: is a template of tables"):
        await a_sequence([mail(ours), mail(others)])


async def test_a_sequence_that_does_nothing_is_not_switched_on() -> None:
    sequence = await a_sequence([WAIT], active=False)
    with pytest.raises(InvalidInput, match="needs an email or a task"):
        await activate_sequence(SYSTEM, str(sequence.id))
    running = await a_sequence([TASK])
    with pytest.raises(InvalidInput, match="needs an email or a task"):
        await updated(running, steps=[WAIT])


async def test_its_owner_has_to_be_there() -> None:
    with pytest.raises(InvalidInput, match="there is no such user"):
        await a_sequence([TASK], ownerUserId=NOWHERE)


async def test_one_that_is_not_there() -> None:
    for identity in (NOWHERE, "nonsense"):
        with pytest.raises(NotFound, match="Sequence not found"):
            await get_sequence(SYSTEM, identity)
