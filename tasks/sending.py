"""Jobs that send mail."""

from collections.abc import Mapping

from beanie import PydanticObjectId
from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers import delivering

SENDER = Actor.system("sender")


async def deliver_chunk(job: EmailJob) -> Mapping[str, JsonValue]:
    """`payload`: campaignId, chunk, run."""
    payload = job.payload
    campaign_id = PydanticObjectId(payload["campaignId"])
    return await delivering.deliver_chunk(SENDER, campaign_id, payload["chunk"], payload["run"])


async def deliver_one(job: EmailJob) -> Mapping[str, JsonValue]:
    """`payload`: deliveryId."""
    return await delivering.deliver_one(SENDER, PydanticObjectId(job.payload["deliveryId"]))
