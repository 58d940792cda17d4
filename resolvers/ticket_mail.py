"""Mail to the customers of tickets. There is one mail of each occasion to each person, whoever plans it again, and all
of a ticket's mail is one conversation in mail programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from beanie import PydanticObjectId

from core.actor import Actor
from core.errors import found
from core.runtime import runtime
from mail.links import RatingTokens
from models.apps import App
from models.attachments import attachment_url
from models.deliveries import DeliveryThread
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketEvent, TicketEventKind
from resolvers.mail_skeletons import sender_of
from resolvers.transactional import Recipient, queue_mail

SENDER: Final = Actor.system("tickets")
FILES_VALID: Final = timedelta(days=30)
"""How long the links to an answer's files work that are in its mail."""
REFERENCES: Final = 5
"""Mails of the customer that the next one says it comes after, the newest ones."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why somebody is written to: `key` is the template's, `source` names the occasion, `files` lead to what comes
    along."""

    key: str
    source: str
    values: Mapping[str, Any]
    files: Sequence[Mapping[str, str]] = ()
    is_resolution: bool = False
    by_person: bool = False


async def tell_customers(ticket: Ticket, event: TicketEvent) -> None:
    """Plans the mail that an event asks for, if any."""
    app = found(await App.get(ticket.app_id), "App")
    occasion = await _occasion(app, ticket, event)
    if occasion is None:
        return
    thread = await _thread(app, ticket, by_person=occasion.by_person)
    known = {"subject": ticket.subject, "reference": ticket.reference, "can_reply": _answers_are_read(app)}
    asks = occasion.is_resolution and app.support.asks_rating
    for recipient, language in _recipients(ticket, event):
        rating = {"rating_url": rating_url(ticket)} if asks and recipient.email == ticket.email else {}
        await queue_mail(
            SENDER,
            app,
            occasion.key,
            recipient,
            values={**known, **occasion.values},
            secret_values={**rating, **({"files": occasion.files} if occasion.files else {})},
            language=language,
            source=occasion.source,
            thread=thread,
        )


def ticket_sources(ticket: Ticket) -> list[str]:
    """Of all the mail that there may be about a ticket, but for what was written in it."""
    resolutions = [_resolved(ticket, number) for number in range(1, ticket.resolutions + 1)]
    return [_received(ticket), _merged(ticket), *resolutions]


def message_source(message_id: PydanticObjectId) -> str:
    """Of the mail that a message is sent by."""
    return f"ticket-message:{message_id}"


def rating_url(ticket: Ticket) -> str:
    """The page on which the customer says how content they are."""
    settings = runtime().settings
    token = RatingTokens(settings.keys("ticket_rating")).issue(ticket.id)
    return f"{settings.public_url.rstrip('/')}/{ticket.app_id}/tickets/rate/{token}"


async def _occasion(app: App, ticket: Ticket, event: TicketEvent) -> Occasion | None:
    match event.kind:
        case TicketEventKind.CREATED if event.message and event.message["isCustomer"]:
            return Occasion("ticket-received", _received(ticket), {}) if app.support.acknowledges else None
        case TicketEventKind.CREATED | TicketEventKind.WRITTEN if event.message and _is_answer(event.message):
            return _answer(event.message, event.number)
        case TicketEventKind.RESOLVED:
            return Occasion("ticket-resolved", _resolved(ticket, event.number), {}, is_resolution=True)
        case TicketEventKind.MERGED if ticket.merged_into_id:
            target = await Ticket.get(ticket.merged_into_id)
            values = {"target_reference": target.reference if target else ""}
            return Occasion("ticket-merged", _merged(ticket), values)
        case _:
            return None


def _answer(message: Mapping[str, Any], resolution: int) -> Occasion:
    values = {
        "message": message["content"],
        "agent_name": message["authorName"],
        "is_resolved": resolution > 0,
    }
    files = [
        {"name": file["filename"], "url": attachment_url(file["appId"], file["id"], FILES_VALID)}
        for file in message["attachments"]
    ]
    source = message_source(message["_id"])
    return Occasion("ticket-reply", source, values, files, is_resolution=resolution > 0, by_person=True)


def _is_answer(message: Mapping[str, Any]) -> bool:
    return not message["isCustomer"] and not message["isInternal"]


def _recipients(ticket: Ticket, event: TicketEvent) -> Iterator[tuple[Recipient, str | None]]:
    """The requester and, of answers and resolutions, everybody who is kept informed. Whoever was erased has no
    address."""
    people = [(ticket.email, ticket.name, ticket.language)]
    if event.kind in (TicketEventKind.WRITTEN, TicketEventKind.RESOLVED):
        people += [(person.email, person.name, person.language) for person in ticket.people]
    for email, name, language in people:
        if email:
            yield Recipient(email, name), language


async def _thread(app: App, ticket: Ticket, *, by_person: bool) -> DeliveryThread:
    """All of a ticket's mail answers a first one that never was, and the customer's own newest mails."""
    root = f"<ticket-{ticket.id}@{sender_of(app, runtime().settings).domain}>"
    by_mail = {"appId": ticket.app_id, "ticketId": ticket.id, "mailId": {"$type": "string"}}
    newest = await TicketMessage.find(by_mail).sort("-createdAt").limit(REFERENCES).to_list()
    ids = [message.mail_id for message in reversed(newest) if message.mail_id]
    return DeliveryThread(references=[root, *ids], ticket_id=ticket.id, by_person=by_person)


def _answers_are_read(app: App) -> bool:
    return runtime().settings.inbound_domain is not None or app.mail.reply_to is not None


def _received(ticket: Ticket) -> str:
    return f"ticket:{ticket.id}:received"


def _merged(ticket: Ticket) -> str:
    return f"ticket:{ticket.id}:merged"


def _resolved(ticket: Ticket, number: int) -> str:
    return f"ticket:{ticket.id}:resolved:{number}"
