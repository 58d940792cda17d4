"""The dry run and the back-test: what would happen, and why not."""

from datetime import timedelta
from typing import Any

import pytest

from core.actor import Actor, Role
from core.errors import NotFound, Unauthenticated
from models.automation_trackers import AutomationTracker
from models.deliveries import Delivery
from models.shops import Shop
from resolvers.automation_backtests import AutomationBacktestPeriod, backtest_automation
from resolvers.automation_trials import AutomationTry, dry_run_automation
from tests.factories.apps import an_app
from tests.factories.automations import MAIL, SYSTEM, WAIT, a_mail, an_automation, tagging
from tests.factories.people import an_actor
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

ON_PRO = {"field": "plan.handle", "op": "eq", "value": "pro"}
PERIOD = AutomationBacktestPeriod()


def trying(shop: Shop, **given: Any) -> AutomationTry:
    return AutomationTry.model_validate({"shopDomain": shop.domain, **given})


class TestDryRun:
    async def test_says_what_would_happen_when_and_why(self) -> None:
        app = await an_app()
        await a_mail(app)
        asks = {"type": "condition", "condition": ON_PRO, "onFalse": "bye"}
        config = await an_automation(app, MAIL, WAIT, asks, MAIL, {"id": "bye", **tagging("bye")}, enabled=False)
        shop = await a_shop(app.id, email="ada@tea.example.com")
        found = await dry_run_automation(await an_actor(Role.VIEWER), str(config.id), trying(shop))
        assert (found.enters, found.sentence) == (True, "It would enter")
        assert [(one.step_id, one.happens, one.sentence) for one in found.steps] == [
            ("step-1", True, "The mail welcome"),
            ("step-2", True, "Waits for 3 days"),
            ("step-3", True, "The condition does not hold: goes on with bye"),
            ("bye", True, "Tags the shop bye"),
            (None, True, "Comes to its end"),
        ]
        assert found.steps[3].at - found.steps[0].at == timedelta(days=3)
        assert [reason.sentence for reason in found.steps[2].reasons] == ["plan.handle eq pro: nothing is known of it"]
        assert (await AutomationTracker.count(), await Delivery.count()) == (0, 0)

    async def test_counts_the_caps_and_says_who_would_not_enter(self) -> None:
        app = await an_app()
        await a_mail(app)
        config = await an_automation(app, *[MAIL] * 5, condition=ON_PRO)
        shop = await a_shop(app.id, email="ada@tea.example.com")
        found = await dry_run_automation(SYSTEM, str(config.id), trying(shop))
        assert (found.enters, found.sentence) == (False, "The condition to enter does not hold")
        assert [one.happens for one in found.steps] == [True] * 4 + [False, True]
        assert found.steps[4].sentence == "Not sent: automations wrote to the person 4 times in the last 7 days"

    @pytest.mark.parametrize(("comes", "tag"), [(True, "in-time"), (False, "late")])
    async def test_assumes_of_events_what_it_is_told(self, comes: bool, tag: str) -> None:
        app = await an_app()
        listens = {"type": "wait_for_event", "event": "plan-picked", "timeout": "2d", "onTimeout": "late"}
        config = await an_automation(app, listens, tagging("in-time"), {"id": "late", **tagging("late")})
        shop = await a_shop(app.id)
        tried = trying(shop, eventsCome=comes)
        found = await dry_run_automation(SYSTEM, str(config.id), tried)
        assert f"Tags the shop {tag}" in [one.sentence for one in found.steps]

    async def test_needs_a_shop_of_the_app_and_a_login(self) -> None:
        config = await an_automation(await an_app())
        other = await a_shop((await an_app()).id)
        with pytest.raises(NotFound):
            await dry_run_automation(SYSTEM, str(config.id), trying(other))
        with pytest.raises(Unauthenticated):
            await dry_run_automation(Actor.anonymous(), str(config.id), trying(other))


class TestBacktest:
    async def test_judges_each_event_by_where_the_shop_stood_then(self) -> None:
        app = await an_app()
        await a_mail(app)
        await a_plan(app.id, "pro")
        one = await a_shop(app.id, at=days_ago(60), email="ada@tea.example.com", plan="pro")
        two = await a_shop(app.id, at=days_ago(60), email="bob@tea.example.com")
        for shop in (one, two):
            await an_event(app.id, "banner-published", shop.domain, at=days_ago(40))
        await an_event(app.id, "plan-changed", two.domain, at=days_ago(30), plan="pro")
        config = await an_automation(app, MAIL, condition=ON_PRO)
        found = await backtest_automation(SYSTEM, str(config.id), PERIOD)
        assert (found.events, found.is_partial, found.entered) == (2, False, 1)
        assert [(shop.shop_domain, list(shop.mails)) for shop in found.shops] == [(one.domain, ["step-1"])]
        assert [(one.sentence, one.count) for one in found.refused] == [("The condition to enter does not hold", 1)]
        assert await Delivery.count() == 0

    async def test_counts_reentry_consent_and_caps(self) -> None:
        app = await an_app()
        await a_mail(app)
        shop, silent = await a_shop(app.id, at=days_ago(80), email="ada@tea.example.com"), await a_shop(app.id, at=days_ago(80))  # fmt: skip  # noqa: E501
        for days in (30, 29, 28, 27, 26, 10):
            await an_event(app.id, "banner-published", shop.domain, at=days_ago(days))
        await an_event(app.id, "banner-published", silent.domain, at=days_ago(3))
        config = await an_automation(app, MAIL, reentry="always")
        found = await backtest_automation(SYSTEM, str(config.id), PERIOD)
        (mail,) = found.mails
        assert (found.entered, mail.sent) == (7, 5)
        assert {one.sentence: one.count for one in mail.refused} == {
            "Automations wrote to the person 4 times within 7 days": 1,
            "Nothing is known of the shop's address": 1,
        }
        once = await an_automation(app, MAIL)
        found = await backtest_automation(SYSTEM, str(once.id), PERIOD)
        assert (found.entered, sum(one.count for one in found.refused)) == (2, 5)

    async def test_is_of_the_days_that_are_asked_for(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, at=days_ago(80))
        await an_event(app.id, "banner-published", shop.domain, at=days_ago(30))
        config = await an_automation(app)
        assert (await backtest_automation(SYSTEM, str(config.id), AutomationBacktestPeriod(days=10))).events == 0

    async def test_of_the_clock_looks_at_the_shops_of_today(self) -> None:
        app = await an_app()
        await a_shop(app.id)
        schedule = {"trigger": "schedule", "schedule": {"rhythm": "daily"}}
        config = await an_automation(app, **schedule)
        assert (await backtest_automation(SYSTEM, str(config.id), PERIOD)).entered == 1
