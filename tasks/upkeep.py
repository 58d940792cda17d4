"""Work that comes round by the clock, whatever else happens."""

from core.actor import Actor
from resolvers import app_events, attachment_upkeep, campaign_upkeep, delivery_recovery, mail_holds, transactional

UPKEEP = Actor.system("upkeep")


async def apply_pending_events() -> None:
    """Lets shops follow the events that were stored when a server died before it came to that."""
    await app_events.apply_pending_events(UPKEEP)


async def enqueue_forgotten_mail() -> None:
    """Leaves mail to the workers that was planned when a server died before it came to that."""
    await transactional.enqueue_forgotten_mail(UPKEEP)


async def give_up_old_mail() -> None:
    """Ends mail that nobody tries to send any more."""
    await delivery_recovery.give_up_old_mail(UPKEEP)


async def watch_error_rates() -> None:
    """Holds the marketing mail of apps that have too many errors, and lets it go on."""
    await mail_holds.watch_error_rates(UPKEEP)


async def start_due_campaigns() -> None:
    """Begins to send the campaigns whose time has come."""
    await campaign_upkeep.start_due_campaigns(UPKEEP)


async def attend_to_campaigns() -> None:
    """Recounts the campaigns that are being sent, and looks after those that nobody works on."""
    await campaign_upkeep.attend_to_campaigns(UPKEEP)


async def sweep_attachments() -> None:
    """Removes files that nobody used."""
    await attachment_upkeep.sweep_attachments(UPKEEP)
