"""Whom a campaign goes to: the app's active subscribers, read in the order of their ids."""

import re
from collections.abc import Sequence
from typing import Any

from beanie import PydanticObjectId
from pydantic import BaseModel, Field

from core.access import STAFF, allow
from core.actor import Actor
from core.mongo import Filter
from models.campaigns import Audience, Campaign
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.apps import visible_app
from resolvers.campaigns import CampaignAudience


class Member(BaseModel):
    """What a delivery needs of a subscriber."""

    id: PydanticObjectId = Field(alias="_id")
    contact_id: PydanticObjectId = Field(alias="contactId")
    email: str
    name: str
    language: str | None


@allow(STAFF)
async def audience_size(actor: Actor, app_id: str, data: CampaignAudience) -> int:
    """How many active subscribers an audience has now. Who may not be written to is sorted out when it is sent."""
    await visible_app(actor, app_id)
    return await Subscriber.find(_matching(app_id, Audience(**data.model_dump()))).count()


async def last_member(campaign: Campaign) -> PydanticObjectId | None:
    """The newest subscriber in the campaign's audience; None where there is nobody."""
    query = _matching(campaign.app_id, campaign.audience)
    last = await Subscriber.find(query, projection_model=Member).sort("-_id").limit(1).to_list()
    return last[0].id if last else None


async def next_members(campaign: Campaign, most: int) -> Sequence[Member]:
    """Those who come next of the audience that was fixed when sending started."""
    return await Subscriber.find(_left(campaign), projection_model=Member).sort("_id").limit(most).to_list()


async def members_left(campaign: Campaign) -> int:
    """How many come next, if nobody leaves meanwhile."""
    return await Subscriber.find(_left(campaign)).count()


def _left(campaign: Campaign) -> Filter:
    bounds: dict[str, Any] = {"$lte": campaign.audience_through}
    if campaign.division.through is not None:
        bounds["$gt"] = campaign.division.through
    return {**_matching(campaign.app_id, campaign.audience), "_id": bounds}


def _matching(app_id: str, audience: Audience) -> Filter:
    query: dict[str, Any] = {"appId": app_id, "status": SubscriberStatus.ACTIVE.value}
    if audience.sources:
        query["source"] = {"$in": audience.sources}
    if audience.tags:
        query["tags"] = {"$in": audience.tags}
    if audience.languages:
        wider = "|".join(re.escape(language) for language in audience.languages)
        query["language"] = {"$regex": f"^({wider})(-|$)"}
    return query
