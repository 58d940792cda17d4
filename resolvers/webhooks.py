"""Where other services tell us things. The signature is the credential; what it signs is stored before the answer, and
worked off by a job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import SecretStr, TypeAdapter, ValidationError

from core.access import allow_all
from core.actor import Actor
from core.errors import InvalidInput, Unauthenticated, found
from core.inputs import ShopDomain
from core.runtime import runtime
from core.web import LARGEST_BODY
from models.apps import App
from models.inbound_messages import InboundProvider
from models.webhook_events import WebhookProvider
from resolvers.apps import unknown_app
from resolvers.inbound_adapters import ADAPTERS, Adapter
from resolvers.inbound_receiving import keep_inbound_mail
from resolvers.inbound_resend import RECEIVED
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
    """What became of mail that Resend sent for us, and that it received some. Signed as Svix does it."""
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
        follows=type_of(topic) is not None or topic == RECEIVED,
        occurred_at=moment_in(payload, "created_at"),
        addresses=addresses_in(payload),
    )
    return WebhookReceipt(event_id, is_new)


@allow_all
async def check_inbound_webhook(actor: Actor, provider: str) -> int:
    """How large, in bytes, a request of that service may be: asked before it is read.

    Raises `NotFound` for an unknown service, `Unauthenticated` for one that nothing is configured for.
    """
    if provider == InboundProvider.RESEND:
        return LARGEST_BODY
    adapter = _adapter(provider)
    _configured(adapter.secrets(runtime().settings), adapter.setting)
    return adapter.largest


@allow_all
async def receive_inbound_webhook(actor: Actor, provider: str, request: SignedRequest) -> WebhookReceipt:
    """A mail that a service received for us: Resend, Postmark, Mailgun or SendGrid, each by its own authentication; or
    `raw`, the mail itself with `X-Timestamp` and `X-Signature: sha256=<hex>`, the HMAC-SHA256 of
    `<X-Timestamp>.<body>`. The same mail, whoever brings it again, has no second effect."""
    if provider == InboundProvider.RESEND:
        return await receive_resend_webhook(actor, request)
    adapter = _adapter(provider)
    arrival = adapter.open(_configured(adapter.secrets(runtime().settings), adapter.setting), request)
    is_new = await keep_inbound_mail(
        KEEPER, InboundProvider(provider), arrival.raw, arrival.recipients, arrival.receipt
    )
    return WebhookReceipt(provider, is_new)


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


def _adapter(provider: str) -> Adapter:
    adapter = next((known for name, known in ADAPTERS.items() if name == provider), None)
    return found(adapter, "Provider of inbound mail")


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
