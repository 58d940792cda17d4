"""Webhooks as other services send and sign them. The signatures are made here by hand: a second opinion on ours."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

import orjson
from httpx import AsyncClient, Response

from core import clock
from core.inputs import iso
from models.webhook_events import KEPT, WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers.webhook_signatures import SignedRequest
from tests.conftest import SETTINGS

Headers = Mapping[str, str]

RESEND_SECRETS: Final = [secret.get_secret_value() for secret in SETTINGS.resend_webhook_secrets]
COLD_SECRETS: Final = [secret.get_secret_value() for secret in SETTINGS.cold_provider_secrets]
SHOPIFY_SECRET: Final = "shpss_0123456789abcdef0123456789abcdef"

_numbers = count(1)


def resend_payload(topic: str, email_id: str = "56761188-7520-42d8-8898-ff6fc54ce618", **data: Any) -> dict[str, Any]:
    """As Resend documents it."""
    now = iso(clock.now())
    known = {"created_at": now, "email_id": email_id, "from": "Acme <news@acme.example>"}
    return {"type": topic, "created_at": now, "data": {**known, "to": ["ada@tea.example"], **data}}


def cold_payload(topic: str, message_id: str = "cold-1", **more: Any) -> dict[str, Any]:
    return {
        "id": f"evt-{next(_numbers)}",
        "type": topic,
        "occurredAt": iso(clock.now()),
        "messageId": message_id,
        **more,
    }


def signed_by_resend(
    body: bytes,
    *,
    secret: str = RESEND_SECRETS[0],
    id: str | None = None,
    at: float | None = None,
    prefix: str = "svix",
) -> dict[str, str]:
    """By Svix's scheme: base64 of the HMAC of `id.timestamp.body`."""
    message, timestamp = id or f"msg_{next(_numbers)}", str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        f"{prefix}-id": message,
        f"{prefix}-timestamp": timestamp,
        f"{prefix}-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def signed_by_cold_provider(body: bytes, *, secret: str = COLD_SECRETS[0]) -> dict[str, str]:
    return {"x-signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def signed_by_shopify(
    body: bytes,
    topic: str,
    shop: str = "tea.myshopify.com",
    *,
    secret: str = SHOPIFY_SECRET,
    id: str | None = None,
) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "x-shopify-hmac-sha256": base64.b64encode(signature).decode(),
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": shop,
        "x-shopify-webhook-id": id or f"webhook-{next(_numbers)}",
        "x-shopify-triggered-at": iso(clock.now()),
    }


def from_resend(payload: Any, **signing: Any) -> SignedRequest:
    body = orjson.dumps(payload)
    return SignedRequest(body, signed_by_resend(body, **signing))


def from_cold_provider(payload: Any, **signing: Any) -> SignedRequest:
    body = orjson.dumps(payload)
    return SignedRequest(body, signed_by_cold_provider(body, **signing))


def from_shopify(topic: str, payload: Any, shop: str = "tea.myshopify.com", **signing: Any) -> SignedRequest:
    body = orjson.dumps(payload)
    return SignedRequest(body, signed_by_shopify(body, topic, shop, **signing))


async def post(client: AsyncClient, path: str, request: SignedRequest) -> Response:
    return await client.post(path, content=request.body, headers=dict(request.headers))


async def a_webhook_event(
    provider: WebhookProvider = WebhookProvider.RESEND,
    topic: str = "email.delivered",
    payload: Any = None,
    **fields: Any,
) -> WebhookEvent:
    """Received, and without a job."""
    now = clock.now()
    known = {"status": WebhookEventStatus.RECEIVED, "look_at": now, "expires_at": now + KEPT}
    said = orjson.dumps(payload if payload is not None else resend_payload(topic)).decode()
    event_id = f"msg_{next(_numbers)}"
    return await WebhookEvent(
        provider=provider, event_id=event_id, topic=topic, payload=said, **{**known, **fields}
    ).insert()


async def kept(event: WebhookEvent) -> WebhookEvent:
    """As it is stored now."""
    stored = await WebhookEvent.get(event.id)
    assert stored is not None
    return stored


async def the_event(**named: Any) -> WebhookEvent:
    """The one that is stored."""
    (event,) = await WebhookEvent.find(named).to_list()
    return event
