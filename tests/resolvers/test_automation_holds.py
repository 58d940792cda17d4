"""Marketing mail of automations waits while its app holds it, and goes on by itself."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
import pytest_asyncio

from core import clock
from core.actor import Role
from mail.providers.memory import MemoryProvider
from models.apps import App
from models.automation_trackers import AutomationTracker, TrackerStatus
from models.automations import AutomationConfig
from models.deliveries import Delivery, DeliveryStatus
from models.shops import Shop
from resolvers.automation_holds import hold_of, let_automations_go_on
from resolvers.automation_mail import mails_lately
from resolvers.automation_trackers import AutomationTrackerChange, change_automation_tracker
from resolvers.automation_trials import AutomationTry, dry_run_automation
from resolvers.automations import toggle_automation
from resolvers.mail_holds import end_mail_hold, watch_error_rates
from tests.factories.apps import an_app, mail_held
from tests.factories.automations import (
    MAIL,
    SYSTEM,
    WAIT,
    a_mail,
    an_automation,
    tagging,
    told,
    tracker_of,
    worked_off,
)
from tests.factories.dying import Killed, dying
from tests.factories.email_jobs import delivered
from tests.factories.people import an_actor
from tests.factories.shops import a_shop, an_event

pytestmark = pytest.mark.usefixtures("platform")

DAY: Final = timedelta(days=1)
HELD: Final = "The mail welcome is held. The app's mail waits until its errors are over: 60 errors"
GOES_ON: Final = ("went_on", "The app's mail goes out again")
LISTEN: Final[dict[str, Any]] = {"type": "wait_for_event", "event": "plan-picked", "timeout": "2d", "onTimeout": "late"}
LATE: Final[dict[str, Any]] = {"id": "late", **tagging("late")}


@pytest_asyncio.fixture
async def app() -> App:
    app = await an_app()
    await a_mail(app)
    return app


async def calm() -> None:
    """Errors are over, and that is noticed."""
    await watch_error_rates(SYSTEM)
    await worked_off()


async def begun(app: App, *steps: dict[str, Any], **given: Any) -> tuple[AutomationConfig, Shop]:
    """An automation, and a shop that goes through it."""
    config, shop = await an_automation(app, *steps, **given), await a_shop(app.id, email="ada@tea.example.com")
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    return config, shop


async def the_mail() -> Delivery:
    (delivery,) = await Delivery.find({"source": {"$regex": "^automation:"}}).to_list()
    return delivery


class TestBeforeAMailIsPlanned:
    async def test_the_step_waits_says_why_once_and_goes_on_by_itself(self, app: App, post: MemoryProvider) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, MAIL, tagging("after"))
        for minutes in range(3):
            with clock.shifted(timedelta(minutes=minutes)):
                await worked_off()
        held = await tracker_of(config, shop)
        assert (held.step_id, held.held_since is not None, told(held)[1:]) == ("step-1", True, [("held", HELD)])
        assert await Delivery.count() == 0
        await calm()
        await delivered()
        gone_on = await tracker_of(config, shop)
        assert (gone_on.status, gone_on.held_since) == (TrackerStatus.COMPLETED, None)
        assert [kind for kind, _ in told(gone_on)] == ["entered", "held", "went_on", "done", "done", "completed"]
        assert told(gone_on)[2] == GOES_ON
        assert len(post.sent) == 1

    async def test_it_goes_on_when_staff_let_it(self, app: App) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, MAIL)
        await end_mail_hold(await an_actor(Role.MARKETING), app.id)
        await worked_off()
        assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED
        assert (await the_mail()).held_since is None

    async def test_transactional_mail_and_what_is_no_mail_go_on(self, app: App) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, {**MAIL, "category": "transactional"}, tagging("after"))
        assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED
        assert (await the_mail()).status is DeliveryStatus.QUEUED

    async def test_mail_of_another_app_goes_on(self, app: App) -> None:
        await mail_held((await an_app("reviews")).id)
        config, shop = await begun(app, MAIL)
        assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED

    async def test_a_wait_after_it_begins_when_it_was_sent(self, app: App) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, MAIL, WAIT, tagging("after"))
        with clock.shifted(DAY):
            await calm()
            tracker = await tracker_of(config, shop)
            assert tracker.due_at is not None
            assert timedelta(days=2, hours=23) < tracker.due_at - clock.now() <= 3 * DAY

    async def test_what_it_waited_for_before_it_waits_for_no_more(self, app: App) -> None:
        config, shop = await begun(app, LISTEN, tagging("in-time"), {"id": "late", **MAIL})
        with clock.shifted(3 * DAY):
            await mail_held(app.id)
            await worked_off()
            await an_event(app.id, "plan-picked", shop.domain)
            await worked_off()
            tracker = await tracker_of(config, shop)
            assert (tracker.waiting_for, tracker.step_id, tracker.held_since is not None) == (None, "late", True)
            assert [kind for kind, _ in told(tracker)] == ["entered", "waiting", "went_on", "held"]


class TestAfterAMailIsPlanned:
    async def test_it_is_put_off_and_sent_once(self, app: App, post: MemoryProvider) -> None:
        config, shop = await begun(app, MAIL)
        await mail_held(app.id)
        await delivered()
        held = await the_mail()
        assert (held.status, held.held_since is not None, post.sent) == (DeliveryStatus.QUEUED, True, [])
        tracker = await tracker_of(config, shop)
        assert (tracker.status, told(tracker)[-1]) == (TrackerStatus.COMPLETED, ("held", HELD))
        assert tracker.timeline[-1].delivery_id == held.id
        for _ in range(2):
            await calm()
            await delivered()
        assert ((await the_mail()).status, (await the_mail()).held_since) == (DeliveryStatus.SENT, None)
        assert len(post.sent) == 1

    async def test_it_is_put_off_again_when_errors_come_back(self, app: App, post: MemoryProvider) -> None:
        await begun(app, MAIL)
        for hours in range(3):
            with clock.shifted(timedelta(hours=hours)):
                await mail_held(app.id)
                await delivered()
                await calm()
        assert post.sent == []
        with clock.shifted(timedelta(hours=4)):
            await delivered()
        assert len(post.sent) == 1

    async def test_its_shop_stands_still_and_so_does_the_time_it_waits(self, app: App, post: MemoryProvider) -> None:
        config, shop = await begun(app, MAIL, LISTEN, tagging("in-time"), LATE)
        with clock.shifted(DAY):
            await mail_held(app.id)
            await delivered()
        with clock.shifted(4 * DAY):
            await worked_off()
            waiting = await tracker_of(config, shop)
            assert (waiting.waiting_for, waiting.held_since is not None) == ("plan-picked", True)
            await calm()
            await delivered()
            goes_on = await tracker_of(config, shop)
            assert goes_on.due_at is not None
            assert abs(goes_on.due_at - clock.now() - DAY) < timedelta(minutes=1), "a day of the two was over"
        with clock.shifted(5 * DAY + timedelta(hours=1)):
            await worked_off()
        assert (await Shop.get(shop.id)).tags == ["late"]  # type: ignore[union-attr]

    async def test_what_it_waits_for_is_heard_meanwhile(self, app: App, post: MemoryProvider) -> None:
        config, shop = await begun(app, MAIL, LISTEN, tagging("in-time"), LATE)
        await mail_held(app.id)
        await delivered()
        await an_event(app.id, "plan-picked", shop.domain)
        await worked_off()
        tracker = await tracker_of(config, shop)
        assert ("went_on", "plan-picked happened") in told(tracker)
        assert (await Shop.get(shop.id)).tags[0] == "in-time"  # type: ignore[union-attr]

    async def test_whom_something_takes_out_meanwhile_gets_none(self, app: App, post: MemoryProvider) -> None:
        _, shop = await begun(app, MAIL, WAIT, exitOn=["app-uninstalled"])
        await mail_held(app.id)
        await delivered()
        await an_event(app.id, "app-uninstalled", shop.domain)
        await worked_off()
        await calm()
        await delivered()
        mail = await the_mail()
        assert (mail.status, mail.held_since, post.sent) == (DeliveryStatus.CANCELLED, None, [])

    async def test_transactional_mail_goes_out(self, app: App, post: MemoryProvider) -> None:
        await begun(app, {**MAIL, "category": "transactional"})
        await mail_held(app.id)
        await delivered()
        assert len(post.sent) == 1

    async def test_it_counts_for_the_week_from_when_it_went_out(self, app: App, post: MemoryProvider) -> None:
        await begun(app, MAIL)
        await mail_held(app.id)
        await delivered()
        with clock.shifted(2 * DAY):
            await calm()
            await delivered()
        sent = await the_mail()
        assert sent.contact_id is not None
        counted = [await mails_lately(sent.contact_id, clock.now() + days * DAY) for days in (7.5, 9.5)]
        assert counted == [1, 0]


class TestStaff:
    async def test_see_why(self, app: App) -> None:
        config = await an_automation(app, MAIL)
        assert hold_of(app, config) is None
        await mail_held(app.id)
        holding, shop = await App.get(app.id), await a_shop(app.id, email="ada@tea.example.com")
        hold = hold_of(holding, config)
        assert hold is not None
        assert hold.reason == "60 errors"
        assert hold_of(holding, await an_automation(app, {**MAIL, "category": "transactional"}, WAIT)) is None
        tried = await dry_run_automation(
            SYSTEM, str(config.id), AutomationTry.model_validate({"shopDomain": shop.domain})
        )
        assert tried.steps[0].sentence == HELD

    async def test_may_skip_the_mail_and_take_the_shop_out(self, app: App) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, MAIL, tagging("after"), MAIL)
        await changed(config, shop, "skip")
        await worked_off()
        tracker = await tracker_of(config, shop)
        assert (tracker.step_id, tracker.held_since is not None) == ("step-3", True)
        await changed(config, shop, "exit")
        assert (await tracker_of(config, shop)).held_since is None

    async def test_may_pause_and_resume_meanwhile(self, app: App) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, MAIL)
        await changed(config, shop, "pause")
        await calm()
        assert (await tracker_of(config, shop)).status is TrackerStatus.PAUSED
        await changed(config, shop, "resume")
        await worked_off()
        assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED

    async def test_may_switch_the_automation_off_meanwhile(self, app: App) -> None:
        await mail_held(app.id)
        config, shop = await begun(app, MAIL)
        await toggle_automation(SYSTEM, str(config.id))
        await calm()
        assert ((await tracker_of(config, shop)).frozen, await Delivery.count()) == (True, 0)
        await toggle_automation(SYSTEM, str(config.id))
        await worked_off()
        assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED


@pytest.mark.parametrize("last_arrives", [False, True])
async def test_whoever_dies_nothing_is_lost_and_nothing_sent_twice(
    app: App, post: MemoryProvider, last_arrives: bool
) -> None:
    config, shop = await begun(app, MAIL, LISTEN, LATE)
    await mail_held(app.id)
    for writes in range(4):
        with clock.shifted(timedelta(minutes=writes)), suppress(Killed), dying(writes, last_arrives=last_arrives):
            await delivered()
    assert [kind for kind, _ in told(await tracker_of(config, shop))].count("held") == 1
    await App.change({"_id": app.id}, {"$set": {"mailHold": None}})
    for writes in range(5):
        with clock.shifted(timedelta(minutes=5)), suppress(Killed), dying(writes, last_arrives=last_arrives):
            await let_automations_go_on(app.id)
    with clock.shifted(timedelta(minutes=10)):
        await delivered()
    tracker = await tracker_of(config, shop)
    assert (tracker.held_since, [kind for kind, _ in told(tracker)].count("went_on")) == (None, 1)
    assert len(post.sent) == 1
    assert await AutomationTracker.find({"heldSince": {"$ne": None}}).count() == 0


async def changed(config: AutomationConfig, shop: Shop, action: str) -> None:
    tracker = await tracker_of(config, shop)
    await change_automation_tracker(SYSTEM, str(tracker.id), AutomationTrackerChange.model_validate({"action": action}))
