"""What other services have told the company lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from core.inputs import iso
from models.shops import Shop, ShopStatus
from models.webhook_events import IGNORED_KEPT, KEPT, WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers.mail_webhooks import type_of

MAIL: Final[tuple[tuple[str, str, float, WebhookEventStatus, str | None], ...]] = (
    ("email.delivered", "ada@bright-candles.example", 30, WebhookEventStatus.PROCESSED, None),
    ("email.bounced", "left@old-mill.example", 26, WebhookEventStatus.PROCESSED, None),
    ("email.opened", "ada@bright-candles.example", 25, WebhookEventStatus.IGNORED, None),
    ("email.complained", "tired@north-tea.example", 8, WebhookEventStatus.PROCESSED, None),
    ("email.delivered", "somebody@else.example", 3, WebhookEventStatus.FAILED, "No mail of ours is called re_0005"),
)
"""Topic, recipient, how many hours ago, what became of it, its problem."""


def webhook_events(shops: Sequence[Shop], now: datetime) -> list[WebhookEvent]:
    """The oldest first. What Shopify told is about the shops that left last."""
    left = [shop for shop in shops if shop.status is ShopStatus.UNINSTALLED and shop.uninstalled_at]
    left.sort(key=lambda shop: shop.uninstalled_at or now)
    events = [_uninstalled(shop) for shop in left[-3:]]
    if left:
        events.append(_data_request(left[-1], now - timedelta(hours=40)))
    events += [_mail(number, *told, now) for number, told in enumerate(MAIL, 1)]
    return sorted(events, key=lambda event: event.created_at)


def _mail(
    number: int, topic: str, address: str, hours: float, status: WebhookEventStatus, problem: str | None, now: datetime
) -> WebhookEvent:
    at = now - timedelta(hours=hours)
    said = {"email_id": f"re_{number:04}", "to": [address], "subject": "What is new this month"}
    recorded = type_of(topic)
    return _event(
        at,
        provider=WebhookProvider.RESEND,
        event_id=f"msg_{number:04}",
        topic=topic,
        payload=_text({"type": topic, "created_at": iso(at), "data": said}) if recorded else None,
        status=status,
        outcome=f"Recorded that the mail was {recorded}" if recorded and problem is None else None,
        problem=problem,
    )


def _uninstalled(shop: Shop) -> WebhookEvent:
    at = shop.uninstalled_at or shop.updated_at
    return _event(
        at,
        **_of_shopify(shop, "app/uninstalled"),
        payload=_text({"myshopify_domain": shop.domain}),
        outcome=f"{shop.domain} does not have the app any more",
    )


def _data_request(shop: Shop, at: datetime) -> WebhookEvent:
    return _event(at, **_of_shopify(shop, "customers/data_request"), outcome="Nothing is stored about this customer")


def _of_shopify(shop: Shop, topic: str) -> dict[str, Any]:
    return {
        "provider": WebhookProvider.SHOPIFY,
        "event_id": f"{topic}:{shop.domain}",
        "topic": topic,
        "app_id": shop.app_id,
        "shop_domain": shop.domain,
    }


def _event(at: datetime, *, status: WebhookEventStatus = WebhookEventStatus.PROCESSED, **fields: Any) -> WebhookEvent:
    done = at + timedelta(seconds=1)
    return WebhookEvent(
        status=status,
        occurred_at=at,
        processed_at=done if status is WebhookEventStatus.PROCESSED else None,
        created_at=at,
        updated_at=done,
        expires_at=at + (IGNORED_KEPT if status is WebhookEventStatus.IGNORED else KEPT),
        **fields,
    )


def _text(payload: dict[str, Any]) -> str:
    return orjson.dumps(payload).decode()
