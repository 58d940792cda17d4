"""What Shopify tells of shops, and what it asks for in the name of people."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Actor
from core.errors import NotFound
from models.app_events import AppEvent
from models.apps import App
from models.contacts import Contact
from models.shops import Shop, ShopStatus
from models.suppressions import Suppression
from models.webhook_events import WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers import shopify_webhooks
from resolvers.contacts import get_contact
from resolvers.shops import get_shop
from resolvers.webhook_processing import process_webhook_event
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.shops import a_shop, an_event, days_ago
from tests.factories.webhooks import a_webhook_event, kept

platform = pytest.mark.usefixtures("platform")

TEA = "tea.myshopify.com"
OWNER = "owner@tea.example"
CUSTOMER = "customer@example.com"
UNINSTALLED = {"id": 1, "domain": "tea.example.com", "myshopify_domain": TEA, "email": OWNER}
REDACT = {"shop_id": 1, "shop_domain": TEA}
ABOUT_CUSTOMER = REDACT | {"customer": {"id": 7, "email": CUSTOMER, "phone": "555-625-1199"}, "orders_to_redact": [1]}


async def received(app: App, topic: str, payload: Any, shop: str = TEA) -> WebhookEvent:
    fields = {"app_id": app.id, "shop_domain": shop, "occurred_at": clock.now()}
    return await a_webhook_event(WebhookProvider.SHOPIFY, topic, payload, **fields)


async def followed(app: App, topic: str, payload: Any, shop: str = TEA) -> WebhookEvent:
    event = await received(app, topic, payload, shop)
    done = await process_webhook_event(Actor.system("tests"), str(event.id))
    assert done is not None
    return done


async def again(event: WebhookEvent) -> WebhookEvent:
    """As if the process had died before it could say that it was done."""
    before = {"status": WebhookEventStatus.RECEIVED.value, "payload": event.payload}
    await WebhookEvent.find({"_id": event.id}).update({"$set": before})
    await process_webhook_event(Actor.system("tests"), str(event.id))
    return await kept(event)


async def tea_shop(app: App) -> Shop:
    return await a_shop(app.id, TEA, at=days_ago(30), name="Tea", email=OWNER, owner="Ada Lovelace")


@platform
class TestUninstalled:
    async def test_the_shop_does_not_have_the_app_any_more(self) -> None:
        app = await an_app()
        await tea_shop(app)
        done = await followed(app, "app/uninstalled", UNINSTALLED)
        assert (done.status, done.outcome) == (WebhookEventStatus.PROCESSED, f"{TEA} does not have the app any more")
        shop = await get_shop(SYSTEM, app.id, TEA)
        assert (shop.status, shop.uninstalled_at) == (ShopStatus.UNINSTALLED, done.occurred_at)
        assert shop.history[-1].by == "system:shopify"

    async def test_told_twice_and_by_the_apps_backend_too_it_happened_once(self) -> None:
        app = await an_app()
        await tea_shop(app)
        event = await received(app, "app/uninstalled", UNINSTALLED)
        await process_webhook_event(SYSTEM, str(event.id))
        assert (await again(event)).status is WebhookEventStatus.PROCESSED
        assert await AppEvent.find({"name": "app-uninstalled"}).count() == 1
        await an_event(app.id, "app-uninstalled", TEA)
        shop = await get_shop(SYSTEM, app.id, TEA)
        assert shop.status is ShopStatus.UNINSTALLED
        assert shop.uninstalled_at == event.occurred_at

    async def test_a_late_one_does_not_undo_an_install_after_it(self) -> None:
        app = await an_app()
        await tea_shop(app)
        event = await received(app, "app/uninstalled", UNINSTALLED)
        await WebhookEvent.find_all().update({"$set": {"occurredAt": clock.now() - timedelta(days=1)}})
        await an_event(app.id, "app-installed", TEA)
        await process_webhook_event(SYSTEM, str(event.id))
        assert (await get_shop(SYSTEM, app.id, TEA)).status is ShopStatus.ACTIVE


@platform
class TestRedactingAShop:
    async def test_nothing_personal_of_the_shop_is_left(self) -> None:
        app = await an_app()
        await tea_shop(app)
        done = await followed(app, "shop/redact", REDACT)
        shop = await get_shop(SYSTEM, app.id, TEA)
        assert (shop.status, shop.name, shop.email, shop.owner) == (ShopStatus.REDACTED, "", None, None)
        assert done.status is WebhookEventStatus.PROCESSED
        assert str(done.outcome).startswith(f"{TEA} was redacted. Erased: ")

    async def test_who_is_a_contact_through_this_shop_alone_is_erased(self) -> None:
        app = await an_app()
        await tea_shop(app)
        await followed(app, "shop/redact", REDACT)
        with pytest.raises(NotFound):
            await get_contact(SYSTEM, OWNER)
        assert "lovelace" not in "".join(one.model_dump_json() for one in await Contact.find_all().to_list()).lower()
        assert await Suppression.count() == 1

    async def test_who_has_another_shop_or_app_stays_and_loses_the_link(self) -> None:
        app, other = await an_app(), await an_app()
        await tea_shop(app)
        await tea_shop(other)
        done = await followed(app, "shop/redact", REDACT)
        ada = await get_contact(SYSTEM, OWNER)
        assert [(shop.app_id, shop.domain) for shop in ada.shops] == [(other.id, TEA)]
        assert done.outcome == f"{TEA} was redacted."
        assert (await get_shop(SYSTEM, other.id, TEA)).email == OWNER

    async def test_cut_off_anywhere_it_is_completed_the_next_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def die(*_: Any) -> None:
            raise ConnectionError

        for place in ("change_shop_status", "erase_contact", "contact_from_shop"):
            app = await an_app()
            await tea_shop(app)
            event = await received(app, "shop/redact", REDACT)
            with monkeypatch.context() as killed, pytest.raises(ConnectionError):
                killed.setattr(shopify_webhooks, place, die)
                await process_webhook_event(SYSTEM, str(event.id))
            assert (await kept(event)).problem == "ConnectionError: "
            await process_webhook_event(SYSTEM, str(event.id))
            assert (await kept(event)).status is WebhookEventStatus.PROCESSED
            assert (await get_shop(SYSTEM, app.id, TEA)).status is ShopStatus.REDACTED
            assert await Contact.find({"emailKey": OWNER}).count() == 0
            assert await Contact.find({"shops.domain": TEA}).count() == 0

    async def test_again_it_has_no_second_effect(self) -> None:
        app = await an_app()
        await tea_shop(app)
        first = await followed(app, "shop/redact", REDACT)
        assert (await again(first)).outcome == f"{TEA} was redacted."
        assert len((await get_shop(SYSTEM, app.id, TEA)).history) == 2

    async def test_of_a_shop_that_never_had_the_app_there_is_nothing(self) -> None:
        done = await followed(await an_app(), "shop/redact", REDACT)
        assert (done.status, done.outcome) == (
            WebhookEventStatus.PROCESSED,
            f"{TEA} never had the app: nothing was stored",
        )


@platform
class TestCustomers:
    @pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request"])
    async def test_of_somebody_elses_customer_nothing_is_stored_nor_kept(self, topic: str) -> None:
        app = await an_app()
        for customer in ({}, {"customer": {"id": 7}}, {"customer": {"email": CUSTOMER}}):
            done = await followed(app, topic, REDACT | customer)
            assert (done.status, done.outcome) == (
                WebhookEventStatus.PROCESSED,
                "Nothing is stored about this customer",
            )
            assert (done.payload, done.address_digests) == (None, [])

    async def test_a_contact_is_erased_and_it_is_kept_what_of_them_was(self) -> None:
        await a_contact(CUSTOMER)
        done = await followed(await an_app(), "customers/redact", ABOUT_CUSTOMER)
        assert (done.status, done.outcome) == (
            WebhookEventStatus.PROCESSED,
            "Erased: 1 in suppressions, 1 in contacts",
        )
        assert CUSTOMER not in done.model_dump_json()
        with pytest.raises(NotFound):
            await get_contact(SYSTEM, CUSTOMER)

    async def test_a_merchant_is_not_erased_because_another_asks(self) -> None:
        app = await an_app()
        await a_shop(app.id, "rival.myshopify.com", email=CUSTOMER)
        done = await followed(app, "customers/redact", ABOUT_CUSTOMER)
        assert str(done.outcome).startswith("Not erased: this customer is a merchant too")
        assert done.contact_id == (await get_contact(SYSTEM, CUSTOMER)).id

    async def test_staff_see_what_there_is_to_answer_a_request_for_data(self) -> None:
        contact = await a_contact(CUSTOMER)
        done = await followed(await an_app(), "customers/data_request", ABOUT_CUSTOMER)
        assert done.outcome == "To be answered within 30 days. Stored: 1 in contacts"
        assert (done.contact_id, done.payload) == (contact.id, None)
        assert (await get_contact(SYSTEM, CUSTOMER)).id == contact.id


@platform
class TestValidation:
    @pytest.mark.parametrize(
        ("topic", "payload", "problem"),
        [
            ("shop/redact", {}, "shop_domain: is required"),
            ("shop/redact", {"shop_domain": "other.myshopify.com"}, "The body is about other.myshopify.com"),
            ("shop/redact", {"shop_domain": {"$ne": None}}, "shop_domain"),
            ("customers/redact", REDACT | {"customer": {"email": 7}}, "customer.email"),
            ("app/uninstalled", {"id": 1, "email": CUSTOMER}, "The body is about no shop"),
            ("app/uninstalled", REDACT, "The body is about no shop"),
        ],
    )
    async def test_a_body_of_another_topic_or_shop_has_no_effect(self, topic: str, payload: Any, problem: str) -> None:
        """Only the body is signed: whoever has one could send it again under another topic."""
        app = await an_app()
        await tea_shop(app)
        done = await followed(app, topic, payload)
        assert (done.status, problem in str(done.problem)) == (WebhookEventStatus.FAILED, True)
        assert (await get_shop(SYSTEM, app.id, TEA)).status is ShopStatus.ACTIVE
