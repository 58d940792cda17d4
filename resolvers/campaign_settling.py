"""How far a campaign is: recounted from its deliveries, and ended when there is nothing left to do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from models.base import touched
from models.campaigns import FINISH, Campaign, CampaignStats, CampaignStatus
from models.deliveries import OPEN, Delivery, DeliveryStatus
from resolvers.campaign_progress import announce_progress

SHORTEST_INTERVAL: Final = timedelta(seconds=1)
"""Between two counts of a campaign that is not done yet, however many workers ask."""
DELIVERIES_A_SECOND: Final = 100_000
"""Counting more of them takes a while, and is done less often."""


async def settle_campaign(campaign_id: PydanticObjectId, *, at_once: bool = False) -> None:
    """Brings the statistics up to date and, once all chunks are made and nothing in them is left to do, ends the
    campaign.

    Call it whenever something may have changed: while there is something left to do, it counts once a second at most,
    unless `at_once` asks for it.
    Of several who count at once, whoever began last has seen what all of them came for: only that result is kept, so
    that none is older than the one before it.
    """
    while (campaign := await _begin_count(campaign_id, at_once)) is not None:
        stats = await count_deliveries(campaign_id)
        if await Campaign.change(_as_seen(campaign), _outcome(campaign, stats)) is not None:
            await announce_progress(campaign_id)
            return
        current = await Campaign.get(campaign_id)
        if current is None or current.count_number > campaign.count_number:
            return


async def count_deliveries(campaign_id: PydanticObjectId) -> CampaignStats:
    """What became of the recipients."""
    counts = await Delivery.count_by_status(campaign_id)
    return CampaignStats(total=sum(counts.values()), **{status.value: count for status, count in counts.items()})


async def has_open_deliveries(campaign_id: PydanticObjectId) -> bool:
    """Whether one waits or is under way."""
    waiting = {"campaignId": campaign_id, "status": {"$in": [status.value for status in OPEN]}}
    return await Delivery.find_one(waiting) is not None


async def cancel_queued(campaign_id: PydanticObjectId) -> None:
    """Deliveries that wait are not sent any more. What is under way ends by itself."""
    queued = {"campaignId": campaign_id, "status": DeliveryStatus.QUEUED.value}
    cancelled = touched({"status": DeliveryStatus.CANCELLED.value})
    for chunk in await Delivery.distinct("chunk", queued):
        await Delivery.find({**queued, "chunk": chunk}).update(cancelled)


async def _begin_count(campaign_id: PydanticObjectId, at_once: bool) -> Campaign | None:
    """The campaign under the number of a new count; None where it is too early for one."""
    campaign = await Campaign.get(campaign_id)
    if campaign is None:
        return None
    now = clock.now()
    named: dict[str, Any] = {"_id": campaign_id}
    if not at_once and (not is_whole(campaign) or await has_open_deliveries(campaign_id)):
        named["$or"] = [{"countedAt": None}, {"countedAt": {"$lte": now - _interval(campaign)}}]
    return await Campaign.change(named, {"$set": {"countedAt": now}, "$inc": {"countNumber": 1}})


def is_whole(campaign: Campaign) -> bool:
    """Whether no deliveries are added, or put back, any more."""
    all_are_there = campaign.chunks is not None and campaign.resend_before is None
    return all_are_there or campaign.status is CampaignStatus.CANCELLED


def _interval(campaign: Campaign) -> timedelta:
    return max(SHORTEST_INTERVAL, timedelta(seconds=campaign.stats.total / DELIVERIES_A_SECOND))


def _as_seen(campaign: Campaign) -> Mapping[str, Any]:
    """While nobody began another count, and what was decided on still holds."""
    return {
        "_id": campaign.id,
        "countNumber": campaign.count_number,
        "status": campaign.status.value,
        "run": campaign.run,
        "chunks": campaign.chunks,
    }


def _outcome(campaign: Campaign, stats: CampaignStats) -> dict[str, Any]:
    counted: dict[str, Any] = {"stats": stats.model_dump(by_alias=True)}
    if stats.queued or stats.sending or not is_whole(campaign):
        return touched(counted)
    match campaign.status:
        case CampaignStatus.SENDING:
            return FINISH.update({**counted, "completedAt": clock.now(), "lastError": None, "open": False})
        case CampaignStatus.SENT | CampaignStatus.CANCELLED:
            return touched(counted | {"open": False})
        case _:
            return touched(counted)
