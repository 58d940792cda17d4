"""Whom a campaign goes to: the app's active subscribers, or the people of a list, read in the order of their ids."""

import re
from collections.abc import Sequence
from typing import Any

from beanie import PydanticObjectId
from pydantic import BaseModel, Field

from core.access import STAFF, allow
from core.actor import Actor
from core.mongo import Filter
from models.campaigns import Audience, Campaign
from models.contact_lists import ContactListMember
from models.contacts import Contact
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.apps import visible_app
from resolvers.campaigns import CampaignAudience


class Member(BaseModel):
    """What a delivery needs of somebody; `id` is their place in the audience."""

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
    """The newest place in the campaign's audience; None where there is nobody."""
    last = await _pool(campaign).get_pymongo_collection().find_one(_all(campaign), {"_id": 1}, sort=[("_id", -1)])
    return PydanticObjectId(last["_id"]) if last else None


async def next_members(campaign: Campaign, most: int) -> Sequence[Member]:
    """Those who come next of the audience that was fixed when sending started."""
    if campaign.audience.list_id is None:
        subscribers = Subscriber.find(_left(campaign, campaign.division.through), projection_model=Member)
        return await subscribers.sort("_id").limit(most).to_list()
    last = campaign.division.through
    while places := await ContactListMember.find(_left(campaign, last)).sort("_id").limit(most).to_list():
        last = places[-1].id
        if members := await _people_at(places):
            return members
    return []


async def members_left(campaign: Campaign) -> int:
    """How many come next, if nobody leaves meanwhile."""
    return await _pool(campaign).find(_left(campaign, campaign.division.through)).count()


async def _people_at(places: Sequence[ContactListMember]) -> Sequence[Member]:
    """Without those who were erased meanwhile."""
    of_places = {"_id": {"$in": [place.contact_id for place in places]}, "erasedAt": None}
    contacts = {contact.id: contact for contact in await Contact.find(of_places).to_list()}
    return [
        Member.model_validate(
            {
                "_id": place.id,
                "contactId": contact.id,
                "email": contact.email,
                "name": contact.name,
                "language": contact.language,
            }
        )
        for place in places
        if (contact := contacts.get(place.contact_id))
    ]


def _pool(campaign: Campaign) -> type[Subscriber] | type[ContactListMember]:
    return Subscriber if campaign.audience.list_id is None else ContactListMember


def _all(campaign: Campaign) -> Filter:
    if campaign.audience.list_id is None:
        return _matching(campaign.app_id, campaign.audience)
    return {"listId": campaign.audience.list_id}


def _left(campaign: Campaign, after: PydanticObjectId | None) -> Filter:
    bounds: dict[str, Any] = {"$lte": campaign.audience_through}
    if after is not None:
        bounds["$gt"] = after
    return {**_all(campaign), "_id": bounds}


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
