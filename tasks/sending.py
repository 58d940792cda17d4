"""Sending mail: what a worker does for the jobs that it is sent by."""

from collections.abc import Mapping

from beanie import PydanticObjectId
from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers import delivering
from resolvers.campaign_division import divide_audience

SENDER = Actor.system("sending")


async def start_campaign(job: EmailJob) -> Mapping[str, JsonValue]:
    """Divides a campaign's audience, and leaves its chunks to the workers."""
    campaign_id = PydanticObjectId(job.payload["campaignId"])
    campaign = await divide_audience(SENDER, campaign_id, job.payload["run"], job.id, job.progress)
    return {"status": campaign.status.value, "chunks": campaign.division.chunks, "total": campaign.stats.total}


async def deliver_chunk(job: EmailJob) -> Mapping[str, JsonValue]:
    """Sends one part of a campaign."""
    payload = job.payload
    campaign_id = PydanticObjectId(payload["campaignId"])
    return await delivering.deliver_chunk(SENDER, campaign_id, payload["chunk"], payload["run"], job.progress)


async def deliver_one(job: EmailJob) -> Mapping[str, JsonValue]:
    """Sends one mail that is no campaign's."""
    return await delivering.deliver_one(SENDER, PydanticObjectId(job.payload["deliveryId"]))
