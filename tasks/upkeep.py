"""Work that comes round by the clock, whatever else happens."""

from core.actor import Actor
from resolvers import app_events, transactional

UPKEEP = Actor.system("upkeep")


async def apply_pending_events() -> None:
    """Lets shops follow the events that were stored when a server died before it came to that."""
    await app_events.apply_pending_events(UPKEEP)


async def enqueue_forgotten_mail() -> None:
    """Leaves mail to the workers that was planned when a server died before it came to that."""
    await transactional.enqueue_forgotten_mail(UPKEEP)
