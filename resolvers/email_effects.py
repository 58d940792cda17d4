"""What follows from the events of mail, and is done by the workers: the delivery shows it, an address that bounces or
complains is not written to any more, the rollups count it.

An event is pending until all of it was done. Every step may run again, and in whatever order events come, late or
twice, they lead to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from beanie import PydanticObjectId
from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from core import clock
from core.access import allow
from core.actor import Actor
from core.days import day_of
from models.base import touched
from models.campaigns import Campaign
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.subscribers import Subscriber, SubscriberStatus
from resolvers import suppressions
from resolvers.email_events import event_about, record_events
from resolvers.email_rollups import Bucket, mark_dirty

BATCH: Final = 500
MOMENTS: Final[Mapping[EmailEventType, str]] = {
    EmailEventType.DELIVERED: "deliveredAt",
    EmailEventType.OPENED: "openedAt",
    EmailEventType.CLICKED: "clickedAt",
    EmailEventType.BOUNCED: "bouncedAt",
    EmailEventType.COMPLAINED: "complainedAt",
    EmailEventType.UNSUBSCRIBED: "unsubscribedAt",
    EmailEventType.REPLIED: "repliedAt",
}
"""Where a delivery shows when it happened first."""
OUTSIDE: Final = frozenset([*MOMENTS, EmailEventType.DELAYED])
"""Whoever tells of one of these has the mail, or had it: it was sent. A bounce too: what comes back did leave."""
READ: Final = frozenset([EmailEventType.OPENED, EmailEventType.CLICKED])
RECONCILED: Final = "reconciled"
"""The detail of a `sent` that was concluded from what happened afterwards."""

log = structlog.get_logger(__name__)


@allow()
async def apply_pending_email_events(actor: Actor, after: ObjectId | None = None) -> list[EmailEvent]:
    """Does what follows from the next events that are pending, in the order in which they were recorded, and returns
    them; empty: there is none. Begins behind the event `after`.

    An event of which something failed stays pending, and does not hold up the others.
    """
    beyond = {"_id": {"$gt": after}} if after else {}
    events = await EmailEvent.find({"pending": True, **beyond}).sort("_id").limit(BATCH).to_list()
    if not events:
        return []
    deliveries = await _deliveries_of(events)
    await _complete(events, deliveries)
    counted = [event for event in events if not event.is_test]
    await _conclude_sent(counted, deliveries)
    await _show(counted)
    failed = await _act_on_addresses(counted)
    await _recount_reconciled(counted)
    # Also what was a trial: it may have been counted before anybody looked.
    await mark_dirty(await _touched(events), {event.contact_id for event in events if event.contact_id})
    done = [event.id for event in events if event.id not in failed]
    await EmailEvent.get_pymongo_collection().update_many({"_id": {"$in": done}}, {"$unset": {"pending": ""}})
    return events


async def _deliveries_of(events: Iterable[EmailEvent]) -> dict[ObjectId, Delivery]:
    ids = {event.delivery_id for event in events if event.delivery_id}
    return {one.id: one for one in await Delivery.find({"_id": {"$in": [*ids]}}).to_list()} if ids else {}


async def _complete(events: Iterable[EmailEvent], deliveries: Mapping[ObjectId, Delivery]) -> None:
    """What the recorder of an event did not say is taken from the delivery that it names."""
    updates = []
    for event in events:
        delivery = deliveries.get(event.delivery_id) if event.delivery_id else None
        if delivery is None:
            continue
        is_test = delivery.kind is DeliveryKind.TEST or None
        known = (
            delivery.app_id or event.app_id,
            delivery.campaign_id or event.campaign_id,
            delivery.contact_id or event.contact_id,
            is_test,
        )
        if known == (event.app_id, event.campaign_id, event.contact_id, event.is_test):
            continue
        event.app_id, event.campaign_id, event.contact_id, event.is_test = known
        names = ("appId", "campaignId", "contactId", "isTest")
        update = {"$set": {name: value for name, value in zip(names, known, strict=True) if value is not None}}
        updates.append(UpdateOne({"_id": event.id}, update))
    if updates:
        await EmailEvent.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _conclude_sent(events: Iterable[EmailEvent], deliveries: Mapping[ObjectId, Delivery]) -> None:
    """A delivery of which nobody could say whether it was sent was, when something is heard of it."""
    heard: dict[ObjectId, datetime] = {}
    for event in events:
        delivery = deliveries.get(event.delivery_id) if event.delivery_id else None
        if delivery and delivery.status is DeliveryStatus.UNCERTAIN and event.type in OUTSIDE:
            heard[delivery.id] = min(event.at, heard.get(delivery.id, event.at))
    if not heard:
        return
    await record_events(
        [
            event_about(
                deliveries[one],
                EmailEventType.SENT,
                source=deliveries[one].provider or "smtp",
                at=at,
                detail=RECONCILED,
            )
            for one, at in heard.items()
        ]
    )
    uncertain = {"status": DeliveryStatus.UNCERTAIN.value}
    await Delivery.get_pymongo_collection().bulk_write(
        [
            UpdateOne({"_id": one, **uncertain}, touched({"status": DeliveryStatus.SENT.value, "sentAt": at}))
            for one, at in heard.items()
        ],
        ordered=False,
    )


async def _show(events: Iterable[EmailEvent]) -> None:
    """The first moment of each kind, and the last of all. Not by `$min`: a stored null would be less than any."""
    updates = []
    for event in events:
        if event.delivery_id is None or event.type not in OUTSIDE:
            continue
        updates.append(UpdateOne({"_id": event.delivery_id}, {"$max": {"lastEventAt": event.at}}))
        name = MOMENTS.get(event.type)
        if name is not None and not event.is_machine:
            later = {"_id": event.delivery_id, "$or": [{name: None}, {name: {"$gt": event.at}}]}
            updates.append(UpdateOne(later, {"$set": {name: event.at}}))
    if updates:
        await Delivery.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _act_on_addresses(events: Iterable[EmailEvent]) -> set[PydanticObjectId]:
    """What failed. Nothing is known any more of the address of somebody who was erased."""
    acting = (EmailEventType.DELIVERED, EmailEventType.BOUNCED, EmailEventType.COMPLAINED, EmailEventType.FAILED)
    concerned = sorted((event for event in events if event.type in acting), key=lambda event: event.at)
    deliveries = await _deliveries_of(concerned)
    failed, bouncing = set[PydanticObjectId](), set[str]()
    told = [(event, deliveries.get(event.delivery_id)) for event in concerned if event.delivery_id]
    reached = {delivery.email for event, delivery in told if delivery and event.type is EmailEventType.DELIVERED}
    bouncing = await suppressions.with_soft_bounces(reached - {""})
    for event, delivery in told:
        if delivery is None or not delivery.email:
            continue
        try:
            await _act(event, delivery, bouncing)
        except PyMongoError:
            raise
        except Exception:
            log.exception("email_events.not_applied", event_id=str(event.id))
            failed.add(event.id)
    return failed


async def _act(event: EmailEvent, delivery: Delivery, bouncing: set[str]) -> None:
    address, at, source = delivery.email, event.at, event.source
    match event.type, event.bounce:
        case EmailEventType.DELIVERED, _ if address in bouncing:
            await suppressions.note_delivery(address, at=at)
        case EmailEventType.BOUNCED | EmailEventType.FAILED, BounceKind.HARD:
            await suppressions.note_hard_bounce(address, at=at, source=source)
            await _end_subscriptions(delivery, SubscriberStatus.BOUNCED, at)
        case EmailEventType.BOUNCED, BounceKind.SOFT if at == delivery.bounced_at:
            # One mail that several tell of bounced once.
            await suppressions.note_soft_bounce(address, at=at, source=source)
            bouncing.add(address)
        case EmailEventType.COMPLAINED, _:
            await suppressions.note_complaint(address, at=at, source=source)
            await _end_subscriptions(delivery, SubscriberStatus.COMPLAINED, at)


async def _end_subscriptions(delivery: Delivery, status: SubscriberStatus, at: datetime) -> None:
    """Of the person, in all apps; but for those that began after it happened."""
    if delivery.contact_id is None:
        return
    # A complaint says more than a bounce.
    ended = [SubscriberStatus.UNSUBSCRIBED.value, SubscriberStatus.COMPLAINED.value, status.value]
    before = {"$or": [{"subscribedAt": None}, {"subscribedAt": {"$lte": at}}]}
    theirs = {"contactId": delivery.contact_id, "status": {"$nin": ended}, **before}
    await Subscriber.find(theirs).update(touched({"status": status.value}))


async def _recount_reconciled(events: Iterable[EmailEvent]) -> None:
    """A campaign's own numbers follow where its deliveries turned out to be sent."""
    campaigns = {
        event.campaign_id
        for event in events
        if event.type is EmailEventType.SENT and event.detail == RECONCILED and event.campaign_id
    }
    for campaign in campaigns:
        counts = await Delivery.count_by_status(campaign, [DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN])
        changed = {f"stats.{status.value}": number for status, number in counts.items()}
        await Campaign.find_one({"_id": campaign}).update({"$set": changed | {"updatedAt": clock.now()}})


async def _touched(events: Sequence[EmailEvent]) -> set[Bucket]:
    """The buckets that count differently now: those of the events, and where a mail turns out to have been opened
    earlier than was known, the later days too."""
    read = [event.delivery_id for event in events if event.type in READ and event.delivery_id]
    days: dict[ObjectId, set[datetime]] = {}
    if read:
        others = {"deliveryId": {"$in": read}, "type": {"$in": [*READ]}, "isMachine": {"$ne": True}}
        shown = {"deliveryId": 1, "at": 1}
        async for row in EmailEvent.get_pymongo_collection().find(others, shown):
            days.setdefault(row["deliveryId"], set()).add(day_of(row["at"]))
    touched_days = set()
    for event in events:
        day = day_of(event.at)
        others_read = days.get(event.delivery_id, set()) if event.delivery_id and event.type in READ else set()
        later = [one for one in others_read if one > day]
        touched_days |= {Bucket(event.campaign_id, event.app_id, one) for one in (day, *later)}
    return touched_days
