"""What becomes of deliveries that a crash left between their mark and their outcome."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from beanie import PydanticObjectId
from pymongo import UpdateOne

from core import clock
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus, becoming
from models.email_events import EmailEvent, EmailEventType
from resolvers.outbox import outbox

RECOGNISED: Final = timedelta(hours=23)
"""How long a provider recognises a message that it was given before (Resend's idempotency keys: 24 hours)."""
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


async def _outcomes(ids: Sequence[PydanticObjectId]) -> dict[PydanticObjectId, DeliveryStatus]:
    outcomes = {}
    for event in await EmailEvent.find({"deliveryId": {"$in": list(ids)}}).to_list():
        if event.type in KNOWN and event.delivery_id is not None:
            outcomes[event.delivery_id] = KNOWN[event.type]
    return outcomes


def _fate(delivery: Delivery) -> DeliveryStatus:
    if delivery.kind is not DeliveryKind.CAMPAIGN:
        return DeliveryStatus.QUEUED
    recognised = outbox().provider.repeatable and clock.now() - delivery.updated_at < RECOGNISED
    return DeliveryStatus.QUEUED if recognised else DeliveryStatus.UNCERTAIN
