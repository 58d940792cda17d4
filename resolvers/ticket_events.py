"""What follows from what happened to a ticket: the message is added to the conversation, people are told.

Each step can be done again without a second effect, and an event leaves its ticket when all of them are done: what was
cut off is done by the clock.
"""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from pymongo.errors import DuplicateKeyError

from core.errors import DomainError
from core.runtime import runtime
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketEvent, TicketEventKind
from resolvers import automation_news
from resolvers.automation_news import Happening
from resolvers.ticket_mail import tell_customers
from resolvers.ticket_moves import move_conversation
from resolvers.ticket_news import tell_staff

AUTOMATED: Final = {
    TicketEventKind.CREATED: "ticket.created",
    TicketEventKind.RESOLVED: "ticket.resolved",
    TicketEventKind.BREACHED: "ticket.breached",
}
"""What automations hear of, by the name that they know it by."""

log = structlog.get_logger(__name__)


async def follow(ticket: Ticket, events: Sequence[TicketEvent]) -> None:
    """Does what follows. The messages have to be there for whoever wrote them; anything else that fails is left to the
    clock."""
    is_merged = any(event.kind is TicketEventKind.MERGED for event in events)
    # What somebody else has just written, and not added yet, moves along.
    for event in ticket.events if is_merged else events:
        if event.message is not None:
            await keep_message(event.message)
    for event in events:
        try:
            await _tell(ticket, event)
        except DomainError as error:
            log.warning("tickets.not_told", ticket_id=str(ticket.id), kind=event.kind, error=error.message)
        except Exception:
            log.exception("tickets.told_later", ticket_id=str(ticket.id), kind=event.kind)
            continue
        await Ticket.change({"_id": ticket.id}, {"$pull": {"events": {"id": event.id}}})


async def keep_message(stored: dict[str, Any]) -> None:
    """Adds a message, as it is stored, to its conversation; once."""
    try:
        await TicketMessage.get_pymongo_collection().insert_one(dict(stored))
    except DuplicateKeyError:
        return


async def announce(ticket: Ticket) -> None:
    """Tells whoever watches the app's tickets."""
    await runtime().topics.publish(topic_of(ticket.app_id), {"ticketId": str(ticket.id)})


def topic_of(app_id: str) -> str:
    return f"tickets:{app_id}"


async def _tell(ticket: Ticket, event: TicketEvent) -> None:
    if event.kind is TicketEventKind.MERGED:
        await move_conversation(ticket)
    await tell_customers(ticket, event)
    await tell_staff(ticket, event)
    await _tell_automations(ticket, event)


async def _tell_automations(ticket: Ticket, event: TicketEvent) -> None:
    name = AUTOMATED.get(event.kind)
    if name is not None and ticket.shop_domain is not None:
        data = {"priority": ticket.priority.value, "topic": ticket.topic.value, "status": ticket.status.value}
        key = f"ticket:{ticket.id}:{event.id}"
        await automation_news.announce([Happening(key, ticket.app_id, ticket.shop_domain, name, event.at, data)])
