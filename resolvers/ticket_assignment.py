"""Who works on tickets, when somebody leaves."""

from typing import Final

from beanie import PydanticObjectId

from core import clock
from models.tickets import DONE, Ticket, TicketChangeKind, TicketStatus
from resolvers.ticket_states import changed, recorded
from resolvers.ticket_writes import write_ticket

BATCH: Final = 500
GOING_ON: Final = [status.value for status in TicketStatus if status not in DONE]


async def unassign_tickets_of(user_id: PydanticObjectId, by: str) -> int:
    """Gives back what somebody was working on, and returns how many tickets. Of what is done it stays known who did
    it."""
    theirs = {"assigneeId": user_id, "status": {"$in": GOING_ON}}
    given_back = 0
    while tickets := await Ticket.find(theirs).limit(BATCH).to_list():
        for ticket in tickets:
            await write_ticket({"_id": ticket.id}, lambda current: _unassigned(current, user_id, by))
        given_back += len(tickets)
    return given_back


def _unassigned(ticket: Ticket, user_id: PydanticObjectId, by: str) -> Ticket:
    if ticket.assignee_id != user_id:
        return ticket
    return recorded(changed(ticket, assignee_id=None), TicketChangeKind.ASSIGNEE, by, clock.now(), before=str(user_id))
