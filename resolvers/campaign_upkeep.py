"""What comes round by the clock for campaigns: those that are due begin, and none is left lying by a worker that
died."""

from collections.abc import Sequence
from typing import Any

import structlog

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import InvalidInput
from models.campaigns import GIVE_UP, UNSCHEDULE, Campaign, CampaignStatus
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers.apps import apps_holding_mail
from resolvers.campaign_jobs import chunk_jobs, enqueue_start, open_chunks
from resolvers.campaign_life import NEXT_RUN, begin_sending
from resolvers.campaign_progress import announce_progress
from resolvers.campaign_settling import cancel_queued, has_open_deliveries, is_whole, settle_campaign

log = structlog.get_logger(__name__)


@allow()
async def start_due_campaigns(actor: Actor) -> int:
    """Begins to send the campaigns whose time has come, and returns how many. One that can't be sent becomes a draft
    again, which says why; those of an app that holds its mail wait."""
    begun = 0
    held = await apps_holding_mail()
    due: dict[str, Any] = {"status": CampaignStatus.SCHEDULED.value, "scheduledAt": {"$lte": clock.now()}}
    if held:
        due["appId"] = {"$nin": sorted(held)}
    for campaign in await Campaign.find(due).sort("scheduledAt").to_list():
        try:
            begun += await begin_sending(campaign) is not None
        except InvalidInput as error:
            log.warning("campaigns.not_sent", campaign_id=str(campaign.id), error=error.message)
            await _put_off(campaign, error.message)
    return begun


@allow()
async def attend_to_campaigns(actor: Actor) -> None:
    """Recounts the campaigns of which something is left to do, and looks after those that nobody works on."""
    for campaign in await Campaign.find({"open": True}).sort("_id").to_list():
        try:
            await _attend_to(campaign)
        except Exception:
            log.exception("campaigns.not_attended_to", campaign_id=str(campaign.id))


async def _put_off(campaign: Campaign, error: str) -> None:
    update = UNSCHEDULE.update({"scheduledAt": None, "lastError": error}) | {"$inc": {"revision": 1}}
    await Campaign.change({"_id": campaign.id, "revision": campaign.revision, **UNSCHEDULE.possible}, update)


async def _attend_to(campaign: Campaign) -> None:
    if campaign.status is CampaignStatus.CANCELLED:
        await cancel_queued(campaign.id)
    await settle_campaign(campaign.id, at_once=True)
    current = await Campaign.get(campaign.id)
    if current is None or current.status is not CampaignStatus.SENDING:
        return
    start = await enqueue_start(current)
    jobs = [] if start.open else [start, *await chunk_jobs(current, await open_chunks(current))]
    if not jobs or any(job.open for job in jobs):
        return
    # Jobs that have ended change nothing any more: what is open now stays open by itself.
    if not is_whole(current) or await has_open_deliveries(current.id):
        await _begin_again_or_give_up(current, jobs)
    else:
        await settle_campaign(current.id)


async def _begin_again_or_give_up(campaign: Campaign, jobs: Sequence[EmailJob]) -> None:
    """Where no job tells of trouble, the next run does what this one left undone."""
    seen = {"_id": campaign.id, "run": campaign.run}
    troubles = [job for job in jobs if job.status is not EmailJobStatus.COMPLETED]
    if not troubles:
        if again := await Campaign.change({**seen, "status": campaign.status.value}, NEXT_RUN):
            await enqueue_start(again)
        return
    error = f"{len(troubles)} of its jobs ended early. {troubles[0].last_error or ''}".strip()
    if await Campaign.change({**seen, **GIVE_UP.possible}, GIVE_UP.update({"lastError": error})):
        log.warning("campaigns.given_up", campaign_id=str(campaign.id), error=error)
        await announce_progress(campaign.id)
