"""What Slack is told of tickets."""

from typing import Final

from core.actor import Actor
from models.slack_routing import SlackTopic
from models.tickets import Ticket, TicketEvent, TicketEventKind
from resolvers.slack_messages import tell_slack

TELLER: Final = Actor.system("tickets")
CLOCKS: Final = {"first_response": "waits for a first answer", "resolution": "is not resolved"}
"""What it means that one of them ran out."""


async def tell_staff(ticket: Ticket, event: TicketEvent) -> None:
    """Once per event, however often it is told. What people wrote stays here."""
    happened = _happened(ticket, event)
    if happened is not None:
        text = f"{ticket.reference} “{ticket.subject}” {happened}"
        await tell_slack(TELLER, SlackTopic.TICKETS, ticket.app_id, text, key=f"ticket-event:{event.id}")


def _happened(ticket: Ticket, event: TicketEvent) -> str | None:
    from_customer = event.message is not None and event.message["isCustomer"]
    match event.kind:
        case TicketEventKind.CREATED if from_customer:
            return f"is new: {ticket.topic}, {ticket.priority}, from {ticket.name or ticket.email}"
        case TicketEventKind.WRITTEN if from_customer:
            return f"has an answer of {ticket.name or ticket.email}"
        case TicketEventKind.URGENT:
            return "is urgent"
        case TicketEventKind.BREACHED:
            return f"{CLOCKS[event.clock or '']} in time"
        case _:
            return None
