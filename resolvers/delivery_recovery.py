"""What becomes of deliveries that a crash left between their mark and their outcome, and of mail that nobody tries to
send any more."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from beanie import PydanticObjectId
from pymongo import UpdateOne

from core import clock
from core.access import allow
from core.actor import Actor
from models.base import touched
from models.deliveries import NEVER_TWICE, OPEN, Delivery, DeliveryStatus, becoming
from models.email_events import EmailEvent, EmailEventType
from resolvers.email_events import event_about, record_events
from resolvers.outbox import outbox

SOURCE: Final = "upkeep"
RECOGNISED: Final = timedelta(hours=23)
"""How long a provider recognises a message that it was given before (Resend's idempotency keys: 24 hours)."""
GIVEN_UP_AFTER: Final = timedelta(days=7)
"""After so long nobody waits any more for a mail that answers what they did, and the links in it have ended."""
UNTOUCHED_FOR: Final = timedelta(days=1)
TOO_LATE: Final = "It could not be sent within a week, and is not tried any more"
AT_ONCE: Final = 500
KNOWN: Final[Mapping[EmailEventType, DeliveryStatus]] = {
    EmailEventType.SENT: DeliveryStatus.SENT,
    EmailEventType.FAILED: DeliveryStatus.FAILED,
}


async def recover_deliveries(stuck: Sequence[Delivery]) -> None:
    """Deliveries in `sending` whose job this process has now.

    Where the outcome was written as an event, the delivery follows it. What may be sent again is queued: what the
    provider would recognise, and what answers a person's own doing. Of the rest nobody knows whether it arrived.
    """
    if not stuck:
        return
    told = await _outcomes([delivery.id for delivery in stuck])
    now = clock.now()
    updates = [
        UpdateOne(
            {"_id": delivery.id, "status": DeliveryStatus.SENDING.value, "claim": delivery.claim},
            {"$set": {**becoming(told.get(delivery.id) or _fate(delivery)), "updatedAt": now}},
        )
        for delivery in stuck
    ]
    await Delivery.get_pymongo_collection().bulk_write(updates, ordered=False)


@allow()
async def give_up_old_mail(actor: Actor) -> int:
    """Ends mail of no campaign that waits although its job has ended, cancelled or after its last attempt, and returns
    how much there was. What it would have let somebody in with goes with it."""
    now = clock.now()
    old = {"createdAt": {"$lte": now - GIVEN_UP_AFTER}, "updatedAt": {"$lte": now - UNTOUCHED_FOR}}
    waiting = {"campaignId": None, "status": {"$in": [status.value for status in OPEN]}, "chunk": 0}
    found = await Delivery.find({**waiting, **old}).sort("_id").limit(AT_ONCE).to_list()
    told = await _outcomes([delivery.id for delivery in found])
    untold = [delivery for delivery in found if delivery.id not in told]
    failed = [event_about(one, EmailEventType.FAILED, source=SOURCE, at=now, detail=TOO_LATE) for one in untold]
    await record_events(failed)
    for delivery in found:
        ended = becoming(told.get(delivery.id, DeliveryStatus.FAILED)) | {"response": delivery.response or TOO_LATE}
        here = {"_id": delivery.id, "status": delivery.status.value, "claim": delivery.claim}
        await Delivery.find(here).update(touched(ended))
    return len(found)


async def _outcomes(ids: Sequence[PydanticObjectId]) -> dict[PydanticObjectId, DeliveryStatus]:
    outcomes = {}
    for event in await EmailEvent.find({"deliveryId": {"$in": list(ids)}}).to_list():
        if event.type in KNOWN and event.delivery_id is not None:
            outcomes[event.delivery_id] = KNOWN[event.type]
    return outcomes


def _fate(delivery: Delivery) -> DeliveryStatus:
    if delivery.kind not in NEVER_TWICE:
        return DeliveryStatus.QUEUED
    recognised = outbox().provider.repeatable and clock.now() - delivery.updated_at < RECOGNISED
    return DeliveryStatus.QUEUED if recognised else DeliveryStatus.UNCERTAIN
