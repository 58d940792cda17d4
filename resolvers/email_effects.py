"""What follows from the events of mail, and is done by the workers: the delivery shows it, an address that bounces or
complains is not written to any more, the rollups count it.

An event is pending until all of it was done. Every step may run again, and in whatever order events come, late or
twice, they lead to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from beanie import PydanticObjectId
from bson import ObjectId
from pydantic.alias_generators import to_camel
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from core import clock
from core.access import allow
from core.actor import Actor
from core.days import day_of
from models.base import touched
from models.campaigns import Campaign
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus, becoming
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.subscribers import Subscriber, SubscriberStatus
from resolvers import suppressions
from resolvers.automation_mail_events import announce_mail
from resolvers.campaign_settling import settle_campaign
from resolvers.email_events import PERSONAL, event_about, record_events, without_address
from resolvers.email_rollups import Bucket, mark_dirty
from resolvers.enrollment_events import leave_sequences
from resolvers.pending_events import UNKNOWN, Mail, Mails, PendingEvent, mails_of, pending_events
from resolvers.prospect_mail import follow_prospects

BATCH: Final = 500
MOMENTS: Final[Mapping[EmailEventType, str]] = {
    EmailEventType.DELIVERED: "delivered_at",
    EmailEventType.OPENED: "opened_at",
    EmailEventType.CLICKED: "clicked_at",
    EmailEventType.BOUNCED: "bounced_at",
    EmailEventType.COMPLAINED: "complained_at",
    EmailEventType.UNSUBSCRIBED: "unsubscribed_at",
    EmailEventType.REPLIED: "replied_at",
}
"""Where a delivery shows when it happened first."""
OUTSIDE: Final = frozenset([*MOMENTS, EmailEventType.DELAYED])
"""Whoever tells of one of these has the mail, or had it: it was sent. A bounce too: what comes back did leave."""
READ: Final = frozenset([EmailEventType.OPENED, EmailEventType.CLICKED])
CLOCKS_DIFFER: Final = timedelta(hours=1)
"""How much later than here it may be for whoever recorded an event."""
RECONCILED: Final = "reconciled"
"""The detail of a `sent` that was concluded from what happened afterwards."""

log = structlog.get_logger(__name__)


@allow()
async def apply_pending_email_events(actor: Actor, after: ObjectId | None = None) -> Sequence[PendingEvent]:
    """Does what follows from the next events that are pending, in the order in which they were recorded, and returns
    them; empty: there is none. Begins behind the event `after`.

    An event of which something failed stays pending, and does not hold up the others.
    """
    events = await pending_events(after, BATCH)
    if not events:
        return []
    mails = await mails_of(events)
    await _complete(events, mails)
    await _forget_erased(events, mails)
    counted = [event for event in events if not event.is_test]
    concerned = await _conclude_sent(counted, mails)
    await _show(counted, mails)
    failed = await _act_on_addresses(counted)
    await leave_sequences(counted, mails)
    await announce_mail([event for event in counted if event.id not in failed], mails)
    await follow_prospects(counted, mails)
    for campaign_id in concerned:
        await settle_campaign(campaign_id, at_once=True)
    # Also what was a trial: it may have been counted before anybody looked.
    await mark_dirty(await _touched(events), {event.contact_id for event in events if event.contact_id})
    done = [event.id for event in events if event.id not in failed]
    await EmailEvent.get_pymongo_collection().update_many({"_id": {"$in": done}}, {"$unset": {"pending": ""}})
    return events


async def _complete(events: Iterable[PendingEvent], mails: Mails) -> None:
    """What the recorder of an event did not say is taken from the delivery that it names."""
    updates = []
    for event in events:
        mail = mails.get(event.delivery_id)
        if mail is None:
            continue
        is_test = mail.kind is DeliveryKind.TEST or None
        known = (
            mail.app_id or event.app_id,
            mail.campaign_id or event.campaign_id,
            mail.contact_id or event.contact_id,
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


async def _forget_erased(events: Iterable[PendingEvent], mails: Mails) -> None:
    """What was recorded while the person was being erased: whoever did so had read the delivery before."""
    erased = {mail.id for mail in mails.values() if mail.is_erased}
    updates = []
    for event in events:
        changes: dict[str, Any] = {"$unset": dict.fromkeys(map(to_camel, PERSONAL), "")}
        if event.url is not None and (url := without_address(event.url)) != event.url:
            changes["$set"] = {"url": url}
        if event.delivery_id in erased and ("$set" in changes or any(getattr(event, name) for name in PERSONAL)):
            updates.append(UpdateOne({"_id": event.id}, changes))
    if updates:
        await EmailEvent.get_pymongo_collection().bulk_write(updates, ordered=False)
    if told := [one for one in erased if mails[one].response is not None]:
        await Delivery.find({"_id": {"$in": told}}).update(touched({"response": None}))


async def _conclude_sent(events: Iterable[PendingEvent], mails: Mails) -> set[PydanticObjectId]:
    """A delivery of which nobody could say whether it was sent was, when something is heard of it: also where it waits
    to be sent again. Returns the campaigns whose numbers change by it. They are marked before: where this is cut off,
    their upkeep counts them."""
    heard: dict[ObjectId, datetime] = {}
    for event in events:
        mail = mails.get(event.delivery_id)
        if mail and mail.may_be_sent and (event.type in OUTSIDE or event.type is EmailEventType.SENT):
            heard[mail.id] = min(event.at, heard.get(mail.id, event.at))
    if not heard:
        return set()
    deliveries = await Delivery.find({"_id": {"$in": [*heard]}}).to_list()
    await record_events(
        [
            event_about(
                delivery,
                EmailEventType.SENT,
                source=delivery.provider or "smtp",
                at=heard[delivery.id],
                detail=RECONCILED,
            )
            for delivery in deliveries
        ]
    )
    campaigns = {delivery.campaign_id for delivery in deliveries if delivery.campaign_id}
    await Campaign.find({"_id": {"$in": [*campaigns]}}).update({"$set": {"open": True}})
    unknown = {"status": {"$in": [status.value for status in UNKNOWN]}}
    await Delivery.get_pymongo_collection().bulk_write(
        [
            UpdateOne({"_id": one, **unknown}, touched({**becoming(DeliveryStatus.SENT), "sentAt": at}))
            for one, at in heard.items()
        ],
        ordered=False,
    )
    return set(campaigns)


async def _show(events: Iterable[PendingEvent], mails: Mails) -> None:
    """The first moment of each kind, and the last of all. Not by `$min`: a stored null would be less than any."""
    first: dict[tuple[ObjectId, str], datetime] = {}
    last: dict[ObjectId, datetime] = {}
    for event in events:
        mail = mails.get(event.delivery_id)
        if mail is None or event.type not in OUTSIDE:
            continue
        last[mail.id] = max(event.at, last.get(mail.id, mail.last_event_at or event.at))
        name = MOMENTS.get(event.type)
        known = getattr(mail, name) if name else None
        if name is not None and not event.is_machine and (known is None or event.at < known):
            first[mail.id, name] = min(event.at, first.get((mail.id, name), event.at))
    updates = [
        UpdateOne({"_id": one}, {"$max": {"lastEventAt": at}})
        for one, at in last.items()
        if at != mails[one].last_event_at
    ]
    for (one, name), at in first.items():
        stored = to_camel(name)
        later = {"_id": one, "$or": [{stored: None}, {stored: {"$gt": at}}]}
        updates.append(UpdateOne(later, {"$set": {stored: at}}))
    if updates:
        await Delivery.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _act_on_addresses(events: Iterable[PendingEvent]) -> set[ObjectId]:
    """What failed. Nothing is known any more of the address of somebody who was erased."""
    acting = (EmailEventType.DELIVERED, EmailEventType.BOUNCED, EmailEventType.COMPLAINED, EmailEventType.FAILED)
    acting_ones = (event for event in events if event.type in acting and not event.is_plain)
    concerned = sorted(acting_ones, key=lambda event: event.at)
    mails = await mails_of(concerned)
    failed, bouncing = set[ObjectId](), set[str]()
    told = [(event, mail) for event in concerned if (mail := mails.get(event.delivery_id)) and mail.email]
    reached = {mail.email for event, mail in told if event.type is EmailEventType.DELIVERED}
    bouncing = await suppressions.with_soft_bounces(reached)
    for event, mail in told:
        try:
            await _act(event, mail, bouncing)
        except PyMongoError:
            raise
        except Exception:
            log.exception("email_events.not_applied", event_id=str(event.id))
            failed.add(event.id)
    return failed


async def _act(event: PendingEvent, mail: Mail, bouncing: set[str]) -> None:
    address, at, source = mail.email, event.at, event.source
    match event.type, event.bounce:
        case EmailEventType.DELIVERED, _ if address in bouncing:
            await suppressions.note_delivery(address, at=at)
        case EmailEventType.BOUNCED | EmailEventType.FAILED, BounceKind.HARD:
            await suppressions.note_hard_bounce(address, at=at, source=source)
            await _end_subscriptions(mail, SubscriberStatus.BOUNCED, at)
        case EmailEventType.BOUNCED | EmailEventType.FAILED, BounceKind.SOFT if _is_told_first(event, mail):
            await suppressions.note_soft_bounce(address, at=at, source=source)
            bouncing.add(address)
        case EmailEventType.COMPLAINED, _:
            await suppressions.note_complaint(address, at=at, source=source)
            await _end_subscriptions(mail, SubscriberStatus.COMPLAINED, at)


def _is_told_first(event: PendingEvent, mail: Mail) -> bool:
    """One mail that several tell of bounced once; it fails once anyway."""
    return event.type is EmailEventType.FAILED or event.at == mail.bounced_at


async def _end_subscriptions(mail: Mail, status: SubscriberStatus, at: datetime) -> None:
    """Of the person, in all apps; but for those that began after it happened."""
    if mail.contact_id is None:
        return
    # A complaint says more than a bounce.
    ended = [SubscriberStatus.UNSUBSCRIBED.value, SubscriberStatus.COMPLAINED.value, status.value]
    before = {"$or": [{"subscribedAt": None}, {"subscribedAt": {"$lte": at}}]}
    theirs = {"contactId": mail.contact_id, "status": {"$nin": ended}, **before}
    await Subscriber.find(theirs).update(touched({"status": status.value}))


async def _touched(events: Sequence[PendingEvent]) -> set[Bucket]:
    """The buckets that count differently now: those of the events, and where a mail turns out to have been opened
    earlier than was known, the later days too."""
    days = await _days_of_reading([event for event in events if event.type in READ])
    touched_days = set()
    for event in events:
        day = day_of(event.at)
        others_read = days.get(event.delivery_id, set()) if event.type in READ else set()
        later = [one for one in others_read if one > day]
        touched_days |= {Bucket(event.campaign_id, event.app_id, one) for one in (day, *later)}
    return touched_days


async def _days_of_reading(events: Iterable[PendingEvent]) -> Mapping[ObjectId | None, set[datetime]]:
    """On which days the mails of these events were read, where that may be another day than that of the event and a
    later one."""
    today = day_of(clock.now() + CLOCKS_DIFFER)
    earlier = {event.delivery_id for event in events if event.delivery_id and day_of(event.at) < today}
    days: dict[ObjectId | None, set[datetime]] = {}
    if earlier:
        others = {"deliveryId": {"$in": [*earlier]}, "type": {"$in": [*READ]}, "isMachine": {"$ne": True}}
        async for row in EmailEvent.get_pymongo_collection().find(others, {"deliveryId": 1, "at": 1}):
            days.setdefault(row["deliveryId"], set()).add(day_of(row["at"]))
    return days
