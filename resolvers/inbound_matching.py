"""What a received mail belongs to: by the signed address that it was sent to, by the mail that it names, and for
people, by who they are and what they write about."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from beanie import PydanticObjectId
from bson import ObjectId

from core import clock
from core.ids import object_id
from core.inputs import key_of_email
from core.runtime import runtime
from mail.inbound import bare_subject
from models.apps import App
from models.campaigns import Campaign
from models.contacts import Contact
from models.deliveries import Delivery, DeliveryStatus
from models.inbound_messages import InboundMatch, InboundMessage
from models.tickets import Ticket
from resolvers.inbound_reading import Reading
from resolvers.reply_addresses import answered_by

OURS: Final = re.compile(r"<(ticket-)?([0-9a-f]{24})@([^<>@]+)>", re.IGNORECASE)
"""What our mail is named: after a ticket or a delivery."""
MOST_REFERENCES: Final = 30
RECENT: Final = timedelta(days=60)
"""How old a conversation may be that is found by its subject alone."""
MOST_LOOKED_AT: Final = 50
SHORTEST_SUBJECT: Final = 4
TAGS: Final = re.compile(r"\{\{.{0,500}?\}\}|\{%.{0,500}?%\}")
"""What a subject has in the place of what differs from reader to reader."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """`app` is the app of what it belongs to, else the one whose address it was sent to. `is_to_app`: it came to an
    address of the app. `how` is for a person."""

    by: InboundMatch | None = None
    app: App | None = None
    delivery: Delivery | None = None
    ticket: Ticket | None = None
    contact: Contact | None = None
    is_to_app: bool = False
    how: str = "It belongs to nothing that we know"

    @property
    def enrollment_id(self) -> PydanticObjectId | None:
        """Of whom the mail was for, in a sequence."""
        outreach = self.delivery.outreach if self.delivery else None
        return outreach.enrollment_id if outreach else None

    @property
    def fields(self) -> dict[str, Any]:
        """By stored name."""
        return {
            "matchedBy": self.by.value if self.by else None,
            "appId": self.app.id if self.app else None,
            "deliveryId": self.delivery.id if self.delivery else None,
            "campaignId": self.delivery.campaign_id if self.delivery else None,
            "ticketId": self.ticket.id if self.ticket else None,
            "contactId": self.contact.id if self.contact else None,
            "enrollmentId": self.enrollment_id,
        }


async def belonging_of(message: InboundMessage, reading: Reading) -> Belonging:
    """What a person said counts most."""
    apps = await App.find_all().to_list()
    addresses = _addresses(message, reading)
    addressed = app_addressed(addresses, apps)
    if message.matched_by is InboundMatch.PERSON:
        found = await _by_person(message)
    else:
        named = await _by_reference(reading)
        found = _together(await _by_address(addresses), named) or named or Belonging()
        if found.by is None and message.sender_key and (subject := _subject(message, reading)):
            found = await _by_sender(message, addressed, subject) or found
    app_id = _app_id(found)
    app = next((app for app in apps if app.id == app_id), None) or addressed
    contact = found.contact or await _contact_of(message, reading, found)
    return replace(found, app=app, contact=contact, is_to_app=addressed is not None)


def app_addressed(addresses: Iterable[str], apps: Sequence[App]) -> App | None:
    """The app that an address is of: `<app>@` where mail is received, or what its settings name."""
    known = {address: app for app in apps for address in addresses_of(app)}
    return next((known[address] for address in addresses if address in known), None)


def addresses_of(app: App) -> Collection[str]:
    """In lower case."""
    domain = runtime().settings.inbound_domain
    own = f"{app.id}@{domain.lower()}" if domain else None
    named = (own, app.support.email, app.mail.reply_to, app.mail.sender_email)
    return [key_of_email(address) for address in named if address]


def _addresses(message: InboundMessage, reading: Reading) -> list[str]:
    """To whom it was sent, in lower case: the address that it was left at counts most."""
    mail = reading.mail
    told = [*mail.delivered_to, *(mailbox.email for mailbox in (*mail.to, *mail.cc))]
    return list(dict.fromkeys(key_of_email(address) for address in [message.recipient, *told[:100]]))


def _app_id(found: Belonging) -> str | None:
    if found.ticket:
        return found.ticket.app_id
    return found.delivery.app_id if found.delivery else None


async def _by_person(message: InboundMessage) -> Belonging:
    return Belonging(
        InboundMatch.PERSON,
        delivery=await Delivery.get(message.delivery_id) if message.delivery_id else None,
        ticket=await Ticket.get(message.ticket_id) if message.ticket_id else None,
        contact=await Contact.get(message.contact_id) if message.contact_id else None,
        how="A person said what it belongs to",
    )


async def _by_address(addresses: Iterable[str]) -> Belonging | None:
    how = "It was sent to the address of what it answers"
    for address in addresses:
        answered = answered_by(address)
        if answered and answered.ticket_id and (ticket := await Ticket.get(answered.ticket_id)):
            return Belonging(InboundMatch.ADDRESS, ticket=ticket, how=how)
        if answered and answered.delivery_id and (delivery := await Delivery.get(answered.delivery_id)):
            return Belonging(InboundMatch.ADDRESS, delivery=delivery, ticket=await _ticket_of(delivery), how=how)
    return None


def _together(addressed: Belonging | None, named: Belonging | None) -> Belonging | None:
    """Whoever answers in a ticket answers one of its mails."""
    if addressed and addressed.ticket and named and named.ticket and named.ticket.id == addressed.ticket.id:
        return replace(addressed, delivery=addressed.delivery or named.delivery)
    return addressed


async def _by_reference(reading: Reading) -> Belonging | None:
    """The nearest of the mails that it names and that are ours."""
    named = [found for reference in _references(reading) if (found := OURS.fullmatch(reference))]
    ids = [identity for found in named if (identity := object_id(found[2].lower()))]
    deliveries = {one.id: one for one in await Delivery.find({"_id": {"$in": ids}}).to_list()} if ids else {}
    for found in named:
        identity = PydanticObjectId(found[2].lower())
        how = f"It names our mail {found[0]}"
        if found[1]:
            if ticket := await Ticket.get(identity):
                return Belonging(InboundMatch.REFERENCE, ticket=ticket, how=how)
        elif (delivery := deliveries.get(identity)) and _is_named(delivery, found[0]):
            return Belonging(InboundMatch.REFERENCE, delivery=delivery, ticket=await _ticket_of(delivery), how=how)
    return None


def _references(reading: Reading) -> Sequence[str]:
    """The likeliest first."""
    if reading.report:
        named: Iterable[str | None] = [reading.report.message_id]
    elif reading.bounce:
        named = reading.bounce.message_ids
    else:
        named = [*reading.mail.in_reply_to, *reversed(reading.mail.references)]
    return [one for one in dict.fromkeys(named) if one][:MOST_REFERENCES]


def _is_named(delivery: Delivery, reference: str) -> bool:
    """What is said to be sent back was sent, and under that name."""
    left = delivery.status not in (DeliveryStatus.QUEUED, DeliveryStatus.SUPPRESSED, DeliveryStatus.CANCELLED)
    return left and (delivery.message_id is None or delivery.message_id.lower() == reference.lower())


async def _ticket_of(delivery: Delivery) -> Ticket | None:
    return await Ticket.get(delivery.thread.ticket_id) if delivery.thread and delivery.thread.ticket_id else None


def _subject(message: InboundMessage, reading: Reading) -> str | None:
    """What a conversation may be found by: of a person's mail, and of a reply that somebody's program wrote, which
    says so before the subject. None where it says too little."""
    if reading.bounce or reading.report:
        return None
    subject = message.subject.partition(":")[2] if reading.auto else message.subject
    plain = _plain(subject)
    return plain if len(plain) >= SHORTEST_SUBJECT else None


def _plain(subject: str) -> str:
    return " ".join(bare_subject(subject).casefold().split())


async def _by_sender(message: InboundMessage, app: App | None, subject: str) -> Belonging | None:
    how = f"Its sender was in a conversation about “{subject[:100]}”"
    since = {"createdAt": {"$gte": clock.now() - RECENT}}
    theirs = Ticket.find({"emailKey": message.sender_key, **since}).sort("-createdAt").limit(MOST_LOOKED_AT)
    for ticket in await theirs.to_list():
        is_of_app = app is None or app.id == ticket.app_id
        if is_of_app and _plain(ticket.subject) == subject:
            return Belonging(InboundMatch.SENDER, ticket=ticket, how=how)
    contact = await Contact.find_one({"emailKey": message.sender_key, "erasedAt": None})
    if contact is None:
        return None
    sent = Delivery.find({"contactId": contact.id, **since}).sort("-createdAt", "-_id").limit(MOST_LOOKED_AT)
    deliveries = [one for one in await sent.to_list() if one.status is DeliveryStatus.SENT]
    subjects = await _subjects({one.campaign_id for one in deliveries if one.campaign_id})
    for delivery in deliveries:
        pattern = subjects.get(delivery.campaign_id)
        has_it = delivery.subject is not None and _plain(delivery.subject) == subject
        if has_it or (pattern and pattern.fullmatch(subject)):
            return Belonging(InboundMatch.SENDER, delivery=delivery, contact=contact, how=how)
    return None


async def _subjects(campaign_ids: Collection[ObjectId]) -> Mapping[ObjectId | None, re.Pattern[str]]:
    campaigns = await Campaign.find({"_id": {"$in": list(campaign_ids)}}).to_list() if campaign_ids else []
    return {one.id: pattern for one in campaigns if (pattern := subject_pattern(one.subject))}


def subject_pattern(subject: str) -> re.Pattern[str] | None:
    """What a campaign's subject is, whomever it was sent to; None where too little of it is the same for all."""
    pieces = [" ".join(piece.split()) for piece in TAGS.split(bare_subject(subject).casefold())]
    if sum(map(len, pieces)) < SHORTEST_SUBJECT or len(pieces) > 5:
        return None
    return re.compile(r"\s?.{0,100}?\s?".join(map(re.escape, pieces)))


async def _contact_of(message: InboundMessage, reading: Reading, found: Belonging) -> Contact | None:
    """Who wrote; of what machines report, to whom the mail had gone."""
    if found.delivery and found.delivery.contact_id and (not reading.is_by_person or _wrote(message, found.delivery)):
        return await Contact.find_one({"_id": found.delivery.contact_id, "erasedAt": None})
    if reading.bounce or reading.report or not message.sender_key:
        return None
    return await Contact.find_one({"emailKey": message.sender_key, "erasedAt": None})


def _wrote(message: InboundMessage, delivery: Delivery) -> bool:
    return bool(delivery.email) and key_of_email(delivery.email) == message.sender_key
