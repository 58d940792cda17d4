"""Campaigns: one mail to many subscribers of an app, or to a list of people, until it is sent."""

from typing import Annotated, Any, Final

from pydantic import Field

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound
from core.ids import object_id
from core.inputs import OMITTED, Input, Locale, Moment, Name, Search, ShortText, Text
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.words import words_of
from mail.limits import MAX_SOURCE
from models.apps import App
from models.base import touched
from models.campaigns import EDITABLE, Audience, Campaign, CampaignStatus
from resolvers.apps import visible_app
from resolvers.campaign_contents import content_of, copied_from
from resolvers.contact_lists import remove_list

EDITABLE_STATUSES: Final = [status.value for status in EDITABLE]
DELETABLE: Final = [
    {"status": {"$in": EDITABLE_STATUSES}},
    {"status": CampaignStatus.CANCELLED.value, "startedAt": None},
]
"""What is left of the others is who was sent what."""

Subject = Annotated[Text, Field(min_length=1, max_length=500)]
Source = Annotated[Text, Field(min_length=1, max_length=MAX_SOURCE)]
TemplateId = Annotated[str, Field(max_length=64)]
Word = Annotated[ShortText, Field(min_length=1)]


class CampaignAudience(Input):
    """Each list that is not empty has to have the subscriber's value, one of `tags` has to be among theirs. A language
    without a region stands for its regions too."""

    languages: list[Locale] = Field(default_factory=list, max_length=50)
    sources: list[Word] = Field(default_factory=list, max_length=50)
    tags: list[Word] = Field(default_factory=list, max_length=50)


class CampaignCreate(Input):
    """What is left out of subject, HTML and text is copied from the newsletter template of `templateId`. With
    `scheduledAt` the campaign is sent then, without it is a draft."""

    name: Name
    subject: Subject | None = None
    html: Source | None = None
    text: Source | None = None
    template_id: TemplateId | None = None
    audience: CampaignAudience = Field(default_factory=CampaignAudience)
    track_opens: bool = True
    track_clicks: bool = True
    scheduled_at: Moment | None = None


class CampaignUpdate(Input):
    """`scheduledAt` schedules; null makes the campaign a draft again. `templateId` copies that template's subject, HTML
    and text over what there is, but for what is sent along."""

    name: Name = OMITTED
    subject: Subject = OMITTED
    html: Source | None = OMITTED
    text: Source | None = OMITTED
    template_id: TemplateId | None = OMITTED
    audience: CampaignAudience = OMITTED
    track_opens: bool = OMITTED
    track_clicks: bool = OMITTED
    scheduled_at: Moment | None = OMITTED


class CampaignFilter(Input):
    status: CampaignStatus | None = None
    search: Search | None = None


class CampaignSortKey(SortKey):
    CREATED_AT = "createdAt"
    NAME = "name", "nameKey"


