"""Webhooks, over HTTP."""

import asyncio

import orjson
import pytest
from httpx import AsyncClient

from core.runtime import Runtime, start
from models.webhook_events import WebhookEvent
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.webhooks import (
    SHOPIFY_SECRET,
    cold_payload,
    from_cold_provider,
    from_resend,
    from_shopify,
    post,
    resend_payload,
)
from tests.schema.asking import ask

RESEND = "/webhooks/resend"
COLD = "/webhooks/cold-provider"
SET_SECRET = 'mutation ($secret: String) { appUpdate(id: "banners", input: {shopifySecret: $secret}) { app { id } } }'


async def shopify_app(client: AsyncClient) -> str:
    await an_app("banners")
    await ask(client, await logged_in(), SET_SECRET, secret=SHOPIFY_SECRET)
    return "/webhooks/shopify/banners"


@pytest.mark.parametrize("path", [RESEND, RESEND + "/"])
async def test_resend_is_answered_with_its_own_id(client: AsyncClient, path: str) -> None:
    request = from_resend(resend_payload("email.bounced"), id="msg_1")
    answer = await post(client, path, request)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "processed": True, "eventId": "msg_1"})
    again = await post(client, path, request)
    assert (again.status_code, again.json()) == (200, {"success": True, "processed": False, "eventId": "msg_1"})


async def test_of_two_at_once_one_is_processed(client: AsyncClient) -> None:
    request = from_resend(resend_payload("email.bounced"))
    answers = await asyncio.gather(*(post(client, RESEND, request) for _ in range(2)))
    assert sorted(answer.json()["processed"] for answer in answers) == [False, True]
    assert {answer.status_code for answer in answers} == {200}


async def test_the_cold_provider_is_told_what_became_of_it(client: AsyncClient) -> None:
    request = from_cold_provider(cold_payload("bounced"))
    answers = [await post(client, COLD, request) for _ in range(2)]
    assert [answer.json() for answer in answers] == [
        {"success": True, "message": "Received"},
        {"success": True, "message": "Received before"},
    ]


async def test_shopify_is_answered_for_any_topic(client: AsyncClient) -> None:
    path = await shopify_app(client)
    for topic in ("shop/redact", "orders/create"):
        answer = await post(client, path, from_shopify(topic, {"shop_domain": "tea.myshopify.com"}))
        assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "Received"})
    assert (await post(client, "/webhooks/shopify/nobody", from_shopify("shop/redact", {}))).status_code == 404


async def test_a_signature_over_other_bytes_is_a_401(client: AsyncClient) -> None:
    path = await shopify_app(client)
    for at, request in (
        (RESEND, from_resend(resend_payload("email.bounced"))),
        (COLD, from_cold_provider(cold_payload("bounced"))),
        (path, from_shopify("shop/redact", {"shop_domain": "tea.myshopify.com"})),
    ):
        same_to_a_parser = orjson.dumps(orjson.loads(request.body), option=orjson.OPT_INDENT_2)
        answer = await client.post(at, content=same_to_a_parser, headers=dict(request.headers))
        assert (answer.status_code, answer.json()["success"]) == (401, False)
        assert (await client.post(at, json={})).status_code == 401
    assert await WebhookEvent.count() == 0


async def test_a_login_is_no_signature(client: AsyncClient) -> None:
    answer = await client.post(RESEND, json=resend_payload("email.bounced"), headers=await logged_in())
    assert answer.status_code == 401


async def test_a_signed_body_that_says_nothing_is_a_400(client: AsyncClient) -> None:
    answer = await post(client, RESEND, from_resend([]))
    assert (answer.status_code, answer.json()) == (400, {"success": False, "error": "The body must be a JSON object"})


async def test_a_burst_of_signed_ones_is_taken_and_forgeries_are_counted(
    platform: Runtime, client: AsyncClient
) -> None:
    start(platform.settings.model_copy(update={"requests_per_minute": 3}), platform.mongo)
    taken = [await post(client, COLD, from_cold_provider(cold_payload("bounced"))) for _ in range(6)]
    assert {answer.status_code for answer in taken} == {200}
    forged = [await client.post(COLD, json={}) for _ in range(5)]
    assert [answer.status_code for answer in forged] == [401, 401, 401, 429, 429]
    assert (await post(client, COLD, from_cold_provider(cold_payload("bounced")))).status_code == 200
