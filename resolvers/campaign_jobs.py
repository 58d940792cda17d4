"""The jobs that a campaign is sent by: one for each run, and under it one for each chunk of the audience.

The job of a run divides what is left of the audience into chunks, and leaves the jobs of all chunks that are not done.
So there is one way to begin, to go on after a pause, and to do again what a worker died of.
"""

from collections.abc import Collection, Sequence
from typing import Final

from beanie import PydanticObjectId
from pydantic import JsonValue

from core.actor import Actor
from models.campaigns import Campaign
from models.deliveries import OPEN, Delivery
from models.email_jobs import EmailJob
from resolvers.job_leases import enqueue

SYSTEM: Final = Actor.system("campaigns")
START: Final = "campaign.start"
"""Its payload is `campaignId` and `run`."""
CHUNK: Final = "campaign.chunk"
"""Its payload is `campaignId`, `chunk` and `run`."""
ATTEMPTS: Final = 50
"""Each worker that dies costs one."""
AT_ONCE: Final = 500
"""Keys that are looked up with one query."""


async def enqueue_start(campaign: Campaign) -> EmailJob:
    """Leaves the job of the campaign's run. There is one, however often it is called."""
    payload: dict[str, JsonValue] = {"campaignId": str(campaign.id), "run": campaign.run}
    key = f"campaign:{campaign.id}:start:{campaign.run}"
    return await enqueue(SYSTEM, START, payload, dedupe_key=key, max_attempts=ATTEMPTS)


async def enqueue_chunk(campaign: Campaign, chunk: int, parent_id: PydanticObjectId) -> EmailJob:
    """Leaves the job that sends a chunk in the campaign's run. There is one, however often it is called."""
    payload: dict[str, JsonValue] = {"campaignId": str(campaign.id), "chunk": chunk, "run": campaign.run}
    key = _chunk_key(campaign, chunk)
    return await enqueue(SYSTEM, CHUNK, payload, dedupe_key=key, parent_id=parent_id, max_attempts=ATTEMPTS)


async def open_chunks(campaign: Campaign) -> list[int]:
    """Those of the chunks made so far that have deliveries which wait or are under way."""
    found: set[int] = set()
    for status in OPEN:
        found.update(await Delivery.distinct("chunk", {"campaignId": campaign.id, "status": status.value}))
    return sorted(chunk for chunk in found if chunk < campaign.division.chunks)


async def chunk_jobs(campaign: Campaign, chunks: Sequence[int]) -> list[EmailJob]:
    """The jobs of these chunks in the campaign's run."""
    keys = [_chunk_key(campaign, chunk) for chunk in chunks]
    return [job for start in range(0, len(keys), AT_ONCE) for job in await _named(keys[start : start + AT_ONCE])]


async def _named(keys: Collection[str]) -> list[EmailJob]:
    return await EmailJob.find({"dedupeKey": {"$in": list(keys)}}).to_list()


def _chunk_key(campaign: Campaign, chunk: int) -> str:
    return f"campaign:{campaign.id}:{campaign.run}:{chunk}"
