"""How people are taken out of tickets. What is left says that somebody asked something once, so that numbers still add
up."""

from collections.abc import Sequence
from typing import Any, Final

from core.mongo import Filter
from models.base import touched
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.holdings import Holding, Person
from resolvers.ticket_attachments import remove_files_of
from resolvers.ticket_events import follow
from resolvers.ticket_states import changed
from resolvers.ticket_writes import write_ticket

BATCH: Final = 500
SILENT: Final[dict[str, Any]] = {"content": "", "attachments": [], "peopleKeys": [], "mailId": None}
NAMELESS: Final[dict[str, Any]] = {"authorEmail": "", "authorName": ""}


async def erase_from_tickets(holding: Holding, person: Person) -> int:
    """Of their own tickets nothing stays that anybody wrote; in others they are not kept informed any more. What
    happened just now is added to the conversations first, where the messages are found."""
    key, stand_in, count = person.contact.email_key, f"erased:{person.contact.id}", 0
    async for batch in holding.batches(person):
        for ticket in batch:
            await _settle(ticket)
            await write_ticket({"_id": ticket.id}, lambda current: _without(current, key, stand_in))
        count += len(batch)
    return count


async def erase_from_messages(holding: Holding, person: Person) -> int:
    """Whatever was said to them, by them or about them. Staff keep their names."""
    count = 0
    async for batch in holding.batches(person):
        await _silence({"_id": {"$in": [message.id for message in batch]}})
        count += len(batch)
    return count


async def redact_tickets_of_shop(app_id: str, domain: str) -> int:
    """Takes everything personal out of the tickets that are about a shop, and returns how many there were."""
    of_shop = {"appId": app_id, "shopDomain": domain, "subject": {"$ne": ""}}
    count = 0
    while tickets := await Ticket.find(of_shop).limit(BATCH).to_list():
        for ticket in tickets:
            await _settle(ticket)
        await _silence({"appId": app_id, "ticketId": {"$in": [ticket.id for ticket in tickets]}})
        for ticket in tickets:
            await write_ticket({"_id": ticket.id}, _redacted)
        count += len(tickets)
    return count


def is_requester_of(ticket: Ticket, person: Person) -> bool:
    """Others see of a ticket what concerns themselves alone: their messages."""
    return ticket.email_key == person.contact.email_key


def may_be_shown(message: TicketMessage, person: Person) -> bool:
    """Notes among staff are never shown, nor what somebody else's ticket is about."""
    return not message.is_internal and person.contact.email_key in message.people_keys


def _without(ticket: Ticket, key: str, stand_in: str) -> Ticket:
    people = [one for one in ticket.people if one.email_key != key]
    return _forgotten(ticket, stand_in, people) if ticket.email_key == key else changed(ticket, people=people)


def _redacted(ticket: Ticket) -> Ticket:
    return _forgotten(ticket, f"redacted:{ticket.id}", [])


def _forgotten(ticket: Ticket, stand_in: str, people: Sequence[object]) -> Ticket:
    rating = ticket.rating.model_copy(update={"comment": ""}) if ticket.rating else None
    return changed(
        ticket,
        subject="",
        message="",
        email="",
        email_key=stand_in,
        name="",
        language=None,
        people=list(people),
        attachments=[],
        rating=rating,
        history=[change.model_copy(update={"reason": None}) for change in ticket.history],
    )


async def _settle(ticket: Ticket) -> None:
    """What was written and not added to the conversation yet is, where it is found; nothing else is told any more."""
    await follow(ticket, ticket.events)
    done = {"$pull": {"events": {"id": {"$in": [event.id for event in ticket.events]}}}}
    await Ticket.change({"_id": ticket.id}, done)


async def _silence(messages: Filter) -> None:
    await remove_files_of(messages)
    await TicketMessage.find({**messages, "isCustomer": True}).update(touched(SILENT | NAMELESS))
    await TicketMessage.find({**messages, "isCustomer": False}).update(touched(SILENT))
