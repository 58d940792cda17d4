"""Where other services tell us things. The signature is the credential; what it signs is stored before the answer, and
worked off by a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import SecretStr, TypeAdapter, ValidationError

from core.access import allow_all
from core.actor import Actor
from core.errors import InvalidInput, Unauthenticated
from core.inputs import ShopDomain
from core.runtime import runtime
from models.apps import App
from models.webhook_events import WebhookProvider
from resolvers.apps import unknown_app
from resolvers.mail_webhooks import type_of
from resolvers.shopify_secrets import shopify_secrets_of
from resolvers.shopify_webhooks import FOLLOW
from resolvers.webhook_events import KEEPER, keep_webhook_event
from resolvers.webhook_payloads import addresses_in, checked_topic, moment_in, moment_or_none, payload_of, topic_in
from resolvers.webhook_signatures import SignedRequest, check_base64, check_hex, check_standard, checked_id

_DOMAIN: Final = TypeAdapter[str](ShopDomain)


@dataclass(frozen=True, slots=True)
class WebhookReceipt:
    """`event_id` is the sender's; `is_new` is False for what was received before."""

    event_id: str
    is_new: bool


@allow_all
async def receive_resend_webhook(actor: Actor, request: SignedRequest) -> WebhookReceipt:
    """What became of mail that Resend sent for us. Signed as Svix does it."""
    secrets = _configured(runtime().settings.resend_webhook_secrets, "RESEND_WEBHOOK_SECRETS")
    event_id = checked_id(check_standard(secrets, request), "svix-id")
    payload = payload_of(request.body)
    topic = topic_in(payload)
    is_new = await keep_webhook_event(
        KEEPER,
        WebhookProvider.RESEND,
        event_id,
        topic,
        _without_subject(payload),
        follows=type_of(topic) is not None,
        occurred_at=moment_in(payload, "created_at"),
        addresses=addresses_in(payload),
    )
    return WebhookReceipt(event_id, is_new)


@allow_all
async def receive_cold_provider_webhook(actor: Actor, request: SignedRequest) -> WebhookReceipt:
    """What became of mail that the provider of cold mail sent for us.

    `X-Signature: sha256=<hex>` is the HMAC-SHA256 of the body. The body has `id`, `type` (`delivered`, `bounced`…, as
    Resend's without `email.`), `occurredAt`, `messageId` and, of a bounce, `bounce` as Resend writes it. An old request
    that is sent again has an id that is known.
    """
    secrets = _configured(runtime().settings.cold_provider_secrets, "COLD_PROVIDER_SECRETS")
    check_hex(secrets, request)
    payload = payload_of(request.body)
    event_id, topic = checked_id(payload.get("id"), "id"), topic_in(payload)
    is_new = await keep_webhook_event(
        KEEPER,
        WebhookProvider.COLD_PROVIDER,
        event_id,
        topic,
        request.body,
        follows=type_of(topic) is not None,
        occurred_at=moment_in(payload, "occurredAt"),
        addresses=addresses_in(payload),
    )
    return WebhookReceipt(event_id, is_new)


@allow_all
async def receive_shopify_webhook(actor: Actor, app_id: str, request: SignedRequest) -> WebhookReceipt:
    """What Shopify tells of an app's shops: uninstalls, and requests to redact or export personal data. Other topics
    are taken, and nothing follows from them."""
    app = await App.get(app_id)
    if app is None:
        raise unknown_app()
    check_base64(_secrets_of(app), request)
    event_id = request.header("x-shopify-webhook-id")
    topic = checked_topic(request.header("x-shopify-topic"), "x-shopify-topic")
    follows = topic in FOLLOW
    is_new = await keep_webhook_event(
        KEEPER,
        WebhookProvider.SHOPIFY,
        event_id,
        topic,
        request.body,
        follows=follows,
        app_id=app.id,
        shop_domain=_shop_domain(request),
        occurred_at=moment_or_none(request.headers.get("x-shopify-triggered-at")),
        addresses=addresses_in(payload_of(request.body)) if follows else (),
    )
    return WebhookReceipt(event_id, is_new)


def _configured(secrets: Sequence[SecretStr], setting: str) -> Sequence[SecretStr]:
    """What can't be told from a forgery is refused as one: its sender comes again, and sees why."""
    if not secrets:
        raise Unauthenticated(f"These webhooks are not taken yet: {setting} is not set")
    return secrets


def _without_subject(payload: Mapping[str, Any]) -> bytes:
    """It is the reader's alone: some have a code in it. Raises `InvalidInput` for what is nested beyond reason."""
    data = payload.get("data")
    kept = {name: value for name, value in data.items() if name != "subject"} if isinstance(data, dict) else data
    try:
        return orjson.dumps({**payload, "data": kept})
    except orjson.JSONEncodeError:
        raise InvalidInput("The body must not be nested so deeply") from None


def _secrets_of(app: App) -> list[str]:
    secrets = shopify_secrets_of(app)
    if not secrets:
        raise Unauthenticated("These webhooks are not taken yet: the app has no shopifySecret")
    return secrets


def _shop_domain(request: SignedRequest) -> str:
    try:
        return _DOMAIN.validate_python(request.header("x-shopify-shop-domain"))
    except ValidationError:
        raise InvalidInput(
            "x-shopify-shop-domain must be a domain such as example.myshopify.com", "x-shopify-shop-domain"
        ) from None
