"""Received webhooks, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from models.webhook_events import WebhookEventStatus, WebhookProvider
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.webhooks import SHOPIFY_SECRET, a_webhook_event
from tests.schema.asking import ask, error_of

RETRY = """mutation ($id: ID!) {
  webhookEventRetry(id: $id) { webhookEvent { status problem } userErrors { code field message } } }"""


async def test_events_are_listed_and_one_is_read_with_its_app(client: AsyncClient) -> None:
    app = await an_app("banners")
    about = {"app_id": app.id, "shop_domain": "tea.myshopify.com", "outcome": "Erased: 1 in contacts"}
    event = await a_webhook_event(WebhookProvider.SHOPIFY, "customers/redact", {"shop_id": 1}, **about)
    await a_webhook_event()
    query = """query ($id: ID!) {
      webhookEvents(filter: {provider: SHOPIFY}) { nodes { topic shopDomain app { name } } totalCount }
      webhookEvent(id: $id) { provider eventId status payload outcome } }"""
    assert await ask(client, await logged_in(Role.VIEWER), query, id=str(event.id)) == {
        "webhookEvents": {
            "nodes": [
                {"topic": "customers/redact", "shopDomain": "tea.myshopify.com", "app": {"name": "Banners"}},
            ],
            "totalCount": 1,
        },
        "webhookEvent": {
            "provider": "SHOPIFY",
            "eventId": event.event_id,
            "status": "RECEIVED",
            "payload": '{"shop_id":1}',
            "outcome": "Erased: 1 in contacts",
        },
    }


async def test_a_failed_one_is_tried_again_once(client: AsyncClient) -> None:
    owner = await logged_in()
    event = await a_webhook_event(status=WebhookEventStatus.FAILED, problem="No mail of ours is called re_1")
    first = (await ask(client, owner, RETRY, id=str(event.id)))["webhookEventRetry"]
    assert first == {"webhookEvent": {"status": "RECEIVED", "problem": None}, "userErrors": []}
    second = (await ask(client, owner, RETRY, id=str(event.id)))["webhookEventRetry"]
    assert second["userErrors"] == [
        {
            "code": "CONFLICT",
            "field": ["id"],
            "message": "The webhook event is received: only failed ones can be tried again",
        }
    ]


async def test_marketing_does_not_try_again_and_nobody_reads(client: AsyncClient) -> None:
    event = await a_webhook_event()
    assert await error_of(client, await logged_in(Role.MARKETING), RETRY, id=str(event.id)) == "FORBIDDEN"
    assert await error_of(client, {}, "{ webhookEvents { totalCount } }") == "UNAUTHENTICATED"


async def test_the_secret_at_shopify_is_written_and_never_read(client: AsyncClient) -> None:
    owner = await logged_in()
    await an_app("banners")
    query = """mutation ($secret: String) {
      appUpdate(id: "banners", input: {shopifySecret: $secret}) { app { hasShopifySecret } userErrors { message } } }"""
    for secret, has in ((SHOPIFY_SECRET, True), (None, False)):
        answer = (await ask(client, owner, query, secret=secret))["appUpdate"]
        assert answer == {"app": {"hasShopifySecret": has}, "userErrors": []}
    refused = (await ask(client, owner, query, secret="short secret"))["appUpdate"]["userErrors"]
    assert refused
    assert "short secret" not in refused[0]["message"]
