"""The demonstration company: complete, believable, consistent, and the same every time."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from core.actor import Actor, Role
from models.api_keys import ApiKey
from models.app_events import KEPT, AppEvent
from models.apps import App
from models.email_alerts import EmailAlert
from models.plans import Plan
from models.shops import Shop, ShopStatus, SubscriptionStatus
from models.slack_routing import SlackRule
from models.templates import Template
from models.users import User
from models.webhook_events import WebhookEvent
from resolvers.metric_periods import MetricsQuery
from resolvers.metrics import get_metrics
from resolvers.shop_changes import Standing, replayed
from resolvers.shops import shop_stats
from resolvers.template_trials import TemplatePreview, preview_template
from seed.catalog import APPS
from seed.company import found_company
from seed.histories import ACTOR, histories
from seed.merchants import merchants
from seed.templates import write_templates
from tests.factories.apps import an_app
from tests.seed.conftest import NOW, plans

pytestmark = pytest.mark.usefixtures("platform")


async def test_its_templates_render_with_their_samples() -> None:
    await an_app("reviews-all-over", name="Reviews All Over")
    await write_templates("reviews-all-over")
    for template in await Template.find_all().to_list():
        preview = TemplatePreview.model_validate({"templateId": str(template.id)})
        shown = await preview_template(ACTOR, template.app_id, preview)
        assert "Ada" in shown.text
        assert "(https://" in shown.text


async def test_it_is_complete() -> None:
    shown: list[int] = []
    made = await found_company(lambda what, done, total: shown.append(done * 100 // total))
    assert await App.find_all().count() == 3
    assert await Plan.find_all().count() == 8
    assert {user.role for user in await User.find_all().to_list()} == set(Role)
    assert await ApiKey.find_all().count() == len(made.api_keys) == 2
    for app in APPS:
        templates = await Template.find({"appId": app.id, "category": {"$ne": "outreach"}}).to_list()
        assert 5 <= len({template.key for template in templates}) <= 8
        assert {template.language for template in templates} == {"en", "de", "fr"}
    assert len({shop.domain for shop in await Shop.find_all().to_list()}) == 400
    assert await AppEvent.find({"appliedAt": None}).count() == 0
    assert await WebhookEvent.find({"status": "received"}).count() == 0
    assert {one.provider.value for one in await WebhookEvent.find_all().to_list()} == {"resend", "shopify"}
    assert sorted(one.status.value for one in await EmailAlert.find_all().to_list()) == ["open", "resolved"]
    rules = await SlackRule.find_all().to_list()
    assert (len(rules), any(rule.active for rule in rules)) == (8, False), "a demonstration posts nothing"
    assert shown[-1] == 100


@pytest.mark.usefixtures("demonstration")
async def test_its_statistics_are_those_of_its_shops() -> None:
    for app in APPS:
        shops = await Shop.find({"appId": app.id}).to_list()
        stats = await shop_stats(Actor.system("tests"), app.id)
        assert stats.total == len(shops)
        assert stats.active == sum(shop.status is ShopStatus.ACTIVE for shop in shops)
        numbers = await (await get_metrics(ACTOR, MetricsQuery(), [app.id])).shops()
        assert (numbers.total, numbers.active, numbers.by_plan) == (stats.total, stats.active, dict(stats.by_plan))
        assert numbers.over_time[0].total > stats.total / 2
        assert numbers.new_today < stats.total / 20


async def test_it_is_the_same_every_time(history: tuple[list[Shop], list[AppEvent]]) -> None:
    random = Random(7)
    again, _ = histories(random, merchants(random, 400), plans(), NOW)
    assert [(shop.domain, shop.installed_at, shop.status) for shop in again] == [
        (shop.domain, shop.installed_at, shop.status) for shop in history[0]
    ]


async def test_each_shop_stands_where_its_history_leads(history: tuple[list[Shop], list[AppEvent]]) -> None:
    for shop in history[0]:
        standing, told = replayed(shop.history)
        assert standing == Standing.of(shop)
        assert told == shop.history


async def test_a_year_of_growth_trials_upgrades_and_leaving(history: tuple[list[Shop], list[AppEvent]]) -> None:
    shops, _ = history
    statuses = Counter(shop.status for shop in shops)
    assert 0.15 < statuses[ShopStatus.UNINSTALLED] / len(shops) < 0.5
    months = Counter((NOW - shop.created_at) // timedelta(days=91) for shop in shops)
    assert months[0] > 2 * months[3]
    assert sum(shop.trial_ends_at is not None and shop.trial_ends_at > NOW for shop in shops) > 20
    reported = {change.subscription.status for shop in shops for change in shop.history if change.subscription}
    assert reported == {SubscriptionStatus.ACTIVE, SubscriptionStatus.FROZEN}
    assert max(Counter(shop.domain for shop in shops).values()) == 3


async def test_nothing_happens_in_the_future_or_before_the_first_install(
    history: tuple[list[Shop], list[AppEvent]],
) -> None:
    shops, events = history
    assert all(NOW - KEPT < event.occurred_at <= NOW for event in events)
    assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
    for shop in shops:
        assert shop.created_at == shop.history[0].at
        assert shop.history[-1].at <= NOW
        assert shop.created_at > NOW - timedelta(days=366)
