"""What the clock does about tickets: it notices what is late, closes what is over, and finishes what was cut off."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from core import clock
from core.access import allow
from core.actor import Actor
from models.apps import App
from models.tickets import Ticket, TicketStatus
from resolvers.ticket_events import follow
from resolvers.ticket_states import with_breaches, with_status
from resolvers.ticket_writes import write_ticket

BATCH: Final = 500
STILL_AT_WORK: Final = timedelta(seconds=30)
"""What follows from an event this young may be on its way just now."""

log = structlog.get_logger(__name__)


@allow()
async def finish_ticket_events(actor: Actor) -> int:
    """Does what follows from events whose process died before it came to that, and returns of how many tickets."""
    unfinished = Ticket.find({"events.at": {"$lte": clock.now() - STILL_AT_WORK}}).limit(BATCH)
    finished = 0
    for ticket in await unfinished.to_list():
        try:
            await follow(ticket, ticket.events)
            finished += 1
        except PyMongoError:
            log.exception("tickets.not_finished", ticket_id=str(ticket.id))
    return finished


@allow()
async def notice_breaches(actor: Actor) -> int:
    """Notes in each ticket which of its clocks has run out, once, and tells staff. Returns of how many tickets."""
    late, now = 0, clock.now()
    running_out = Ticket.find({"alarmAt": {"$lte": now}}).sort("alarmAt").limit(BATCH)
    while tickets := await running_out.to_list():
        for ticket in tickets:
            await write_ticket({"_id": ticket.id}, lambda current: with_breaches(current, actor.label, now))
        late += len(tickets)
    return late


@allow()
async def close_resolved_tickets(actor: Actor) -> int:
    """Closes the tickets that have been resolved for as long as their app's settings say, and returns how many."""
    closed = 0
    for app in await App.find_all().to_list():
        if app.support.auto_close_days is not None:
            closed += await _close_all(app, clock.now() - timedelta(days=app.support.auto_close_days), actor.label)
    return closed


async def _close_all(app: App, before: datetime, by: str) -> int:
    closed = 0
    over = {"appId": app.id, "status": TicketStatus.RESOLVED.value, "resolvedAt": {"$lte": before}}
    while tickets := await Ticket.find(over).limit(BATCH).to_list():
        for ticket in tickets:
            await write_ticket({"_id": ticket.id}, lambda current: _closed(current, before, by))
        closed += len(tickets)
    return closed


def _closed(ticket: Ticket, before: datetime, by: str) -> Ticket:
    """Unless somebody did something meanwhile."""
    is_over = ticket.status is TicketStatus.RESOLVED and ticket.resolved_at is not None and ticket.resolved_at <= before
    return with_status(ticket, TicketStatus.CLOSED, by, clock.now()) if is_over else ticket
