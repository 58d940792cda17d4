"""What staff do about a shop that goes through an automation."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.automation_trackers import AutomationTracker, TrackerStatus
from models.shops import Shop
from resolvers.automation_trackers import (
    AutomationTrackerChange,
    TrackerAction,
    change_automation_tracker,
    change_shop_tracker,
    delete_shop_tracker,
    get_shop_tracker,
    shop_timeline,
)
from tests.factories.apps import an_app
from tests.factories.automations import SYSTEM, WAIT, an_automation, later, tagging, tracker_of, worked_off
from tests.factories.people import an_actor
from tests.factories.shops import a_shop, an_event

pytestmark = pytest.mark.usefixtures("platform")


async def under_way(*steps: dict[str, Any]) -> AutomationTracker:
    app = await an_app()
    config, shop = await an_automation(app, *(steps or (WAIT, tagging("done")))), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    return await tracker_of(config, shop)


async def does(tracker: AutomationTracker, action: TrackerAction, reason: str | None = None) -> AutomationTracker:
    data = AutomationTrackerChange(action=action, reason=reason)
    return await change_automation_tracker(SYSTEM, str(tracker.id), data)


async def tags_of(tracker: AutomationTracker) -> list[str]:
    shop = await Shop.get(tracker.shop_id)
    assert shop is not None
    return shop.tags


class TestChanges:
    async def test_who_is_paused_goes_no_further_until_resumed(self) -> None:
        tracker = await under_way()
        paused = await does(tracker, TrackerAction.PAUSE, "They asked us to")
        assert (paused.status, paused.due_at, paused.timeline[-1].sentence) == (
            TrackerStatus.PAUSED, None, "Paused: They asked us to",
        )  # fmt: skip
        await later(4)
        assert await tags_of(tracker) == []
        resumed = await does(tracker, TrackerAction.RESUME)
        assert resumed.due_at == tracker.due_at
        await later(4)
        assert await tags_of(tracker) == ["done"]

    async def test_skipping_ends_a_wait_and_then_leaves_out_a_step(self) -> None:
        tracker = await under_way(WAIT, tagging("one"), WAIT, tagging("two"))
        skipped = await does(tracker, TrackerAction.SKIP)
        assert skipped.timeline[-1].sentence == "Skipped the wait"
        again = await does(skipped, TrackerAction.SKIP)
        assert (again.step_id, again.timeline[-1].sentence) == ("step-3", "Skipped step-2")
        await later(4)
        await later(8)
        assert await tags_of(tracker) == ["two"]

    async def test_skipping_what_waits_for_an_event_goes_on_as_if_it_had_not_come(self) -> None:
        listens = {"type": "wait_for_event", "event": "plan-picked", "timeout": "2d", "onTimeout": "late"}
        tracker = await under_way(listens, tagging("in-time"), {"id": "late", **tagging("late")})
        await does(tracker, TrackerAction.SKIP)
        await worked_off()
        assert await tags_of(tracker) == ["late"]

    async def test_an_event_that_comes_in_a_pause_counts_when_it_is_over(self) -> None:
        tracker = await under_way({"type": "wait_for_event", "event": "plan-picked", "timeout": "2d"}, tagging("done"))
        await does(tracker, TrackerAction.PAUSE)
        await an_event(tracker.app_id, "plan-picked", tracker.shop_domain)
        await worked_off()
        assert await tags_of(tracker) == []
        await does(tracker, TrackerAction.RESUME)
        await worked_off()
        assert await tags_of(tracker) == ["done"]

    async def test_who_is_taken_out_stays_out(self) -> None:
        tracker = await under_way()
        exited = await does(tracker, TrackerAction.EXIT)
        assert (exited.status, exited.timeline[-1].by) == (TrackerStatus.EXITED, SYSTEM.label)
        await later(4)
        assert await tags_of(tracker) == []
        with pytest.raises(Conflict, match="The tracker is exited"):
            await does(tracker, TrackerAction.RESUME)

    async def test_what_failed_tries_its_step_again(self) -> None:
        tracker = await under_way(tagging("done"))
        await Shop.find_one({"_id": tracker.shop_id}).update({"$set": {"tags": [f"t{n}" for n in range(50)]}})
        await tracker.set({"status": "failed", "stepId": "step-1", "endedAt": clock.now()})
        await does(tracker, TrackerAction.RESUME)
        await worked_off()
        assert (await AutomationTracker.get(tracker.id)).status is TrackerStatus.FAILED  # type: ignore[union-attr]
        await Shop.find_one({"_id": tracker.shop_id}).update({"$set": {"tags": []}})
        await does(tracker, TrackerAction.RESUME)
        await worked_off()
        assert await tags_of(tracker) == ["done"]


class TestOfAShop:
    async def test_the_timeline_joins_its_automations(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id)
        one, two = await an_automation(app, tagging("one")), await an_automation(app, WAIT)
        await an_event(app.id, "banner-published", shop.domain)
        await worked_off()
        found = await shop_timeline(SYSTEM, app.id, shop.domain)
        assert {entry.tracker.config_id for entry in found} == {one.id, two.id}
        assert [entry.entry.at for entry in found] == sorted(entry.entry.at for entry in found)
        assert (await get_shop_tracker(SYSTEM, app.id, shop.domain, two.slug)).config_id == two.id
        with pytest.raises(InvalidInput, match="The shop has 2 trackers: say which with automation"):
            await change_shop_tracker(SYSTEM, app.id, shop.domain, AutomationTrackerChange(action=TrackerAction.EXIT))

    async def test_a_deleted_one_may_enter_again(self) -> None:
        tracker = await under_way(tagging("done"))
        await delete_shop_tracker(SYSTEM, tracker.app_id, tracker.shop_domain)
        with clock.shifted(timedelta(minutes=1)):
            await an_event(tracker.app_id, "banner-published", tracker.shop_domain)
            await worked_off()
        again = await get_shop_tracker(SYSTEM, tracker.app_id, tracker.shop_domain)
        assert (again.run, again.id != tracker.id) == (1, True)

    async def test_of_another_app_it_is_not_there(self) -> None:
        tracker, other = await under_way(), await an_app()
        with pytest.raises(NotFound):
            await get_shop_tracker(SYSTEM, other.id, tracker.shop_domain)


async def test_marketing_alone_may_change_them() -> None:
    tracker = await under_way()
    data = AutomationTrackerChange(action=TrackerAction.EXIT)
    with pytest.raises(Forbidden):
        await change_automation_tracker(await an_actor(Role.SUPPORT), str(tracker.id), data)
