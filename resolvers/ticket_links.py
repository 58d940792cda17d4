"""How tickets refer to each other."""

from typing import Final

from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, found
from core.ids import ObjectIdText
from core.inputs import Input
from models.tickets import Ticket, TicketLink, TicketLinkKind
from resolvers.ticket_scope import visible_ticket
from resolvers.ticket_states import changed
from resolvers.ticket_writes import write_ticket

MOST_LINKS: Final = 50


class TicketLinkCreate(Input):
    """`ticketId` is the other ticket: what this one is related to, a duplicate of, or follows."""

    kind: TicketLinkKind
    ticket_id: ObjectIdText


@allow(SUPPORT)
async def link_ticket(actor: Actor, ticket_id: str, data: TicketLinkCreate) -> Ticket:
    """Links a ticket to another one of its app. There is one link from the one to the other: another kind replaces
    it."""
    ticket = await visible_ticket(actor, ticket_id)
    other = await visible_ticket(actor, data.ticket_id)
    if other.app_id != ticket.app_id:
        raise NotFound("The app has no such ticket", "ticketId")
    if other.id == ticket.id:
        raise InvalidInput("A ticket can't be linked to itself", "ticketId")

    def decide(current: Ticket) -> Ticket:
        others = [link for link in current.links if link.ticket_id != other.id]
        if len(others) >= MOST_LINKS:
            raise Conflict(f"A ticket has at most {MOST_LINKS} links", "ticketId")
        return changed(current, links=[*others, TicketLink(kind=data.kind, ticket_id=other.id)])

    return found(await write_ticket({"_id": ticket.id}, decide), "Ticket")


@allow(SUPPORT)
async def unlink_ticket(actor: Actor, ticket_id: str, linked_id: str) -> Ticket:
    """Takes the link from a ticket to another one away."""
    ticket = await visible_ticket(actor, ticket_id)
    if all(str(link.ticket_id) != linked_id for link in ticket.links):
        raise NotFound("The ticket has no link to this one", "linkedId")

    def decide(current: Ticket) -> Ticket:
        return changed(current, links=[link for link in current.links if str(link.ticket_id) != linked_id])

    return found(await write_ticket({"_id": ticket.id}, decide), "Ticket")
