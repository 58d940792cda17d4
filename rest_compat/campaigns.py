"""Newsletter campaigns, over REST."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from core.inputs import OMITTED
from models.campaigns import CampaignStatus
from resolvers import campaign_life, campaigns
from resolvers.campaign_life import CampaignTest
from resolvers.campaigns import CampaignCreate, CampaignFilter, CampaignSortKey, CampaignUpdate, Source
from rest_compat.edge import (
    AppId,
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Message,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)

CampaignId = Annotated[str, Path(alias="id")]


class CampaignStatsWire(Wire):
    """`total` is the sum of the others."""

    total: int
    queued: int
    sending: int
    sent: int
    failed: int
    suppressed: int
    uncertain: int
    cancelled: int


class CampaignAudienceWire(Wire):
    languages: list[str]
    sources: list[str]
    tags: list[str]


class CampaignWire(StoredWire):
    """`sentAt` is when sending began, `completedAt` when it ended."""

    app_id: str
    name: str
    subject: str
    template_id: Annotated[str, BeforeValidator(str)] | None
    audience: CampaignAudienceWire
    track_opens: bool
    track_clicks: bool
    status: CampaignStatus
    stats: CampaignStatsWire
    scheduled_at: Moment | None
    started_at: Moment | None = Field(serialization_alias="sentAt")
    completed_at: Moment | None
    last_error: str | None
    created_by: str


class CampaignWithContentWire(CampaignWire):
    html: str | None = Field(serialization_alias="htmlContent")
    text: str | None = Field(serialization_alias="textContent")


class QueuedWire(Wire):
    """`jobId` is that of the job that began to send it."""

    status: str
    job_id: str


class CampaignBody(CampaignCreate):
    html: Source | None = Field(None, alias="htmlContent")
    text: Source | None = Field(None, alias="textContent")


class CampaignChanges(CampaignUpdate):
    html: Source | None = Field(OMITTED, alias="htmlContent")
    text: Source | None = Field(OMITTED, alias="textContent")


class CampaignListing(Listing, CampaignFilter):
    sort_keys = CampaignSortKey


async def list_campaigns(
    actor: CurrentActor, app_id: AppId, query: Annotated[CampaignListing, Query()]
) -> Paged[CampaignWire]:
    """The app's campaigns, without what they say."""
    found = await campaigns.list_campaigns(actor, app_id, query.window, query, query.order)
    return await page_of(CampaignWire, found, query.window)


async def create_campaign(
    actor: CurrentActor, app_id: AppId, body: CampaignBody
) -> DataMessage[CampaignWithContentWire]:
    """Draft a campaign, or with `scheduledAt` schedule it."""
    campaign = await campaigns.create_campaign(actor, app_id, body)
    return DataMessage(data=CampaignWithContentWire.of(campaign), message="Campaign created")


async def get_campaign(actor: CurrentActor, app_id: AppId, campaign_id: CampaignId) -> Data[CampaignWithContentWire]:
    """One campaign, with what it says and how far it got."""
    return Data(data=CampaignWithContentWire.of(await campaigns.get_campaign(actor, campaign_id, app_id=app_id)))


async def update_campaign(
    actor: CurrentActor, app_id: AppId, campaign_id: CampaignId, body: CampaignChanges
) -> DataMessage[CampaignWithContentWire]:
    """Change what is sent of a draft or a scheduled campaign, leave the rest."""
    campaign = await campaigns.update_campaign(actor, campaign_id, body, app_id=app_id)
    return DataMessage(data=CampaignWithContentWire.of(campaign), message="Campaign updated")


async def delete_campaign(actor: CurrentActor, app_id: AppId, campaign_id: CampaignId) -> Message:
    """Delete a campaign that was never sent."""
    await campaigns.delete_campaign(actor, campaign_id, app_id=app_id)
    return Message(message="Campaign deleted")


async def send_campaign(actor: CurrentActor, app_id: AppId, campaign_id: CampaignId) -> Data[QueuedWire]:
    """Begin to send a campaign. Its audience is fixed by this."""
    sending = await campaign_life.send_campaign(actor, campaign_id, app_id=app_id)
    return Data(data=QueuedWire(status="queued", job_id=str(sending.job.id)))


async def test_campaign(actor: CurrentActor, app_id: AppId, campaign_id: CampaignId, body: CampaignTest) -> Message:
    """Send a campaign to one address, as a trial."""
    delivery = await campaign_life.test_campaign(actor, campaign_id, body, app_id=app_id)
    return Message(message=f"Test mail queued for {delivery.email}")