@allow(STAFF)
async def list_campaigns(
    actor: Actor, app_id: str, window: Window, filters: CampaignFilter, sort: Sort
) -> Slice[Campaign]:
    """Campaigns of an app."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.search:
        query["nameKey"] = containing(filters.search)
    return await slice_of(Campaign, query, sort, window)


@allow(STAFF)
async def get_campaign(actor: Actor, campaign_id: str, *, app_id: str | None = None) -> Campaign:
    """One campaign."""
    return await visible_campaign(actor, campaign_id, app_id)


@allow(MARKETING)
async def create_campaign(actor: Actor, app_id: str, data: CampaignCreate) -> Campaign:
    """Drafts a campaign, or schedules it. Its templates have to compile."""
    app = await visible_app(actor, app_id)
    fields = await _with_copies(app_id, data.sent())
    if fields.get("subject") is None:
        raise InvalidInput("subject: is required where no templateId is given", "subject")
    fields["audience"] = Audience(**data.audience.model_dump())
    return await insert_campaign(app, Campaign(app_id=app_id, name_key="", created_by=actor.label, **fields))


@allow(MARKETING)
async def update_campaign(
    actor: Actor, campaign_id: str, data: CampaignUpdate, *, app_id: str | None = None
) -> Campaign:
    """Changes what is sent of a campaign that is not being sent yet, and leaves the rest."""
    while True:
        campaign = await visible_campaign(actor, campaign_id, app_id)
        if campaign.status not in EDITABLE:
            raise refused(campaign, "only drafts and scheduled ones can be changed")
        changes = await _with_copies(campaign.app_id, data.sent())
        edited = _edited(campaign, changes)
        if "scheduled_at" in data.model_fields_set:
            _check_moment(edited)
        await content_of(await visible_app(actor, campaign.app_id), edited)
        if written := await _written(edited):
            return written


@allow(MARKETING)
async def delete_campaign(actor: Actor, campaign_id: str, *, app_id: str | None = None) -> Campaign:
    """Deletes a campaign that was never sent. Returns it as it was."""
    campaign = await visible_campaign(actor, campaign_id, app_id)
    deleted = await Campaign.find_one({"_id": campaign.id, "$or": DELETABLE}).delete()
    if deleted is None or not deleted.deleted_count:
        campaign = await visible_campaign(actor, campaign_id, app_id)
        raise refused(campaign, "what was sent to whom has to stay known, so it can't be deleted")
    if campaign.audience.list_id is not None:
        await remove_list(campaign.audience.list_id)
    return campaign


async def insert_campaign(app: App, campaign: Campaign) -> Campaign:
    """Raises `InvalidInput` where it can't be sent like this."""
    _complete(campaign)
    _check_moment(campaign)
    await content_of(app, campaign)
    return await campaign.insert()


async def visible_campaign(actor: Actor, campaign_id: str, app_id: str | None = None) -> Campaign:
    """The one way to a campaign: that of another app than `app_id` does not exist."""
    if app_id is not None:
        await visible_app(actor, app_id)
    identity = object_id(campaign_id)
    campaign = await Campaign.get(identity) if identity else None
    if campaign is None or not actor.sees_app(campaign.app_id) or app_id not in (None, campaign.app_id):
        raise NotFound("Campaign not found")
    return campaign


def refused(campaign: Campaign, otherwise: str) -> InvalidInput:
    """Of what can't be done to a campaign in its status."""
    return InvalidInput(f"The campaign is {campaign.status.value}: {otherwise}", "id")


async def _with_copies(app_id: str, sent: dict[str, Any]) -> dict[str, Any]:
    """With what the template has of what was not sent."""
    if sent.get("template_id") is None:
        return sent
    copied = await copied_from(app_id, sent["template_id"])
    return {
        **copied,
        **{name: value for name, value in sent.items() if value is not None or name not in copied},
        "template_id": copied["template_id"],
    }


def _edited(campaign: Campaign, changes: dict[str, Any]) -> Campaign:
    """As it would be, in memory."""
    if "audience" in changes:
        _check_audience(campaign, changes["audience"])
        changes["audience"] = campaign.audience.model_copy(update=changes["audience"].sent())
    edited: Campaign = campaign.model_copy(update=changes)
    _complete(edited)
    return edited


async def _written(edited: Campaign) -> Campaign | None:
    """The campaign after an edit; None where somebody was faster."""
    seen = {"_id": edited.id, "revision": edited.revision, "status": {"$in": EDITABLE_STATUSES}}
    written = edited.model_dump(by_alias=True, include={*CampaignUpdate.model_fields, "name_key", "search_words"})
    derived = {"status": edited.status.value, "lastError": None}
    return await Campaign.change(seen, touched(written | derived) | {"$inc": {"revision": 1}})


def _complete(campaign: Campaign) -> None:
    """What follows from other fields."""
    campaign.name_key = campaign.name.casefold()
    campaign.search_words = words_of(campaign.name, campaign.subject)
    campaign.status = CampaignStatus.DRAFT if campaign.scheduled_at is None else CampaignStatus.SCHEDULED


def _check_audience(campaign: Campaign, data: CampaignAudience) -> None:
    if campaign.audience.list_id is not None and any(data.sent().values()):
        raise InvalidInput("audience: the campaign goes to a list of people, and to all of them", "audience")


def _check_moment(campaign: Campaign) -> None:
    if campaign.scheduled_at is not None and campaign.scheduled_at <= clock.now():
        raise InvalidInput("scheduledAt: must be in the future", "scheduledAt")
