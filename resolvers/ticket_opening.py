"""How a ticket comes into the world: numbered, with its clocks running and the message that it begins with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from beanie import PydanticObjectId
from pymongo.errors import DuplicateKeyError

from models.apps import App
from models.ticket_messages import TicketAttachment
from models.tickets import Ticket, TicketEventKind, TicketNumber, TicketPriority
from resolvers.ticket_authors import Author, message_by
from resolvers.ticket_events import announce, follow
from resolvers.ticket_states import changed, derived, started, with_event, with_message


def begun(
    app: App,
    author: Author,
    at: datetime,
    fields: Mapping[str, Any],
    *,
    number: int,
    id: PydanticObjectId | None = None,
    message_id: PydanticObjectId | None = None,
    mail_id: str | None = None,
    attachments: Sequence[TicketAttachment] = (),
) -> Ticket:
    """A ticket as it is when it begins. `fields` are its own, by attribute name."""
    ticket = Ticket(
        id=id or PydanticObjectId(),
        app_id=app.id,
        number=number,
        people_keys=[],
        attachments=list(attachments),
        last_message_at=at,
        created_by=author.label,
        created_at=at,
        updated_at=at,
        **fields,
    )
    message = message_by(author, ticket, ticket.message, at, id=message_id, mail_id=mail_id, attachments=attachments)
    opened = with_message(started(ticket, app, at), message, author.label, at)
    # What was written is told together with the ticket's beginning.
    opened = with_event(changed(opened, events=[]), TicketEventKind.CREATED, at, message=message)
    if opened.priority is TicketPriority.URGENT:
        opened = with_event(opened, TicketEventKind.URGENT, at)
    return derived(opened)


async def open_ticket(
    app: App,
    author: Author,
    at: datetime,
    fields: Mapping[str, Any],
    *,
    id: PydanticObjectId | None = None,
    message_id: PydanticObjectId | None = None,
    mail_id: str | None = None,
    attachments: Sequence[TicketAttachment] = (),
) -> Ticket | None:
    """Begins a ticket, and does what follows. None where there is a ticket of that id already."""
    identity = id or PydanticObjectId()
    while True:
        number = await _next_number(app.id)
        opened = begun(
            app,
            author,
            at,
            fields,
            number=number,
            id=identity,
            message_id=message_id,
            mail_id=mail_id,
            attachments=attachments,
        )
        try:
            await opened.insert()
            break
        except DuplicateKeyError:
            if await Ticket.get(identity) is not None:
                return None
            await _catch_up(app.id)
    await follow(opened, opened.events)
    await announce(opened)
    return opened


async def _next_number(app_id: str) -> int:
    """None is given twice; one whose ticket was never stored is left out."""
    while True:
        try:
            counted = await TicketNumber.change({"_id": app_id}, {"$inc": {"last": 1}}, upsert=True)
        except DuplicateKeyError:
            continue
        if counted is not None:
            return counted.last


async def _catch_up(app_id: str) -> None:
    """Tickets were stored that were not counted, such as restored ones."""
    highest = await Ticket.find({"appId": app_id}).sort("-number").first_or_none()
    if highest is not None:
        await TicketNumber.change({"_id": app_id}, {"$max": {"last": highest.number}})
