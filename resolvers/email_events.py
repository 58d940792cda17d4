"""The log of what became of each mail. Whoever learns something about a mail records an event, and nothing else: what
follows from it is done by the workers (`resolvers/email_effects.py`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo.errors import BulkWriteError

from core import clock
from core.runtime import runtime
from models.deliveries import Delivery
from models.email_events import EmailEvent, EmailEventType

PENDING: Final = "email_events.pending"
"""The topic of word that there are events from which nothing has followed yet."""
DUPLICATE_KEY: Final = 11000
ONCE: Final = frozenset({EmailEventType.QUEUED, EmailEventType.SENT, EmailEventType.SUPPRESSED, EmailEventType.FAILED})
"""What happens to a delivery at most once."""


def event_about(
    delivery: Delivery,
    type: EmailEventType,
    *,
    source: str,
    at: datetime | None = None,
    dedupe_key: str | None = None,
    **details: Any,
) -> EmailEvent:
    """An event of a delivery, to be recorded; it happened now where nothing else is said.

    What happens to a delivery once is known by that, where no other `dedupe_key` is given. `source` of `sent` is the
    provider's name: whether that provider reports deliveries decides how they are counted.
    """
    once = f"{type.value}:{delivery.id}" if type in ONCE else None
    return EmailEvent(
        type=type,
        at=at or clock.now(),
        source=source,
        app_id=delivery.app_id,
        delivery_id=delivery.id,
        campaign_id=delivery.campaign_id,
        contact_id=delivery.contact_id,
        dedupe_key=dedupe_key or once,
        **details,
    )


async def record_event(event: EmailEvent) -> bool:
    """Whether the event is new: one with the same `dedupe_key` is kept once."""
    return await record_events([event]) == 1


async def record_events(events: Sequence[EmailEvent]) -> int:
    """Keeps events and returns how many of them are new; of those with the same `dedupe_key` the first stays.

    They are kept when this returns; what follows from them happens within seconds. Give some 500 at a time.
    """
    return await insert_events([_stored(event) for event in events])


async def insert_events(documents: Sequence[dict[str, Any]]) -> int:
    """As `record_events`, of documents as they are stored."""
    if not documents:
        return 0
    for document in documents:
        document["pending"] = True
    try:
        new = len((await EmailEvent.get_pymongo_collection().insert_many(documents, ordered=False)).inserted_ids)
    except BulkWriteError as error:
        details = error.details or {}
        if details.get("writeConcernErrors") or any(
            one["code"] != DUPLICATE_KEY for one in details.get("writeErrors", ())
        ):
            raise
        new = details["nInserted"]
    if new:
        await runtime().topics.publish(PENDING, {})
    return new


def _stored(event: EmailEvent) -> dict[str, Any]:
    stored: dict[str, Any] = event.model_dump(by_alias=True, exclude_none=True)
    return stored | {name: stored[name].value for name in ("type", "bounce") if name in stored}
