"""Sending campaigns: what a worker does for the jobs that they are sent by."""

from collections.abc import Mapping

from beanie import PydanticObjectId
from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers.campaign_division import divide_audience

SENDER = Actor.system("sending")


async def start_campaign(job: EmailJob) -> Mapping[str, JsonValue]:
    """Divides a campaign's audience, and leaves its chunks to the workers."""
    campaign_id = PydanticObjectId(job.payload["campaignId"])
    campaign = await divide_audience(SENDER, campaign_id, job.payload["run"], job.id)
    return {"status": campaign.status.value, "chunks": campaign.division.chunks, "total": campaign.stats.total}
