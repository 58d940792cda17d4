"""What customers write by mail: it goes on with the ticket that it answers, or begins one. Each mail counts once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from beanie import PydanticObjectId

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import found
from core.ids import derived_id, object_id
from models.apps import App
from models.deliveries import Delivery
from models.ticket_messages import TicketAttachment, TicketMessage
from models.tickets import Ticket, TicketSource
from resolvers.ticket_authors import Author
from resolvers.ticket_continuation import Said, say
from resolvers.ticket_events import follow
from resolvers.ticket_opening import open_ticket
from resolvers.ticket_people import requester, shop_of

LONGEST_TEXT: Final = 50_000
"""Characters; the mail itself is kept elsewhere, whole."""
LONGEST_SUBJECT: Final = 200
NO_SUBJECT: Final = "(no subject)"
NO_TEXT: Final = "(no text)"
OURS: Final = re.compile(r"<(ticket-)?([0-9a-f]{24})@[^<>@]+>")
"""What our mail is named: after a ticket or a delivery."""


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """`message_id` names the mail (RFC 5322), `text` is what is new in it. `ticket_id` is the ticket that it answers,
    by the address that it was sent to or the mail that it refers to; without one it begins a ticket."""

    app_id: str
    message_id: str
    email: str
    name: str
    subject: str
    text: str
    ticket_id: PydanticObjectId | None = None
    language: str | None = None
    attachments: Sequence[TicketAttachment] = ()


@allow()
async def add_customer_mail(actor: Actor, mail: CustomerMail) -> Said:
    """Adds a mail to the conversation that it belongs to, and does what follows. Doing it again has no second effect:
    the ticket and the message that it became are returned.

    Raises `NotFound` for an unknown app.
    """
    app = found(await App.get(mail.app_id), "App")
    known = await TicketMessage.find_one({"appId": app.id, "mailId": mail.message_id})
    if known is not None:
        return Said(found(await Ticket.get(known.ticket_id), "Ticket"), known)
    ticket = await Ticket.find_one({"_id": mail.ticket_id, "appId": app.id}) if mail.ticket_id else None
    # Of somebody who was erased nothing goes on.
    if ticket is None or not ticket.email:
        ticket = await _begun(app, mail, actor)
        await follow(ticket, ticket.events)
    author = Author(actor.label, mail.email, mail.name, is_customer=True)
    message_id = message_id_of(mail)
    if (opening := await TicketMessage.get(message_id)) is not None:
        return Said(ticket, opening)
    return await say(
        ticket,
        author,
        _text(mail),
        clock.now(),
        message_id=message_id,
        mail_id=mail.message_id,
        attachments=mail.attachments,
    )


@allow()
async def find_answered_ticket(actor: Actor, app_id: str, references: Sequence[str]) -> Ticket | None:
    """The ticket that a mail belongs to by its `In-Reply-To` and `References`, the newest last; None where they name no
    mail about one."""
    for reference in reversed(references):
        named = OURS.fullmatch(reference.strip())
        identity = object_id(named[2]) if named else None
        if named is None or identity is None:
            continue
        if not named[1]:
            delivery = await Delivery.find_one({"_id": identity, "appId": app_id})
            identity = delivery.thread.ticket_id if delivery and delivery.thread else None
        if identity and (ticket := await Ticket.find_one({"_id": identity, "appId": app_id})):
            return ticket
    return None


def message_id_of(mail: CustomerMail) -> PydanticObjectId:
    """Of the message in a ticket that the mail becomes, or has become."""
    return _identity("message", mail)


async def _begun(app: App, mail: CustomerMail, by: Actor) -> Ticket:
    """The ticket that the mail begins, or has begun."""
    identity = _identity("ticket", mail)
    person = await requester(mail.email, mail.name, mail.language)
    fields = {
        **person,
        **await shop_of(app.id, person["contact_id"], None, None, by),
        "subject": " ".join(mail.subject.split())[:LONGEST_SUBJECT] or NO_SUBJECT,
        "message": _text(mail),
        "source": TicketSource.EMAIL,
    }
    author = Author(by.label, mail.email, mail.name, is_customer=True)
    begun = await open_ticket(
        app,
        author,
        clock.now(),
        fields,
        id=identity,
        message_id=message_id_of(mail),
        mail_id=mail.message_id,
        attachments=mail.attachments,
    )
    return begun or found(await Ticket.get(identity), "Ticket")


def _identity(kind: str, mail: CustomerMail) -> PydanticObjectId:
    """Follows from the mail, so that whoever works on it again finds what it became."""
    return derived_id(f"{kind}\0{mail.app_id}\0{mail.message_id}")


def _text(mail: CustomerMail) -> str:
    return mail.text.strip()[:LONGEST_TEXT] or NO_TEXT
