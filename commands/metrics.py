"""Metrics, from the command line."""

import asyncio

from commands.console import OUTPUT
from commands.database import database, platform
from core.actor import Actor
from core.settings import Settings
from resolvers.metric_rebuilds import Rebuilt, rebuild_metrics


def rebuild(settings: Settings) -> None:
    """Counts all metrics anew. A server and workers may go on meanwhile."""
    with database(settings) as url:
        rebuilt = asyncio.run(_rebuild(settings, url))
    OUTPUT.print(
        f"Counted {rebuilt.shops:,} shops, {rebuilt.rollups:,} rollups, and {rebuilt.events:,} days of events.",
        highlight=False,
    )


async def _rebuild(settings: Settings, url: str) -> Rebuilt:
    async with platform(settings, url):
        return await rebuild_metrics(Actor.system("cli"))
