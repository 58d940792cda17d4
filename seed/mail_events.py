"""What became of the newsletters that were sent: who opened them, who clicked, whose mail came back."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from core.actor import Actor
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import BounceKind, EmailEvent, EmailEventType
from resolvers.email_rollups import recount_due
from resolvers.rollup_rebuilds import rebuild_rollups
from seed.campaigns import recipients_of

SYSTEM: Final = Actor.system("seed")
OPENING, CLICKING, SCANNED, BOUNCING = 0.42, 0.16, 0.08, 0.006
"""Of those whom a mail is sent to, how many open it, click in it, have it opened by a scanner, and cause a bounce."""
LONGEST_WAIT: Final = 5 * 24 * 3600.0
"""Seconds after which hardly anybody opens a mail that they have not opened yet."""
MOMENTS: Final = {
    EmailEventType.DELIVERED: "delivered_at",
    EmailEventType.OPENED: "opened_at",
    EmailEventType.CLICKED: "clicked_at",
    EmailEventType.BOUNCED: "bounced_at",
}


def mail_that_was_sent(
    random: Random, campaigns: Sequence[Campaign], contacts: Sequence[Contact], now: datetime
) -> tuple[list[Delivery], list[EmailEvent]]:
    """The deliveries of campaigns that were sent, and their events until now."""
    deliveries, events = list[Delivery](), list[EmailEvent]()
    for campaign in campaigns:
        if campaign.status is CampaignStatus.SENT and campaign.started_at is not None:
            for number, contact in enumerate(recipients_of(campaign, contacts)):
                sent = campaign.started_at + timedelta(milliseconds=120 * number)
                delivery = _delivery(campaign, contact, sent)
                told = [event for event in _events(random, campaign, delivery, sent) if event.at <= now]
                deliveries.append(_showing(delivery, told))
                events += told
    return deliveries, events


async def count_mail() -> None:
    """Lets the rollups follow."""
    await rebuild_rollups(SYSTEM)
    while await recount_due(SYSTEM):
        pass


def _delivery(campaign: Campaign, contact: Contact, at: datetime) -> Delivery:
    return Delivery(
        app_id=campaign.app_id,
        source=f"campaign:{campaign.id}",
        kind=DeliveryKind.CAMPAIGN,
        category=ConsentCategory.NEWSLETTER,
        contact_id=contact.id,
        campaign_id=campaign.id,
        content=f"campaign:{campaign.id}",
        email=contact.email,
        name=contact.name,
        language=contact.language,
        status=DeliveryStatus.SENT,
        attempts=1,
        provider="resend",
        sent_at=at,
        created_at=at,
        updated_at=at,
    )


def _events(random: Random, campaign: Campaign, delivery: Delivery, sent: datetime) -> Iterator[EmailEvent]:
    """In the order in which they happened."""
    numbers = count(1)

    def event(type: EmailEventType, at: datetime, **details: Any) -> EmailEvent:
        return EmailEvent(
            type=type,
            at=at,
            created_at=at,
            updated_at=at,
            source="tracking" if type in (EmailEventType.OPENED, EmailEventType.CLICKED) else "resend",
            app_id=delivery.app_id,
            delivery_id=delivery.id,
            campaign_id=delivery.campaign_id,
            contact_id=delivery.contact_id,
            dedupe_key=f"seed:{delivery.id}:{next(numbers)}",
            **details,
        )

    yield event(EmailEventType.QUEUED, sent)
    yield event(EmailEventType.SENT, sent)
    arrived = sent + timedelta(seconds=random.uniform(1, 40))
    if random.random() < BOUNCING:
        yield event(EmailEventType.BOUNCED, arrived, bounce=BounceKind.SOFT, detail="452 4.2.2 The mailbox is full")
        return
    yield event(EmailEventType.DELIVERED, arrived)
    if random.random() < SCANNED:
        yield event(EmailEventType.OPENED, arrived + timedelta(seconds=1), is_machine=True)
    if random.random() >= OPENING:
        return
    # Most look at it within hours, some after days.
    opened = arrived + timedelta(seconds=min(random.expovariate(1 / 20_000), LONGEST_WAIT))
    yield event(EmailEventType.OPENED, opened)
    if random.random() < CLICKING / OPENING:
        read = opened + timedelta(seconds=random.uniform(5, 120))
        yield event(EmailEventType.CLICKED, read, link=1, url=campaign.links[0])


def _showing(delivery: Delivery, events: Sequence[EmailEvent]) -> Delivery:
    """With the first moment of each kind."""
    first: dict[str, datetime] = {}
    for event in events:
        if event.type in MOMENTS and not event.is_machine:
            first.setdefault(MOMENTS[event.type], event.at)
    last = max((event.at for event in events), default=delivery.sent_at)
    shown: Delivery = delivery.model_copy(update={**first, "last_event_at": last})
    return shown
