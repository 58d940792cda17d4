"""What Slack is told of shops, once per event."""

from datetime import timedelta

import pytest

from core import clock
from models.slack_messages import SlackMessage
from models.slack_routing import SlackTopic
from resolvers.app_events import apply_pending_events
from tests.factories.apps import an_app
from tests.factories.plans import a_plan
from tests.factories.shops import BACKEND, an_event, days_ago
from tests.factories.slack import a_rule

pytestmark = pytest.mark.usefixtures("platform")
DOMAIN = "tea-and-cakes.myshopify.com"
TOPICS = (SlackTopic.INSTALLS, SlackTopic.UNINSTALLS, SlackTopic.BILLING)


async def an_app_that_is_talked_of() -> str:
    app = await an_app()
    await a_plan(app.id, "pro")
    for topic in TOPICS:
        await a_rule(topic=topic)
    return app.id


async def news() -> list[tuple[str, str | None]]:
    return [(one.topic.value, one.text) for one in await SlackMessage.find_all().sort("place").to_list()]


async def test_shops_that_come_change_their_plan_and_go() -> None:
    app_id = await an_app_that_is_talked_of()
    tea = {"name": "Tea & Cakes", "country": "GB"}
    await an_event(app_id, "app-installed", DOMAIN, at=clock.now() - timedelta(hours=23), plan="pro", **tea)
    await an_event(app_id, "plan-changed", DOMAIN, plan="pro", status="CANCELLED")
    await an_event(app_id, "app-uninstalled", DOMAIN, reason="Too dear")
    who = f"Tea & Cakes ({DOMAIN}, GB)"
    assert await news() == [
        ("installs", f"{who} installed the app, with the plan Pro"),
        ("billing", f"{who} cancelled Pro, 40 USD every 30 days"),
        ("uninstalls", f"{who} uninstalled the app after 0 days: Too dear"),
    ]


async def test_a_shop_that_is_not_known_by_name_goes_by_its_domain_and_a_test_is_called_one() -> None:
    app_id = await an_app_that_is_talked_of()
    await an_event(app_id, "app-installed", DOMAIN, isTest=True)
    assert await news() == [("installs", f"{DOMAIN} (a test) installed the app")]


async def test_an_event_that_is_applied_again_is_told_once() -> None:
    app_id = await an_app_that_is_talked_of()
    event = await an_event(app_id, "app-installed", DOMAIN, key="install-1")
    await an_event(app_id, "app-installed", DOMAIN, key="install-1")
    await event.set({"appliedAt": None})
    with clock.shifted(timedelta(minutes=1)):
        await apply_pending_events(BACKEND)
    assert len(await news()) == 1


async def test_what_happened_long_ago_is_no_news() -> None:
    app_id = await an_app_that_is_talked_of()
    await an_event(app_id, "app-installed", DOMAIN, at=days_ago(3))
    assert await news() == []


async def test_other_events_and_plans_that_are_not_known_are_not_told() -> None:
    app_id = await an_app_that_is_talked_of()
    await an_event(app_id, "banner-published", DOMAIN)
    await an_event(app_id, "plan-changed", DOMAIN, plan="nonsense")
    assert await news() == []
