"""Who uninstalls an app and says why has said something about it."""

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from models.app_events import AppEvent
from models.feedback import FeedbackType
from models.shops import Shop
from resolvers.feedback import feedback_of

UNINSTALLED = "app-uninstalled"


async def keep_uninstall_reason(event: AppEvent, shop: Shop) -> None:
    """Keeps the reason as feedback of the shop's owner. An event makes one, however often it is applied."""
    reason = event.data.get("reason")
    if event.name != UNINSTALLED or not reason:
        return
    feedback = feedback_of(
        event.app_id,
        type=FeedbackType.UNINSTALL,
        message=reason,
        email=shop.email,
        email_key=shop.email_key,
        name=shop.owner or "",
        shop_domain=shop.domain,
        created_by=event.sent_by,
        event_id=event.id,
        created_at=event.occurred_at,
        updated_at=event.occurred_at,
    )
    with suppress(DuplicateKeyError):
        await feedback.insert()
