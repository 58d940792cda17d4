"""Shops that go through automations, from what happened to the last step."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from models.apps import App
from models.automation_trackers import AutomationEvent, AutomationTracker, TrackerStatus
from models.contacts import Contact
from models.deliveries import Delivery
from models.enrollments import Enrollment
from models.shops import Shop, ShopStatus
from models.slack_messages import SlackMessage
from models.slack_routing import SlackTopic
from resolvers.automation_news import Happening, announce
from resolvers.automations import AutomationUpdate, delete_automation, toggle_automation, update_automation
from resolvers.consent import opt_out_contact
from resolvers.shops import ShopStatusChange, change_shop_status
from tests.factories.apps import an_app
from tests.factories.automations import (
    MAIL,
    SYSTEM,
    TAG,
    WAIT,
    a_mail,
    an_automation,
    later,
    tagging,
    told,
    tracker_of,
    worked_off,
)
from tests.factories.sequences import a_sequence, an_outreach_template, mail
from tests.factories.shops import a_shop, an_event
from tests.factories.slack import a_rule

pytestmark = pytest.mark.usefixtures("platform")


async def published(app: App, shop: Shop, **data: Any) -> None:
    await an_event(app.id, "banner-published", shop.domain, **data)


async def fresh(shop: Shop) -> Shop:
    found = await Shop.get(shop.id)
    assert found is not None
    return found


class TestSteps:
    async def test_are_done_one_after_the_other_with_waits_between(self) -> None:
        app = await an_app()
        await a_mail(app)
        config = await an_automation(
            app,
            MAIL,
            WAIT,
            {"type": "set_field", "field": "stage", "value": "onboarded"},
            {"type": "notify_slack", "text": "{shop.name} is on board, {shop.email} too", "topic": "installs"},
            {"type": "webhook", "url": "https://hooks.example.com/a"},
            trigger="app-installed",
        )
        await a_rule(topic=SlackTopic.INSTALLS)
        shop = await a_shop(app.id, name="Tea", email="ada@tea.example.com")
        await worked_off()
        tracker = await tracker_of(config, shop)
        assert (tracker.status, tracker.step_id) == (TrackerStatus.ACTIVE, "step-3")
        (delivery,) = await Delivery.find({"source": {"$regex": "^automation:"}}).to_list()
        assert (delivery.email, delivery.category.value, delivery.values["shop_name"]) == (
            "ada@tea.example.com", "product", "Tea",
        )  # fmt: skip
        await later(2.9)
        assert (await tracker_of(config, shop)).step_id == "step-3"
        await later(3.1)
        tracker = await tracker_of(config, shop)
        assert (tracker.status, tracker.ended_at is not None) == (TrackerStatus.COMPLETED, True)
        assert [kind for kind, _ in told(tracker)] == [
            "entered", "done", "waiting", "done", "done", "done", "completed",
        ]  # fmt: skip
        assert tracker.timeline[1].delivery_id == delivery.id
        assert (await fresh(shop)).custom_fields == {"stage": "onboarded"}
        assert "Tea is on board, {shop.email} too" in {message.text for message in await SlackMessage.find().to_list()}

    async def test_conditions_branch_and_say_why(self) -> None:
        app = await an_app()
        config = await an_automation(
            app,
            {
                "type": "condition",
                "condition": {"field": "event.size", "op": "gt", "value": 2},
                "onTrue": "big",
                "onFalse": "small",
            },
            {"id": "small", **tagging("small")},
            {"id": "big", **tagging("big")},
        )
        one, two = await a_shop(app.id), await a_shop(app.id)
        await published(app, one, size=3)
        await published(app, two, size=1)
        await worked_off()
        assert ((await fresh(one)).tags, (await fresh(two)).tags) == (["big"], ["small", "big"])
        branched = (await tracker_of(config, one)).timeline[1]
        assert branched.sentence == "The condition holds: goes on with big"
        assert [reason.sentence for reason in branched.reasons] == ["event.size gt 2: it is 3"]

    async def test_a_condition_that_does_not_hold_ends_it_unless_it_leads_elsewhere(self) -> None:
        app = await an_app()
        never = {"type": "condition", "condition": {"field": "shop.isTest", "op": "eq", "value": True}}
        config, shop = await an_automation(app, never, TAG), await a_shop(app.id)
        await published(app, shop)
        await worked_off()
        tracker = await tracker_of(config, shop)
        assert (tracker.status, (await fresh(shop)).tags) == (TrackerStatus.COMPLETED, [])

    @pytest.mark.parametrize("comes", [True, False])
    async def test_an_event_is_waited_for_until_it_is_too_late(self, comes: bool) -> None:
        app = await an_app()
        listens = {"type": "wait_for_event", "event": "plan-picked", "timeout": "2d", "onTimeout": "late"}
        config = await an_automation(app, listens, tagging("in-time"), {"id": "late", **tagging("late")})
        shop = await a_shop(app.id)
        await published(app, shop)
        await worked_off()
        assert (await tracker_of(config, shop)).waiting_for == "plan-picked"
        if comes:
            await an_event(app.id, "plan-picked", shop.domain)
        await later(2.1)
        assert (await fresh(shop)).tags == (["in-time", "late"] if comes else ["late"])

    async def test_what_was_changed_is_gone_through_by_those_who_come_later(self) -> None:
        app, steps = await an_app(), [WAIT, tagging("old")]
        config, one = await an_automation(app, *steps), await a_shop(app.id)
        await published(app, one)
        await worked_off()
        changed = await update_automation(
            SYSTEM, str(config.id), AutomationUpdate.model_validate({"steps": [tagging("new")], "name": "Other"})
        )
        two = await a_shop(app.id)
        await published(app, two)
        await later(4)
        assert changed.version == 2
        assert ((await fresh(one)).tags, (await fresh(two)).tags) == (["old"], ["new"])

    async def test_a_step_that_can_not_be_done_stops_it_and_says_so(self) -> None:
        app = await an_app()
        config, shop = await an_automation(app, TAG), await a_shop(app.id)
        await shop.set({"tags": [f"tag-{n}" for n in range(50)]})
        await published(app, shop)
        await worked_off()
        tracker = await tracker_of(config, shop)
        assert tracker.status is TrackerStatus.FAILED
        assert told(tracker)[-1] == ("failed", "The shop has 50 tags already")

    async def test_that_is_not_there_stops_it_and_holds_up_nobody_else(self) -> None:
        app = await an_app()
        config, one, two = await an_automation(app, WAIT, TAG), await a_shop(app.id), await a_shop(app.id)
        for shop in (one, two):
            await published(app, shop)
        await worked_off()
        await (await tracker_of(config, one)).set({"stepId": "gone"})
        await later(4)
        broken = await tracker_of(config, one)
        assert (broken.status, told(broken)[-1]) == (TrackerStatus.FAILED, ("failed", "There is no step gone"))
        assert (await fresh(two)).tags == ["welcomed"]

    async def test_of_a_condition_that_is_not_valid_any_more_lead_nowhere(self) -> None:
        app = await an_app()
        asks = {"type": "condition", "condition": {"field": "plan.name", "op": "exists", "value": False}}
        config, shop = await an_automation(app, WAIT, asks, TAG), await a_shop(app.id)
        await published(app, shop)
        await worked_off()
        await config.set({"steps.1.condition": {"field": "plan.nome", "op": "exists", "value": False}})
        await later(4)
        assert (await tracker_of(config, shop)).status is TrackerStatus.FAILED
        assert (await fresh(shop)).tags == []
        await config.set({"condition": {"field": "plan.nome", "op": "exists", "value": False}})
        other = await a_shop(app.id)
        await published(app, other)
        await worked_off()
        event = await AutomationEvent.find_one({"shopDomain": other.domain})
        assert event is not None
        assert event.decisions[0].sentence.startswith("The condition to enter is not valid any more")


class TestEnrolling:
    async def test_puts_the_shop_s_person_into_a_sequence(self) -> None:
        app = await an_app()
        template = await an_outreach_template(app.id)
        sequence = await a_sequence([mail(template)])
        config = await an_automation(app, {"type": "enroll", "sequenceId": str(sequence.id)}, reentry="always")
        known, unknown = await a_shop(app.id, email="ada@tea.example.com"), await a_shop(app.id)
        for shop in (known, unknown):
            await published(app, shop)
        await worked_off()
        await published(app, known)
        await worked_off()
        sentences = [entry.sentence for entry in (await tracker_of(config, known)).timeline if entry.step_id]
        assert sentences[0] == f"Enrolled in {sequence.name}"
        assert sentences[1] == "Not enrolled: The person is in this sequence already"
        assert told(await tracker_of(config, unknown))[1][1] == "Not enrolled: nobody is known at the shop's address"
        assert await Enrollment.count() == 1

    async def test_fails_where_the_sequence_is_gone_or_another_app_s(self) -> None:
        app, other = await an_app(), await an_app()
        sequence = await a_sequence([mail(await an_outreach_template(other.id))])
        await sequence.set({"appId": other.id})
        config, shop = (
            await an_automation(app, {"type": "enroll", "sequenceId": str(sequence.id)}),
            await a_shop(app.id),
        )
        await published(app, shop)
        await worked_off()
        tracker = await tracker_of(config, shop)
        assert (tracker.status, told(tracker)[-1][1]) == (TrackerStatus.FAILED, "Sequence not found")


class TestMail:
    async def test_says_why_it_is_not_sent(self) -> None:
        app = await an_app()
        config = await an_automation(app, MAIL, TAG)
        shop = await a_shop(app.id, email="ada@tea.example.com")
        await published(app, shop)
        await worked_off()
        assert told(await tracker_of(config, shop))[1] == (
            "not_done",
            "Not sent: the app has no active template welcome",
        )
        assert (await fresh(shop)).tags == ["welcomed"]

    async def test_goes_to_nobody_who_opted_out(self) -> None:
        app = await an_app()
        await a_mail(app)
        config = await an_automation(app, MAIL)
        shop = await a_shop(app.id, email="ada@tea.example.com")
        contact = await Contact.find_one({"emailKey": "ada@tea.example.com"})
        assert contact is not None
        await opt_out_contact(SYSTEM, str(contact.id))
        await published(app, shop)
        await worked_off()
        kind, sentence = told(await tracker_of(config, shop))[1]
        assert (kind, sentence) == ("not_done", "Not sent: The person opted out of all mail but transactional")
        assert await Delivery.count() == 0

    async def test_has_the_values_of_the_step_filled_with_what_is_known(self) -> None:
        app = await an_app()
        await a_mail(app)
        values = {"days": 3, "text": "{shop.name} of {shop.email}: {plan.name}"}
        await an_automation(app, {**MAIL, "values": values})
        await published(app, await a_shop(app.id, email="ada@tea.example.com", name="Tea"))
        await worked_off()
        (delivery,) = await Delivery.find_all().to_list()
        assert (delivery.values["days"], delivery.values["text"]) == (3, "Tea of {shop.email}: ?")

    async def test_is_not_more_than_a_person_can_take(self) -> None:
        app = await an_app()
        await a_mail(app)
        config = await an_automation(app, *[MAIL] * 6)
        shop = await a_shop(app.id, email="ada@tea.example.com")
        await published(app, shop)
        await worked_off()
        assert [kind for kind, _ in told(await tracker_of(config, shop))][1:-1] == ["done"] * 4 + ["not_done"] * 2
        assert await Delivery.count() == 4


class TestEntering:
    async def test_needs_the_condition_and_every_decision_is_kept(self) -> None:
        app = await an_app()
        condition = {"field": "event.size", "op": "gte", "value": 2}
        config, shop = await an_automation(app, condition=condition), await a_shop(app.id)
        await published(app, shop, size=1)
        await worked_off()
        assert await AutomationTracker.count() == 0
        (event,) = await AutomationEvent.find({"name": "banner-published"}).to_list()
        (decision,) = event.decisions
        assert (decision.config_id, decision.entered) == (config.id, False)
        assert [reason.sentence for reason in decision.reasons] == ["event.size gte 2: it is 1"]

    async def test_what_nobody_listens_to_is_not_kept(self) -> None:
        app, other = await an_app(), await an_app()
        await an_automation(other)
        await published(app, await a_shop(app.id))
        assert await AutomationEvent.count() == 0

    async def test_old_news_lets_nobody_enter(self) -> None:
        app = await an_app()
        await an_automation(app)
        shop = await a_shop(app.id)
        await an_event(app.id, "banner-published", shop.domain, at=clock.now() - timedelta(days=2))
        assert await AutomationEvent.count() == 0

    @pytest.mark.parametrize(
        ("reentry", "hours", "runs"),
        [
            ({"reentry": "never"}, 1000, 1),
            ({"reentry": "always"}, 0, 2),
            ({"reentry": "after_cooldown", "cooldown": "2d"}, 47, 1),
            ({"reentry": "after_cooldown", "cooldown": "2d"}, 49, 2),
        ],
    )
    async def test_again(self, reentry: dict[str, Any], hours: float, runs: int) -> None:
        app = await an_app()
        config, shop = await an_automation(app, **reentry), await a_shop(app.id)
        await published(app, shop)
        await worked_off()
        with clock.shifted(timedelta(hours=hours)):
            await published(app, shop)
            await worked_off()
        tracker = await tracker_of(config, shop)
        assert (tracker.run, tracker.status) == (runs, TrackerStatus.COMPLETED)
        assert [entry.run for entry in tracker.timeline if entry.kind == "entered"] == list(range(1, runs + 1))

    async def test_not_while_it_is_under_way(self) -> None:
        app = await an_app()
        config, shop = await an_automation(app, WAIT, reentry="always"), await a_shop(app.id)
        for _ in range(2):
            await published(app, shop)
            await worked_off()
        assert (await tracker_of(config, shop)).run == 1
        refused = [one.decisions[0].sentence for one in await AutomationEvent.find().sort("at").to_list()]
        assert refused == ["Entered", "It is under way already"]

    async def test_one_event_counts_once(self) -> None:
        app = await an_app()
        config, shop = await an_automation(app, reentry="always"), await a_shop(app.id)
        happening = Happening("the-one", app.id, shop.domain, "banner-published", clock.now())
        for _ in range(3):
            await announce([happening])
            await AutomationEvent.find({"_id": "the-one"}).update({"$set": {"visibleAt": clock.now()}})
            await worked_off()
        assert (await tracker_of(config, shop)).run == 1

    async def test_an_automation_does_not_start_itself_more_than_once_an_hour(self) -> None:
        app = await an_app()
        one = await an_automation(app, tagging("ping"), trigger="shop.tagged", reentry="always")
        two = await an_automation(app, tagging("pong"), trigger="shop.tagged", reentry="always")
        begun = await an_automation(app, tagging("begin"))
        shop = await a_shop(app.id)
        await published(app, shop)
        for _ in range(30):
            await worked_off()
        runs = [(await tracker_of(config, shop)).run for config in (one, two, begun)]
        assert runs[2] == 1
        assert max(runs) <= 2

    async def test_events_end_it(self) -> None:
        app = await an_app()
        config, shop = await an_automation(app, WAIT, TAG, exitOn=["app-uninstalled"]), await a_shop(app.id)
        await published(app, shop)
        await worked_off()
        await an_event(app.id, "app-uninstalled", shop.domain)
        await later(4)
        tracker = await tracker_of(config, shop)
        assert (tracker.status, told(tracker)[-1]) == (TrackerStatus.EXITED, ("exited", "Ended by app-uninstalled"))
        assert (await fresh(shop)).tags == []


class TestRedacting:
    async def test_of_a_shop_leaves_that_it_was_there_and_nothing_else(self) -> None:
        app = await an_app()
        condition = {"field": "event.by", "op": "contains", "value": "a"}
        config, shop = await an_automation(app, WAIT, TAG, condition=condition), await a_shop(app.id)
        await published(app, shop, by="Ada")
        await worked_off()
        await change_shop_status(SYSTEM, app.id, shop.domain, ShopStatusChange(status=ShopStatus.REDACTED))
        tracker = await tracker_of(config, shop)
        (event,) = await AutomationEvent.find({"name": "banner-published"}).to_list()
        assert (tracker.event["data"], event.data) == ({}, {})
        assert not any(entry.reasons for entry in tracker.timeline)
        assert not event.decisions[0].reasons
        await later(4)
        assert told(await tracker_of(config, shop))[-1] == ("exited", "The shop's data was erased")


class TestSwitching:
    async def test_off_lets_nobody_in_and_nobody_further_until_it_is_on_again(self) -> None:
        app = await an_app()
        config, one, two = await an_automation(app, WAIT, TAG), await a_shop(app.id), await a_shop(app.id)
        await published(app, one)
        await worked_off()
        await toggle_automation(SYSTEM, str(config.id))
        await published(app, two)
        await later(4)
        assert ((await fresh(one)).tags, await AutomationTracker.count()) == ([], 1)
        await toggle_automation(SYSTEM, str(config.id))
        await later(5)
        assert (await fresh(one)).tags == ["welcomed"]

    async def test_deleting_takes_out_who_is_under_way(self) -> None:
        app = await an_app()
        config, shop = await an_automation(app, WAIT, TAG), await a_shop(app.id)
        await published(app, shop)
        await worked_off()
        deletion = await delete_automation(SYSTEM, str(config.id))
        assert deletion.message == "Automation deleted; 1 shop that was under way was taken out"
        await later(4)
        tracker = await tracker_of(config, shop)
        assert (tracker.status, (await fresh(shop)).tags) == (TrackerStatus.EXITED, [])
