"""What was received lately: answers to newsletters in five languages, what mail servers reported, questions to the
support, and what belongs to nothing. Written as mail programs write it, and read as any other mail."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from random import Random
from typing import Any, Final

from beanie import PydanticObjectId

from core.inputs import key_of_email
from models.campaigns import Campaign
from models.contacts import Contact
from models.deliveries import Delivery
from models.email_events import EmailEvent, EmailEventType
from models.files import File, FileChunk
from models.inbound_messages import KEPT, InboundMatch, InboundMessage, InboundProvider
from models.inbound_messages import InboundStatus as Status
from models.tickets import Ticket, TicketSource
from resolvers.email_events import event_about
from resolvers.inbound_reading import reading
from resolvers.inbound_receiving import FILENAME
from seed.catalog import APPS
from seed.inbox_texts import ANSWERS, ATTRIBUTIONS, AWAY, LEAVING, REPLYING, UNKNOWN

DOMAIN: Final = "in.example.com"
AWAY_PEOPLE, BOUNCES, QUESTIONS = 2, 6, 12
RAW_KEPT: Final = timedelta(days=90)
PROVIDERS: Final = (InboundProvider.POSTMARK, InboundProvider.SMTP)


@dataclass(slots=True)
class Inbox:
    """`events` are those of the mail that was answered; the bytes are in `files` and `chunks`."""

    messages: list[InboundMessage] = field(default_factory=list)
    events: list[EmailEvent] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    chunks: list[FileChunk] = field(default_factory=list)


def inbox(
    random: Random,
    campaigns: Iterable[Campaign],
    deliveries: Sequence[Delivery],
    contacts: Iterable[Contact],
    tickets: Iterable[Ticket],
    now: datetime,
) -> Inbox:
    """Shows on the deliveries which of them were answered."""
    writer = _Writer(random, {one.id: one for one in campaigns}, {one.id: one for one in contacts}, now)
    found = Inbox()
    for message, raw in [*writer.answers(deliveries), *writer.reports(deliveries), *writer.others(tickets)]:
        raw_id = message.raw_id or message.id
        found.messages.append(message)
        found.files.append(File(id=raw_id, length=len(raw), upload_date=message.created_at, filename=FILENAME))
        found.chunks.append(FileChunk(files_id=raw_id, n=0, data=raw))
    replied = {message.delivery_id: message for message in found.messages if "Recorded a reply" in message.outcomes}
    for delivery in deliveries:
        if answer := replied.get(delivery.id):
            delivery.replied_at = answer.created_at
            event = event_about(delivery, EmailEventType.REPLIED, source="inbound", at=answer.created_at)
            found.events.append(event.model_copy(update={"created_at": answer.created_at}))
    return found


class _Writer:
    def __init__(
        self,
        random: Random,
        campaigns: dict[Any, Campaign],
        contacts: dict[Any, Contact],
        now: datetime,
    ) -> None:
        self._random, self._campaigns, self._contacts, self._now = random, campaigns, contacts, now
        self._count = 0

    def answers(self, deliveries: Sequence[Delivery]) -> Iterator[tuple[InboundMessage, bytes]]:
        """Of people to newsletters that reached them."""
        reached = [one for one in deliveries if one.sent_at and not one.bounced_at and self._contact_of(one)]
        self._random.shuffle(reached)
        waiting = {language: list(texts) for language, texts in ANSWERS.items()}
        away = dict.fromkeys(ANSWERS, AWAY_PEOPLE)
        for delivery in reached:
            contact = self._contact_of(delivery)
            language = (contact.language or "en").partition("-")[0] if contact else "en"
            if contact is None or language not in ANSWERS:
                continue
            if waiting[language]:
                yield self._answer(delivery, contact, language, waiting[language].pop())
            elif away[language]:
                away[language] -= 1
                yield self._absence(delivery, contact, language)

    def reports(self, deliveries: Iterable[Delivery]) -> Iterator[tuple[InboundMessage, bytes]]:
        """Of mail that came back."""
        for delivery in [one for one in deliveries if one.bounced_at][:BOUNCES]:
            at = delivery.bounced_at or self._now
            told = {"number": self._next(), "address": delivery.email, "at": format_datetime(at)}
            raw = BOUNCE.format(**told, original=_name(delivery)).encode()
            yield self._kept(raw, at, delivery, f"bounces@{DOMAIN}", ["Recorded a hard bounce"])

    def others(self, tickets: Iterable[Ticket]) -> Iterator[tuple[InboundMessage, bytes]]:
        """Questions that became tickets, and what belongs to nothing."""
        asked = sorted((one for one in tickets if one.source is TicketSource.EMAIL), key=lambda one: one.created_at)
        for ticket in asked[-QUESTIONS:]:
            to = f"{ticket.app_id}@{DOMAIN}"
            raw = self._mail(ticket.name, ticket.email, to, ticket.subject, ticket.message, ticket.created_at)
            message, _ = self._kept(raw, ticket.created_at, None, to, [f"Began the ticket {ticket.reference}"])
            known = {"status": Status.PROCESSED, "ticket_id": ticket.id, "contact_id": ticket.contact_id}
            yield message.model_copy(update={**known, "app_id": ticket.app_id}), raw
        leaving = [(f"{REPLYING[one]}: News", f"{one}.reader@mail.example", text) for one, text in LEAVING.items()]
        for number, (subject, sender, text) in enumerate([*UNKNOWN, *leaving]):
            at, to = self._now - timedelta(hours=7 + 31 * number), f"hello@{DOMAIN}"
            yield self._kept(self._mail("", sender, to, subject, text, at), at, None, to, [])

    def _answer(self, delivery: Delivery, contact: Contact, language: str, text: str) -> tuple[InboundMessage, bytes]:
        at = self._after(delivery)
        campaign = self._campaigns[delivery.campaign_id]
        above = ATTRIBUTIONS[language].format(day=f"{delivery.sent_at:%Y-%m-%d}", app=campaign.name)
        subject = f"{REPLYING[language]}: {self._subject_of(delivery)}"
        to, quoted = f"news@{DOMAIN}", f"{text}\n\n{contact.name}\n\n{above}\n> {campaign.name}\n"
        raw = self._mail(contact.name, contact.email, to, subject, quoted, at, delivery)
        return self._kept(raw, at, delivery, to, ["Recorded a reply"])

    def _absence(self, delivery: Delivery, contact: Contact, language: str) -> tuple[InboundMessage, bytes]:
        at = (delivery.sent_at or self._now) + timedelta(seconds=self._random.randrange(5, 90))
        beginning, text = AWAY[language]
        day = f"{at + timedelta(days=self._random.randrange(3, 20)):%d.%m.%Y}"
        subject, to = f"{beginning}: {self._subject_of(delivery)}", f"news@{DOMAIN}"
        raw = self._mail(contact.name, contact.email, to, subject, text.format(day=day), at, delivery, automatic=True)
        return self._kept(raw, at, delivery, to, [])

    def _mail(
        self,
        name: str,
        email: str,
        to: str,
        subject: str,
        text: str,
        at: datetime,
        answered: Delivery | None = None,
        *,
        automatic: bool = False,
    ) -> bytes:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = formataddr((name, email)), to, " ".join(subject.split())
        mail["Date"], mail["Message-ID"] = format_datetime(at), f"<{self._next()}@mail.example>"
        if answered is not None:
            mail["In-Reply-To"] = _name(answered)
        if automatic:
            mail["Auto-Submitted"] = "auto-replied"
        mail.set_content(text)
        return mail.as_bytes()

    def _kept(
        self, raw: bytes, at: datetime, delivery: Delivery | None, recipient: str, outcomes: list[str]
    ) -> tuple[InboundMessage, bytes]:
        read = reading(raw)
        sender = read.mail.sender[0]
        fields = InboundMessage(
            provider=PROVIDERS[self._count % len(PROVIDERS)],
            message_id=read.mail.message_id or "",
            recipient=recipient,
            sender=sender.email,
            sender_name=sender.name,
            sender_key=key_of_email(sender.email),
            subject=read.mail.subject,
            search_text=f"{sender.name} {sender.email} {read.mail.subject}".casefold(),
            sent_at=at,
            size=len(raw),
            raw_id=PydanticObjectId(),
            raw_expires_at=at + RAW_KEPT,
            status=Status.PROCESSED if delivery else Status.UNMATCHED,
            app_id=delivery.app_id if delivery else None,
            delivery_id=delivery.id if delivery else None,
            campaign_id=delivery.campaign_id if delivery else None,
            contact_id=delivery.contact_id if delivery else None,
            matched_by=InboundMatch.REFERENCE if delivery else None,
            outcomes=outcomes,
            processed_at=at + timedelta(seconds=2),
            created_at=at,
            updated_at=at + timedelta(seconds=2),
            expires_at=at + KEPT,
        ).model_dump(by_alias=True)
        message: InboundMessage = InboundMessage.model_validate(fields | read.fields)
        return message, raw

    def _subject_of(self, delivery: Delivery) -> str:
        """As it reads."""
        subject = self._campaigns[delivery.campaign_id].subject
        names = {app.id: app.name for app in APPS}
        return re.sub(r"\{\{ *app_name *\}\}", names[delivery.app_id or ""], subject)

    def _after(self, delivery: Delivery) -> datetime:
        at = (delivery.sent_at or self._now) + timedelta(hours=self._random.expovariate(1 / 20) + 0.2)
        return min(at, self._now - timedelta(minutes=self._random.randrange(3, 300)))

    def _contact_of(self, delivery: Delivery) -> Contact | None:
        return self._contacts.get(delivery.contact_id)

    def _next(self) -> int:
        self._count += 1
        return self._count


def _name(delivery: Delivery) -> str:
    """As our mail is called."""
    return delivery.message_id or f"<{delivery.id}@example.com>"


BOUNCE: Final = """Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mail.example>
To: bounces@in.example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-{number}@mail.example>
Date: {at}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: host mx.mail.example said: 550 5.1.1 User unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b
Content-Type: text/rfc822-headers

Message-ID: {original}
To: {address}
--b--
"""
