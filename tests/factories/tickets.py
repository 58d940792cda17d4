"""Tickets, as their customers begin them."""

from itertools import count
from typing import Any

from beanie import PydanticObjectId

from core import clock
from core.actor import Actor
from core.errors import found
from models.apps import App
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketSource, TicketStatus
from resolvers.ticket_authors import Author
from resolvers.ticket_continuation import Said
from resolvers.ticket_messages import TicketMessageCreate, add_ticket_message
from resolvers.ticket_opening import open_ticket
from resolvers.ticket_people import requester
from resolvers.tickets import TicketStatusChange, change_ticket_status

SYSTEM = Actor.system("tests")
CUSTOMER = "ada@example.com"

_numbers = count(1)


async def a_ticket(
    app_id: str,
    *,
    email: str = CUSTOMER,
    status: TicketStatus = TicketStatus.NEW,
    id: PydanticObjectId | None = None,
    **fields: Any,
) -> Ticket:
    """One that its customer has just begun, moved to `status`; `fields` are the ticket's own, by attribute name."""
    app = found(await App.get(app_id), "App")
    number = next(_numbers)
    known = {
        **await requester(email, "Ada", None),
        "subject": f"Question {number}",
        "message": f"How does this work? ({number})",
        "source": TicketSource.WEB,
    }
    author = Author("end_user:1", email, "Ada", is_customer=True)
    ticket = found(await open_ticket(app, author, clock.now(), {**known, **fields}, id=id), "Ticket")
    change = TicketStatusChange(status=status)
    return ticket if status is ticket.status else await change_ticket_status(SYSTEM, str(ticket.id), change)


async def said(ticket: Ticket, by: Actor, content: str = "Thank you", **fields: Any) -> Said:
    """A message in a ticket; `fields` as they are on the wire."""
    data = TicketMessageCreate.model_validate({"content": content, **fields})
    return await add_ticket_message(by, str(ticket.id), data)


async def kept(ticket: Ticket) -> Ticket:
    """As it is stored now."""
    return found(await Ticket.get(ticket.id), "Ticket")


async def conversation(ticket: Ticket) -> list[str]:
    """What was said in it, in order."""
    messages = await TicketMessage.find({"appId": ticket.app_id, "ticketId": ticket.id}).sort("createdAt").to_list()
    return [message.content for message in messages]
