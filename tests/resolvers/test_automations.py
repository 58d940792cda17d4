"""Automations: what they must hold, and who may write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.pages import Page
from models.automations import AutomationRhythm, AutomationSchedule, AutomationVersion
from resolvers.automation_schedules import next_run
from resolvers.automations import (
    AutomationCreate,
    AutomationFilter,
    AutomationReplace,
    AutomationSortKey,
    AutomationUpdate,
    create_automation,
    delete_automation,
    get_automation,
    list_automations,
    replace_automation,
    toggle_automation,
    update_automation,
)
from tests.factories.apps import an_app
from tests.factories.automations import MAIL, SYSTEM, TAG, WAIT, an_automation
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

SENT: dict[str, Any] = {"slug": "onboarding", "trigger": "app-installed", "steps": [MAIL, WAIT, TAG]}


class TestWriting:
    async def test_a_new_one_is_switched_off_and_its_steps_have_names(self) -> None:
        app = await an_app()
        actor = await an_actor(Role.MARKETING)
        config = await create_automation(actor, app.id, AutomationCreate.model_validate(SENT))
        assert (config.name, config.enabled, config.version) == ("onboarding", False, 1)
        assert [step.id for step in config.steps] == ["step-1", "step-2", "step-3"]
        assert config.created_by == actor.label

    async def test_a_slug_is_an_app_s_once(self) -> None:
        app, other = await an_app(), await an_app()
        for one in (app, other):
            await create_automation(SYSTEM, one.id, AutomationCreate.model_validate(SENT))
        with pytest.raises(InvalidInput, match="the app has an automation onboarding already"):
            await create_automation(SYSTEM, app.id, AutomationCreate.model_validate(SENT))

    async def test_a_change_of_steps_is_a_new_version_and_no_other_is(self) -> None:
        config = await an_automation(await an_app(), MAIL)
        renamed = await update_automation(SYSTEM, str(config.id), AutomationUpdate.model_validate({"name": "Hello"}))
        assert (renamed.version, renamed.name_key) == (1, "hello")
        for version in (2, 3):
            steps = {"steps": [MAIL] * version}
            config = await update_automation(SYSTEM, str(config.id), AutomationUpdate.model_validate(steps))
        kept = {one.version: len(one.steps) for one in await AutomationVersion.find().to_list()}
        assert (config.version, kept) == (3, {1: 1, 2: 2})

    async def test_replacing_leaves_nothing_of_what_was(self) -> None:
        config = await an_automation(await an_app(), description="Old", condition={"field": "plan.name", "op": "exists", "value": True})  # fmt: skip  # noqa: E501
        replaced = await replace_automation(SYSTEM, str(config.id), AutomationReplace.model_validate(SENT))
        assert (replaced.description, replaced.condition, replaced.enabled, replaced.slug) == ("", None, False, "onboarding")  # fmt: skip  # noqa: E501

    async def test_the_clock_comes_while_it_is_on(self) -> None:
        schedule = {"trigger": "schedule", "schedule": {"rhythm": "daily", "hour": 9}}
        config = await an_automation(await an_app(), **schedule)
        assert config.next_run_at is not None
        off = await toggle_automation(SYSTEM, str(config.id))
        on = await toggle_automation(SYSTEM, str(config.id))
        assert (off.next_run_at, on.next_run_at) == (None, config.next_run_at)

    async def test_lists_are_filtered(self) -> None:
        app = await an_app()
        await an_automation(app, slug="hello", name="Hello world")
        await an_automation(app, slug="bye", enabled=False, trigger="app-uninstalled")

        async def slugs(**filters: Any) -> list[str]:
            wanted = AutomationFilter.model_validate(filters)
            found = await list_automations(SYSTEM, Page(), wanted, AutomationSortKey.NAME.order())
            return [one.slug for one in found.items]

        assert await slugs(appId=app.id) == ["bye", "hello"]
        assert await slugs(enabled=True) == ["hello"]
        assert await slugs(trigger="app-uninstalled") == ["bye"]
        assert await slugs(search="WORLD") == ["hello"]


class TestWhoMay:
    async def test_staff_read_and_marketing_writes(self) -> None:
        config = await an_automation(await an_app())
        viewer = await an_actor(Role.VIEWER)
        assert (await get_automation(viewer, str(config.id))).slug == config.slug
        with pytest.raises(Forbidden):
            await toggle_automation(viewer, str(config.id))
        with pytest.raises(Forbidden):
            await delete_automation(Actor.end_user("1", config.app_id, "ada@example.com"), str(config.id))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"steps": []}, "at least 1"),
    ({"steps": [MAIL] * 51}, "at most 50"),
    ({"steps": [{"type": "send_email"}]}, "send_email needs templateKey"),
    ({"steps": [{**TAG, "url": "https://example.com"}]}, "add_tag takes no url"),
    ({"steps": [{"type": "wait", "duration": "3 days"}]}, "must be a length of time"),
    ({"steps": [{"type": "webhook", "url": "http://example.com"}]}, "must begin with https"),
    ({"steps": [{"type": "set_field", "field": "$set", "value": 1}]}, "pattern"),
    ({"steps": [{"type": "set_field", "field": "a", "value": {"$gt": 1}}]}, "must be a text"),
    ({"steps": [{"type": "enroll", "sequenceId": "outreach"}]}, "pattern"),
    ({"steps": [{**TAG, "id": "a"}, {**TAG, "id": "a"}]}, "an id of its own"),
    (
        {"steps": [{"type": "condition", "condition": {"all": []}}]},
        "all: must be a list of at least one condition",
    ),
    (
        {"steps": [{"id": "c", "type": "condition", "condition": {"field": "plan.name", "op": "exists", "value": True}, "onTrue": "c"}]},  # noqa: E501
        "c can't lead to c: it must be the id of a later step",
    ),
    ({"condition": {"field": "plan.handel", "op": "eq", "value": "x"}}, "did you mean plan.handle"),
    ({"trigger": "Nonsense!"}, "must be an event of the app in snake or kebab case"),
    ({"trigger": "schedule"}, "schedule is for the trigger schedule"),
    ({"reentry": "after_cooldown"}, "cooldown is for the reentry after_cooldown"),
    ({"cooldown": "3d"}, "cooldown is for the reentry after_cooldown"),
    ({"reentry": "after_cooldown", "cooldown": "5m"}, "must be at least 1h"),
    ({"exitOn": ["schedule"]}, "not the clock"),
    ({"version": 7}, "Extra inputs"),
]  # fmt: skip


class TestValidation:
    @pytest.mark.parametrize(("changes", "said"), WRONG)
    def test_of_a_new_one(self, changes: dict[str, Any], said: str) -> None:
        with pytest.raises(ValidationError, match=said.replace("$", r"\$")):
            AutomationCreate.model_validate({**SENT, **changes})

    async def test_a_change_has_to_fit_what_is_there(self) -> None:
        config = await an_automation(await an_app())
        with pytest.raises(InvalidInput, match="cooldown is for"):
            await update_automation(SYSTEM, str(config.id), AutomationUpdate.model_validate({"cooldown": "3d"}))


@pytest.mark.parametrize("config_id", ["5f5e10000000000000000071", "not-an-id"])
async def test_what_is_not_there_is_not_found(config_id: str) -> None:
    with pytest.raises(NotFound):
        await get_automation(SYSTEM, config_id)
    with pytest.raises(NotFound):
        await delete_automation(SYSTEM, config_id)


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [
        (AutomationRhythm.HOURLY, datetime(2026, 3, 4, 11, tzinfo=UTC)),
        (AutomationRhythm.DAILY, datetime(2026, 3, 5, 9, tzinfo=UTC)),
        (AutomationRhythm.WEEKLY, datetime(2026, 3, 9, 9, tzinfo=UTC)),
    ],
)
def test_the_next_time(rhythm: AutomationRhythm, expected: datetime) -> None:
    wednesday = datetime(2026, 3, 4, 10, 15, tzinfo=UTC)
    assert next_run(AutomationSchedule(rhythm=rhythm, hour=9, weekday=1), wednesday) == expected
