"""Lets happen what follows from a received webhook: called by its job, as often as it takes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import DomainError, Gone, RateLimited, Unavailable
from core.ids import object_id
from models.base import touched
from models.webhook_events import WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers.inbound_resend import follow_resend_event
from resolvers.mail_webhooks import follow_mail_event
from resolvers.shopify_webhooks import follow_shopify_event
from resolvers.webhook_payloads import Followed

FOLLOW: Final[Mapping[WebhookProvider, Callable[[WebhookEvent], Awaitable[Followed]]]] = {
    WebhookProvider.RESEND: follow_resend_event,
    WebhookProvider.COLD_PROVIDER: follow_mail_event,
    WebhookProvider.SHOPIFY: follow_shopify_event,
}


@allow()
async def process_webhook_event(actor: Actor, event_id: str, *, is_last_attempt: bool = False) -> WebhookEvent | None:
    """The event as it is afterwards; None where it is gone. One that waits for nothing is left as it is.

    What would not help to try again is kept as the event's problem. A passing fault is kept too, and raised; after the
    last attempt the event has failed.
    """
    identity = object_id(event_id)
    event = await WebhookEvent.get(identity) if identity else None
    if event is None or event.status is not WebhookEventStatus.RECEIVED:
        return event
    try:
        if event.payload is None:
            raise Gone("What it said was erased before anything followed from it")
        followed = await FOLLOW[event.provider](event)
    except Exception as error:
        lasting = isinstance(error, DomainError) and not isinstance(error, Unavailable | RateLimited)
        said = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
        failed = {"status": WebhookEventStatus.FAILED.value} if lasting or is_last_attempt else {}
        changed = await _leave(event, {"problem": said, **failed})
        if lasting:
            return changed
        raise
    return await _leave(event, _done(followed))


def _done(followed: Followed) -> dict[str, Any]:
    forgotten: dict[str, Any] = {"payload": None, "addressDigests": []} if followed.forget else {}
    return {
        "status": WebhookEventStatus.PROCESSED.value,
        "outcome": followed.outcome,
        "problem": None,
        "contactId": followed.contact_id,
        "deliveryId": followed.delivery_id,
        "processedAt": clock.now(),
        **forgotten,
    }


async def _leave(event: WebhookEvent, fields: dict[str, Any]) -> WebhookEvent:
    """Unless somebody else did meanwhile."""
    here = {"_id": event.id, "status": WebhookEventStatus.RECEIVED.value, "run": event.run}
    return await WebhookEvent.change(here, touched(fields)) or event
