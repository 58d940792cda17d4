"""Watches what becomes of the apps' mail."""

from core.actor import Actor
from resolvers import email_alerts

ACTOR = Actor.system("email_alerts")


async def check_email_alerts() -> None:
    """Opens, renews and ends alerts."""
    await email_alerts.check_email_alerts(ACTOR)
