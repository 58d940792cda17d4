"""How the audience of a campaign becomes deliveries, some hundreds at a time.

Each chunk is written, then counted as made, then left to the workers. Whoever dies in between leaves a chunk that is
not counted yet, which is written again: a delivery's id follows from whom it is for, so that nobody gets two. Or one
that has no job yet, which the next to come leaves to the workers first.
"""

from collections.abc import Sequence
from typing import Any, Final

from beanie import PydanticObjectId
from beanie.odm.utils.dump import get_dict
from bson import ObjectId

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import found
from core.ids import derived_id
from core.mongo import Filter, insert_new_stored
from models.base import touched
from models.campaigns import Campaign, CampaignStatus, Division
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.email_jobs import Progress
from resolvers.campaign_audience import Member, members_left, next_members
from resolvers.campaign_jobs import enqueue_chunk, open_chunks
from resolvers.campaign_settling import cancel_queued, settle_campaign
from resolvers.email_events import insert_events

CHUNK: Final = 500
UNDER_WAY: Final = (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.FAILED)
"""With one of these the audience is divided to its end. Of a campaign that rests the chunks wait."""


@allow()
async def divide_audience(
    actor: Actor,
    campaign_id: PydanticObjectId,
    run: int,
    job_id: PydanticObjectId,
    progress: Progress | None = None,
) -> Campaign:
    """Puts back what is to be sent again, divides what is left of a campaign's audience, and leaves the jobs of all its
    chunks that are not done, under `job_id`. In a run that is over it does nothing. Repeat it until it returns.
    `progress` follows, in recipients."""
    progress = progress or Progress()
    campaign = await _current(campaign_id)
    progress.total = campaign.stats.total + (await members_left(campaign) if campaign.chunks is None else 0)
    if campaign.status is CampaignStatus.SENDING and campaign.run == run:
        if campaign.resend_before is not None:
            await _put_back_uncertain(campaign)
        for chunk in await open_chunks(campaign):
            await enqueue_chunk(campaign, chunk, job_id)
    while campaign.chunks is None and campaign.status in UNDER_WAY and campaign.run == run:
        campaign = await _divide_next(campaign, job_id) or await _current(campaign_id)
        await settle_campaign(campaign_id)
        progress.done = campaign.stats.total
    if (await _current(campaign_id)).status is CampaignStatus.CANCELLED:
        await cancel_queued(campaign_id)
    await settle_campaign(campaign_id, at_once=True)
    campaign = await _current(campaign_id)
    progress.done = await Delivery.find({"campaignId": campaign_id}).count()
    progress.total = progress.total if campaign.chunks is None else progress.done
    return campaign


async def _current(campaign_id: PydanticObjectId) -> Campaign:
    return found(await Campaign.get(campaign_id), "Campaign")


async def _put_back_uncertain(campaign: Campaign) -> None:
    """Before the run's chunks are left to anybody. What gets uncertain later is none of it, so that whoever does this
    again, or late, puts back nothing that the run itself has sent."""
    uncertain = {"campaignId": campaign.id, "status": DeliveryStatus.UNCERTAIN.value}
    known = {**uncertain, "updatedAt": {"$lte": campaign.resend_before}}
    await Delivery.find(known).update(touched({"status": DeliveryStatus.QUEUED.value, "claim": None}))
    asked = {"_id": campaign.id, "resendBefore": campaign.resend_before}
    await Campaign.change(asked, touched({"resendBefore": None}))


async def _divide_next(campaign: Campaign, job_id: PydanticObjectId) -> Campaign | None:
    """The campaign with one chunk more, or with the number of all of them; None where somebody was faster, or it is
    under way no more."""
    chunk = campaign.division.chunks
    members = await next_members(campaign, CHUNK)
    if not members:
        whole = {"chunks": chunk, "division.through": campaign.audience_through}
        return await Campaign.change(_as_seen(campaign), touched(whole))
    await _insert_deliveries(campaign, chunk, members)
    await insert_events(await _queued_events(campaign, chunk))
    division = Division(chunks=chunk + 1, through=members[-1].id)
    divided = await Campaign.change(_as_seen(campaign), touched({"division": division.model_dump(by_alias=True)}))
    if divided is not None and divided.status is CampaignStatus.SENDING:
        await enqueue_chunk(divided, chunk, job_id)
    return divided


def _as_seen(campaign: Campaign) -> Filter:
    return {
        "_id": campaign.id,
        "run": campaign.run,
        "status": {"$in": [status.value for status in UNDER_WAY]},
        "division.chunks": campaign.division.chunks,
    }


async def _insert_deliveries(campaign: Campaign, chunk: int, members: Sequence[Member]) -> None:
    """Those that are there already stay as they are."""
    alike = _stored(_delivery_of(campaign, chunk))
    documents = [
        {
            **alike,
            "_id": delivery_id_of(campaign.id, member.contact_id),
            "contactId": member.contact_id,
            "email": member.email,
            "name": member.name,
            "language": member.language,
        }
        for member in members
    ]
    await insert_new_stored(Delivery, documents)


async def _queued_events(campaign: Campaign, chunk: int) -> list[dict[str, Any]]:
    """One of each delivery in the chunk: also of those whom a predecessor found in the audience, and who left it."""
    alike = _stored(EmailEvent(type=EmailEventType.QUEUED, at=clock.now(), source="campaign", app_id=campaign.app_id))
    of_chunk = Delivery.get_pymongo_collection().find(
        {"campaignId": campaign.id, "status": DeliveryStatus.QUEUED.value, "chunk": chunk}, {"contactId": True}
    )
    return [
        {
            **alike,
            "_id": ObjectId(),
            "deliveryId": delivery["_id"],
            "campaignId": campaign.id,
            "contactId": delivery["contactId"],
            "dedupeKey": f"queued:{delivery['_id']}",
        }
        for delivery in await of_chunk.to_list()
    ]


def delivery_id_of(campaign_id: PydanticObjectId, contact_id: PydanticObjectId) -> PydanticObjectId:
    """The id of a campaign's delivery to a contact."""
    return derived_id(campaign_id.binary + contact_id.binary)


def _delivery_of(campaign: Campaign, chunk: int) -> Delivery:
    """What all deliveries of the chunk have in common."""
    name = f"campaign:{campaign.id}"
    return Delivery(
        app_id=campaign.app_id,
        source=name,
        kind=DeliveryKind.CAMPAIGN,
        category=campaign.category,
        campaign_id=campaign.id,
        content=name,
        email="",
        chunk=chunk,
    )


def _stored(document: Delivery | EmailEvent) -> dict[str, Any]:
    """As Beanie stores it."""
    stored: dict[str, Any] = get_dict(document, to_db=True, keep_nulls=isinstance(document, Delivery))
    return stored
