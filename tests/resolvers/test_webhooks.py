"""What other services send is verified, stored once and left to a job before they get an answer."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from core.actor import Actor
from core.errors import InvalidInput, NotFound, Unauthenticated
from core.runtime import runtime
from models.apps import App
from models.email_jobs import EmailJob
from models.webhook_events import WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers import webhook_events
from resolvers.apps import AppUpdate, update_app
from resolvers.webhook_events import LARGEST_PAYLOAD, PROCESS, requeue_webhook_events
from resolvers.webhook_signatures import SignedRequest
from resolvers.webhooks import receive_cold_provider_webhook, receive_resend_webhook, receive_shopify_webhook
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.webhooks import (
    SHOPIFY_SECRET,
    cold_payload,
    from_cold_provider,
    from_resend,
    from_shopify,
    resend_payload,
    signed_by_cold_provider,
    the_event,
)

pytestmark = pytest.mark.usefixtures("platform")

NOBODY = Actor.anonymous()
UNINSTALLED = {"id": 548380009, "myshopify_domain": "tea.myshopify.com", "email": "owner@tea.example"}


async def shopify_app(secret: str | None = SHOPIFY_SECRET) -> App:
    app = await an_app()
    return await update_app(await an_actor(), app.id, AppUpdate.model_validate({"shopifySecret": secret}))


class TestWorks:
    async def test_of_resend_the_body_is_kept_and_has_a_job(self) -> None:
        payload = resend_payload("email.bounced")
        request = from_resend(payload, id="msg_1")
        receipt = await receive_resend_webhook(NOBODY, request)
        assert (receipt.event_id, receipt.is_new) == ("msg_1", True)
        event = await the_event()
        assert (event.provider, event.event_id, event.topic) == (WebhookProvider.RESEND, "msg_1", "email.bounced")
        assert (event.status, event.payload) == (WebhookEventStatus.RECEIVED, orjson.dumps(payload).decode())
        assert event.occurred_at is not None
        (job,) = await EmailJob.find_all().to_list()
        assert (job.type, job.payload) == (PROCESS, {"webhookEventId": str(event.id)})

    async def test_subjects_of_mail_are_not_kept(self) -> None:
        payload = resend_payload("email.delivered", subject="483920 is your code")
        await receive_resend_webhook(NOBODY, from_resend(payload))
        kept = (await the_event()).payload or ""
        assert "483920" not in kept
        assert "ada@tea.example" in kept

    async def test_of_the_cold_provider_the_id_is_in_the_body(self) -> None:
        payload = cold_payload("delivered")
        receipt = await receive_cold_provider_webhook(NOBODY, from_cold_provider(payload))
        assert (receipt.event_id, (await the_event()).event_id) == (payload["id"], payload["id"])

    async def test_of_shopify_headers_say_what_it_is_about(self) -> None:
        app = await shopify_app()
        request = from_shopify("app/uninstalled", UNINSTALLED, id="webhook-1")
        assert (await receive_shopify_webhook(NOBODY, app.id, request)).is_new
        event = await the_event()
        assert (event.app_id, event.shop_domain, event.topic) == (app.id, "tea.myshopify.com", "app/uninstalled")
        assert (event.event_id, event.occurred_at is not None) == ("webhook-1", True)

    async def test_what_nothing_follows_from_is_noted_without_what_it_says(self) -> None:
        app = await shopify_app()
        order = {"email": "customer@example.com", "shipping_address": {"address1": "1 Tea Street"}}
        assert (await receive_resend_webhook(NOBODY, from_resend(resend_payload("email.opened")))).is_new
        assert (await receive_shopify_webhook(NOBODY, app.id, from_shopify("orders/create", order))).is_new
        for event in await WebhookEvent.find_all().to_list():
            assert (event.status, event.payload, event.address_digests) == (WebhookEventStatus.IGNORED, None, [])
        assert await EmailJob.count() == 0

    async def test_addresses_are_found_again_by_their_keyed_hash_alone(self) -> None:
        await receive_resend_webhook(NOBODY, from_resend(resend_payload("email.bounced", to=["Ada <ADA@tea.example>"])))
        assert len((await the_event()).address_digests) == 2  # the sender's is the other


class TestAgain:
    async def test_what_was_received_before_is_not_kept_again(self) -> None:
        first = await receive_resend_webhook(NOBODY, from_resend(resend_payload("email.bounced"), id="msg_1"))
        second = await receive_resend_webhook(NOBODY, from_resend(resend_payload("email.bounced"), id="msg_1"))
        assert (first.is_new, second.is_new) == (True, False)
        assert (await WebhookEvent.count(), await EmailJob.count()) == (1, 1)

    async def test_of_several_at_once_one_is_kept(self) -> None:
        request = from_resend(resend_payload("email.bounced"), id="msg_1")
        receipts = await asyncio.gather(*(receive_resend_webhook(NOBODY, request) for _ in range(8)))
        assert sum(receipt.is_new for receipt in receipts) == 1
        assert (await WebhookEvent.count(), await EmailJob.count()) == (1, 1)

    async def test_the_same_id_of_another_sender_or_app_is_another_event(self) -> None:
        apps = [await shopify_app(), await shopify_app()]
        for app in apps:
            request = from_shopify("app/uninstalled", UNINSTALLED, id="same")
            assert (await receive_shopify_webhook(NOBODY, app.id, request)).is_new
        assert (await receive_resend_webhook(NOBODY, from_resend(resend_payload("email.bounced"), id="same"))).is_new
        assert await WebhookEvent.count() == 3

    async def test_a_server_that_dies_before_it_leaves_a_job_loses_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def die(*_: Any, **__: Any) -> None:
            raise ConnectionError

        request = from_resend(resend_payload("email.bounced"), id="msg_1")
        with monkeypatch.context() as killed, pytest.raises(ConnectionError):
            killed.setattr(webhook_events, "enqueue_many", die)
            await receive_resend_webhook(NOBODY, request)
        assert (await WebhookEvent.count(), await EmailJob.count()) == (1, 0)
        assert not (await receive_resend_webhook(NOBODY, request)).is_new  # its sender comes again
        await WebhookEvent.find_all().update({"$set": {"lookAt": (await the_event()).created_at}})
        assert await requeue_webhook_events(Actor.system("tests")) == 1
        assert await EmailJob.count() == 1


class TestWhoMay:
    async def test_a_signature_that_is_not_valid_leaves_nothing(self) -> None:
        app = await shopify_app()
        forged = SignedRequest(b'{"type":"email.bounced"}', from_resend(resend_payload("email.bounced")).headers)
        with pytest.raises(Unauthenticated, match="signature"):
            await receive_resend_webhook(NOBODY, forged)
        with pytest.raises(Unauthenticated, match="signature"):
            await receive_cold_provider_webhook(NOBODY, from_cold_provider(cold_payload("sent"), secret="another"))
        with pytest.raises(Unauthenticated, match="signature"):
            foreign = from_shopify("app/uninstalled", UNINSTALLED, secret="shpss_another_secret")
            await receive_shopify_webhook(NOBODY, app.id, foreign)
        assert await WebhookEvent.count() == 0

    async def test_without_a_secret_nothing_is_believed_and_it_is_said_which_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bare = runtime().settings.model_copy(update={"resend_webhook_secrets": (), "cold_provider_secrets": ()})
        monkeypatch.setattr("resolvers.webhooks.runtime", lambda: replace(runtime(), settings=bare))
        app = await an_app()
        with pytest.raises(Unauthenticated, match="RESEND_WEBHOOK_SECRETS is not set"):
            await receive_resend_webhook(NOBODY, from_resend(resend_payload("email.sent")))
        with pytest.raises(Unauthenticated, match="COLD_PROVIDER_SECRETS is not set"):
            await receive_cold_provider_webhook(NOBODY, from_cold_provider(cold_payload("sent")))
        with pytest.raises(Unauthenticated, match="no shopifySecret"):
            await receive_shopify_webhook(NOBODY, app.id, from_shopify("shop/redact", {}))

    async def test_the_secret_of_one_app_opens_no_other(self) -> None:
        mine, other = await shopify_app(), await shopify_app("shpss_another_secret")
        request = from_shopify("app/uninstalled", UNINSTALLED)
        assert (await receive_shopify_webhook(NOBODY, mine.id, request)).is_new
        with pytest.raises(Unauthenticated):
            await receive_shopify_webhook(NOBODY, other.id, request)

    async def test_the_secret_before_counts_until_the_next_or_until_all_are_taken_away(self) -> None:
        app, owner = await shopify_app(), await an_actor()

        async def takes() -> bool:
            try:
                await receive_shopify_webhook(NOBODY, app.id, from_shopify("app/uninstalled", UNINSTALLED))
            except Unauthenticated:
                return False
            return True

        async def change(secret: str | None) -> None:
            await update_app(owner, app.id, AppUpdate.model_validate({"shopifySecret": secret}))

        await change("shpss_the_second_secret")
        await change("shpss_the_second_secret")  # sent twice
        assert await takes()
        await change("shpss_the_third_secret")
        assert not await takes()
        await change(SHOPIFY_SECRET)
        assert await takes()
        await change(None)
        assert not await takes()


class TestValidation:
    async def test_what_is_nested_beyond_reason_is_bad_input(self) -> None:
        body = b'{"type": "email.bounced", "data": ' + b'{"a":' * 500 + b"1" + b"}" * 501
        with pytest.raises(InvalidInput, match="nested"):
            await receive_resend_webhook(NOBODY, from_resend(orjson.Fragment(body)))

    @pytest.mark.parametrize("payload", [[], "text", 1, None, {}, {"type": 1}, {"type": ""}, {"type": "x" * 101}])
    async def test_a_signed_body_that_says_nothing_is_bad_input(self, payload: Any) -> None:
        with pytest.raises(InvalidInput):
            await receive_resend_webhook(NOBODY, from_resend(payload))
        assert await WebhookEvent.count() == 0

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 10_000])
    async def test_a_signed_body_that_is_no_json_is_bad_input(self, body: bytes) -> None:
        with pytest.raises(InvalidInput, match="JSON object"):
            await receive_cold_provider_webhook(NOBODY, SignedRequest(body, signed_by_cold_provider(body)))

    @pytest.mark.parametrize("id", [None, "", 7, "x" * 256, "a\0b"])
    async def test_an_id_that_names_nothing_is_bad_input(self, id: Any) -> None:
        with pytest.raises(InvalidInput, match="id must have"):
            await receive_cold_provider_webhook(NOBODY, from_cold_provider(cold_payload("sent") | {"id": id}))

    async def test_more_than_anybody_sends_is_bad_input(self) -> None:
        large = resend_payload("email.bounced", reply="x" * LARGEST_PAYLOAD)
        with pytest.raises(InvalidInput, match="at most 256,000 bytes"):
            await receive_resend_webhook(NOBODY, from_resend(large))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("x-shopify-topic", ""),
            ("x-shopify-webhook-id", ""),
            ("x-shopify-shop-domain", ""),
            ("x-shopify-shop-domain", "tea.example.com"),
        ],
    )
    async def test_headers_of_shopify_are_bad_input_where_they_say_nothing(self, name: str, value: str) -> None:
        app, request = await shopify_app(), from_shopify("app/uninstalled", UNINSTALLED)
        with pytest.raises(InvalidInput, match=name):
            await receive_shopify_webhook(NOBODY, app.id, SignedRequest(request.body, {**request.headers, name: value}))


async def test_an_unknown_app_is_not_found() -> None:
    with pytest.raises(NotFound, match="Unknown app"):
        await receive_shopify_webhook(NOBODY, "nobody", from_shopify("shop/redact", {}))
