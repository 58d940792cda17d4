"""Whoever dies between any two writes: nothing is lost, and nothing is done twice."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from models.automation_trackers import AutomationTracker, TrackerStatus
from models.deliveries import Delivery
from models.email_jobs import EmailJob
from models.shops import Shop
from models.slack_messages import SlackMessage
from resolvers.app_events import apply_pending_events
from resolvers.automation_clock import run_schedule, start_due_automations
from resolvers.automation_events import LEASE as EVENT_LEASE
from resolvers.automation_events import work_off_events
from resolvers.automation_runner import LEASE, run_due_trackers
from resolvers.automations import AutomationUpdate, update_automation
from tests.factories.apps import an_app
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
from tests.factories.shops import a_shop, an_event
from tests.factories.slack import a_rule

pytestmark = pytest.mark.usefixtures("platform")

MOST_WRITES = 60
LATER = max(LEASE, EVENT_LEASE) + timedelta(seconds=1)
STEPS: list[dict[str, Any]] = [
    tagging("one"),
    {"type": "condition", "condition": {"field": "shop.tags", "op": "contains", "value": "one"}},
    MAIL,
    {"type": "notify_slack", "text": "Hello"},
    {"type": "webhook", "url": "https://hooks.example.com/a"},
    tagging("two"),
]


@pytest.mark.parametrize("last_arrives", [False, True])
async def test_every_step_is_done_once_whichever_write_is_the_last(last_arrives: bool) -> None:
    """Each worker dies a few writes later than the one before it, and the next begins when its leases are over."""
    app = await an_app()
    await a_mail(app)
    await a_rule()
    config, shop = await an_automation(app, *STEPS, reentry="always"), await a_shop(app.id, email="ada@tea.example.com")
    await an_event(app.id, "banner-published", shop.domain)
    now = timedelta()
    for writes in range(MOST_WRITES):
        with clock.shifted(now), suppress(Killed, BaseExceptionGroup), dying(writes % 7, last_arrives=last_arrives):
            await work_off_events(SYSTEM)
            await run_due_trackers(SYSTEM)
        now += LATER
    tracker = await tracker_of(config, shop)
    assert (tracker.run, tracker.status) == (1, TrackerStatus.COMPLETED)
    steps = [entry.step_id for entry in tracker.timeline if entry.step_id]
    assert steps == [f"step-{number}" for number in range(1, 7)]
    assert (await Shop.get(shop.id)).tags == ["one", "two"]  # type: ignore[union-attr]
    assert await Delivery.find({"source": {"$regex": "^automation:"}}).count() == 1
    assert await SlackMessage.find({"text": "Hello"}).count() == 1
    assert await EmailJob.find({"type": "automation.webhook"}).count() == 1


@pytest.mark.parametrize("last_arrives", [False, True])
async def test_what_an_app_reports_is_heard_whichever_write_is_the_last(last_arrives: bool) -> None:
    app = await an_app()
    config = await an_automation(app, tagging("one"))
    shops = [await a_shop(app.id) for _ in range(6)]
    for writes, shop in enumerate(shops):
        with suppress(Killed), dying(writes, last_arrives=last_arrives):
            await an_event(app.id, "banner-published", shop.domain, key=f"key-{writes}")
    for writes, shop in enumerate(shops):  # the sender's requests failed, so they come again
        await an_event(app.id, "banner-published", shop.domain, key=f"key-{writes}")
    with clock.shifted(timedelta(minutes=1)):
        await apply_pending_events(SYSTEM)
        await worked_off()
    assert await AutomationTracker.find({"configId": config.id, "run": 1}).count() == len(shops)


@pytest.mark.parametrize("last_arrives", [False, True])
async def test_the_clock_starts_everybody_once(last_arrives: bool) -> None:
    app = await an_app()
    schedule = {"trigger": "schedule", "schedule": {"rhythm": "daily"}}
    config = await an_automation(app, tagging("one"), reentry="always", **schedule)
    shops = [await a_shop(app.id) for _ in range(3)]
    assert config.next_run_at is not None
    at = config.next_run_at
    with clock.shifted(at - clock.now() + timedelta(seconds=5)):
        for writes in range(6):
            with suppress(Killed), dying(writes, last_arrives=last_arrives):
                await start_due_automations(SYSTEM)
        (job,) = await EmailJob.find({"type": "automation.schedule"}).to_list()
        assert job.payload["configId"] == str(config.id)
        for writes in range(6):
            with suppress(Killed), dying(writes, last_arrives=last_arrives):
                await run_schedule(SYSTEM, config.id, at)
        await worked_off()
    for shop in shops:
        tracker = await tracker_of(config, shop)
        assert (tracker.run, [kind for kind, _ in told(tracker)]) == (1, ["entered", "done", "completed"])


@pytest.mark.parametrize("last_arrives", [False, True])
@pytest.mark.parametrize("writes", range(3))
async def test_a_change_that_was_cut_off_leaves_everybody_their_steps(writes: int, last_arrives: bool) -> None:
    app = await an_app()
    config, shop = await an_automation(app, WAIT, tagging("old")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    change = AutomationUpdate.model_validate({"steps": [tagging("new")]})
    with suppress(Killed), dying(writes, last_arrives=last_arrives):
        await update_automation(SYSTEM, str(config.id), change)
    again = await update_automation(SYSTEM, str(config.id), change)
    with clock.shifted(timedelta(days=4)):
        await worked_off()
    assert (await Shop.get(shop.id)).tags == ["old"]  # type: ignore[union-attr]
    assert [step.tag for step in again.steps] == ["new"]


async def test_a_worker_whose_lease_is_over_changes_nothing() -> None:
    app = await an_app()
    config, shop = await an_automation(app, tagging("one"), tagging("two")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await work_off_events(SYSTEM)
    with suppress(Killed, BaseExceptionGroup), dying(2, last_arrives=False):
        await run_due_trackers(SYSTEM)
    stale = await tracker_of(config, shop)
    with clock.shifted(LATER):
        await worked_off()
    held = {"_id": stale.id, "claim": stale.claim}
    assert await AutomationTracker.change(held, {"$set": {"stepId": "step-1"}}) is None
    assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED
