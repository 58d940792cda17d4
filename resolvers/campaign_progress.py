"""What somebody sees who watches a campaign being sent."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from beanie import PydanticObjectId

from core.access import STAFF, allow
from core.actor import Actor
from core.background import heard
from core.runtime import runtime
from models.campaigns import Campaign
from resolvers.campaigns import visible_campaign

PAUSE_SECONDS: Final = 1.0
"""Between two looks at a campaign."""
TICK_SECONDS: Final = 15.0
"""It is looked at that often although nobody said that anything changed: word of it may be lost."""


@allow(STAFF)
async def watch_campaign(actor: Actor, campaign_id: str) -> AsyncIterator[Campaign]:
    """A campaign as it is now, and whenever it has changed, at most once a second."""
    campaign = await visible_campaign(actor, campaign_id)
    return _changing_campaign(actor, campaign)


async def announce_progress(campaign_id: PydanticObjectId) -> None:
    """Tells those who watch the campaign to look again."""
    await runtime().topics.publish(_topic(campaign_id), {})


async def _changing_campaign(actor: Actor, campaign: Campaign) -> AsyncIterator[Campaign]:
    async with runtime().topics.signal(_topic(campaign.id)) as changed:
        shown = None
        while True:
            changed.clear()
            campaign = await visible_campaign(actor, str(campaign.id))
            if campaign != shown:
                yield campaign
                shown = campaign
            await asyncio.sleep(PAUSE_SECONDS)
            await heard(changed, TICK_SECONDS)


def _topic(campaign_id: PydanticObjectId) -> str:
    return f"campaigns.{campaign_id}.changed"
