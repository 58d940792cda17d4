"""What lets shops enter besides the events of the apps' backends, and what conditions know of them."""

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from conditions.evaluation import evaluate
from core import clock
from core.errors import InvalidInput, RateLimited, Unavailable
from core.outgoing import Answer
from models.apps import App
from models.automation_trackers import AutomationEvent, AutomationTracker
from models.automations import AutomationConfig
from models.contacts import ConsentCategory, ConsentState
from models.email_events import EmailEventType
from models.shops import Shop
from models.tickets import TicketStatus
from resolvers import automation_webhooks
from resolvers.automation_conditions import read_condition
from resolvers.automation_facts import Asked, facts_of, shop_at, since_of
from resolvers.automation_webhooks import automation_webhook_secret, call_webhook
from resolvers.contacts import get_contact
from resolvers.email_effects import apply_pending_email_events
from resolvers.tickets import TicketStatusChange, change_ticket_status
from tests.factories.apps import an_app
from tests.factories.automations import MAIL, SYSTEM, a_mail, an_automation, tagging, tracker_of, worked_off
from tests.factories.contacts import with_consent
from tests.factories.feedback import said as said_of
from tests.factories.mail import a_delivery, an_email_event
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago
from tests.factories.tickets import a_ticket

pytestmark = pytest.mark.usefixtures("platform")

ADA = "ada@tea.example.com"


async def prepared(trigger: str, **given: Any) -> tuple[App, AutomationConfig, Shop]:
    app = await an_app()
    return app, await an_automation(app, tagging("done"), trigger=trigger, **given), await a_shop(app.id, email=ADA)


async def entered(config: AutomationConfig) -> int:
    await worked_off()
    return await AutomationTracker.find({"configId": config.id}).count()


class TestTriggers:
    async def test_a_ticket_that_is_created_and_one_that_is_resolved(self) -> None:
        app, created, shop = await prepared("ticket.created")
        resolved = await an_automation(app, tagging("solved"), trigger="ticket.resolved")
        ticket = await a_ticket(app.id, email=ADA, shopDomain=shop.domain)
        assert (await entered(created), await entered(resolved)) == (1, 0)
        await change_ticket_status(SYSTEM, str(ticket.id), TicketStatusChange(status=TicketStatus.RESOLVED))
        assert await entered(resolved) == 1

    async def test_feedback_with_its_rating(self) -> None:
        low = {"field": "event.rating", "op": "lte", "value": 2}
        app, config, shop = await prepared("feedback.received", condition=low)
        await said_of(app.id, SYSTEM, shopDomain=shop.domain, rating=5, message="Good")
        assert await entered(config) == 0
        await said_of(app.id, SYSTEM, shopDomain=shop.domain, rating=1, message="Bad")
        assert await entered(config) == 1

    async def test_a_change_of_consent(self) -> None:
        _, config, _ = await prepared("contact.consent_changed")
        await with_consent(await get_contact(SYSTEM, ADA), ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN)
        assert await entered(config) == 1

    async def test_a_click_of_a_person_and_not_of_a_scanner(self) -> None:
        app, config, _ = await prepared("email.clicked")
        delivery = await a_delivery(await get_contact(SYSTEM, ADA), app_id=app.id)
        for is_machine, expected in ((True, 0), (False, 1)):
            await an_email_event(delivery, EmailEventType.CLICKED, is_machine=is_machine, pending=True)
            await apply_pending_email_events(SYSTEM)
            assert await entered(config) == expected

    async def test_a_click_in_its_own_mail_says_which_automation_it_came_from(self) -> None:
        app = await an_app()
        await a_mail(app)
        config = await an_automation(app, MAIL, trigger="email.clicked", reentry="always")
        shop = await a_shop(app.id, email=ADA)
        ada = await get_contact(SYSTEM, ADA)
        first = await a_delivery(ada, app_id=app.id)
        await an_email_event(first, EmailEventType.CLICKED, pending=True)
        await apply_pending_email_events(SYSTEM)
        await worked_off()
        tracker = await tracker_of(config, shop)
        own = await a_delivery(ada, app_id=app.id, source=f"automation:{tracker.id}:9:x")
        await an_email_event(own, EmailEventType.CLICKED, pending=True)
        await apply_pending_email_events(SYSTEM)
        await worked_off()
        assert (await tracker_of(config, shop)).run == 1
        last = await AutomationEvent.find().sort("-createdAt").first_or_none()
        assert last is not None
        assert "brought this about itself" in last.decisions[0].sentence


