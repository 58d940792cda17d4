"""Looks after tickets by the clock."""

from core.actor import Actor
from resolvers import ticket_upkeep

ACTOR = Actor.system("tickets")


async def finish_ticket_events() -> None:
    """Finishes what was cut off."""
    await ticket_upkeep.finish_ticket_events(ACTOR)


async def notice_breaches() -> None:
    """Notices what is late."""
    await ticket_upkeep.notice_breaches(ACTOR)


async def close_resolved_tickets() -> None:
    """Closes what is over."""
    await ticket_upkeep.close_resolved_tickets(ACTOR)