class TestFacts:
    async def test_are_those_of_shop_plan_contact_tickets_mail_and_events(self) -> None:
        app = await an_app()
        await a_plan(app.id, "pro")
        shop = await a_shop(app.id, at=days_ago(20), email=ADA, plan="pro", country="GB")
        await an_event(app.id, "banner-published", shop.domain)
        await a_ticket(app.id, email=ADA, shopDomain=shop.domain)
        sent = clock.now() - timedelta(days=1)
        await a_delivery(await get_contact(SYSTEM, ADA), app_id=app.id, sent_at=sent)
        node = read_condition(
            {
                "all": [
                    {"field": "shop.country", "op": "eq", "value": "GB"},
                    {"field": "plan.price", "op": "eq", "value": 40},
                    {"field": "contact.consent.product", "op": "eq", "value": "not_specified"},
                    {"field": "tickets.open", "op": "eq", "value": 1},
                    {"not": {"field": "tickets.lastRating", "op": "exists", "value": True}},
                    {"field": "mail.lastSentAt", "op": "within_last", "value": "2d"},
                    {"event_count": {"name": "banner-published", "op": "eq", "value": 1, "within": "1d"}},
                    {"has_been": {"field": "plan.handle", "value": "pro", "for": "19d"}},
                    {"field": "event.size", "op": "eq", "value": 3},
                ]
            }
        ).node
        assert node is not None
        facts = (await facts_of([shop], Asked.by([node]), clock.now(), {shop.id: {"size": 3}}))[shop.id]
        found = evaluate(node, facts)
        assert [reason.sentence for reason in found.reasons if not reason.holds] == [found.reasons[4].sentence]
        assert found.holds

    async def test_of_a_moment_are_where_the_shop_stood_then(self) -> None:
        app = await an_app()
        await a_plan(app.id, "pro")
        domain = (await a_shop(app.id, at=days_ago(20))).domain
        await an_event(app.id, "plan-changed", domain, at=days_ago(10), plan="pro")
        await an_event(app.id, "app-uninstalled", domain, at=days_ago(5))
        shop = await Shop.find_one({"domain": domain})
        assert shop is not None
        assert shop_at(shop, days_ago(30)) is None
        then = shop_at(shop, days_ago(15))
        later = shop_at(shop, days_ago(7))
        assert (then.status.value, then.subscription) == ("active", None)  # type: ignore[union-attr]
        assert later is not None and later.subscription is not None
        assert since_of(later)["plan.handle"] == later.subscription.since
        assert since_of(shop)["shop.status"] == shop.uninstalled_at


class TestWebhooks:
    @pytest.mark.parametrize(
        ("status", "raised"), [(200, None), (204, None), (500, Unavailable), (429, RateLimited), (410, InvalidInput)]
    )
    async def test_are_signed_and_tried_again_where_that_may_help(
        self, status: int, raised: type[Exception] | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app, posted = await an_app(), []

        async def post(url: str, content: bytes, headers: dict[str, str]) -> Answer:
            posted.append((url, content, headers))
            return Answer(status, {}, b"")

        monkeypatch.setattr(automation_webhooks, "post", post)
        if raised is None:
            assert await call_webhook(SYSTEM, app.id, "https://hooks.example.com/a", "key-1", '{"a": 1}') == status
        else:
            with pytest.raises(raised):
                await call_webhook(SYSTEM, app.id, "https://hooks.example.com/a", "key-1", '{"a": 1}')
        ((_, content, headers),) = posted
        secret = await automation_webhook_secret(SYSTEM, app.id)
        assert Webhook(secret).verify(content, headers) == {"a": 1}
        assert headers["webhook-id"] == "key-1"

    async def test_never_reach_what_is_inside(self) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput, match="not public"):
            await call_webhook(SYSTEM, app.id, "https://127.0.0.1/a", "key-1", "{}")
