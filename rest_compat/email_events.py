"""What became of each mail, over REST: `messageId` is the delivery's id, `provider` who told."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from models.email_events import BounceKind, EmailEventType
from models.email_rollups import EmailCounts
from resolvers import email_analytics, email_events
from resolvers.email_analytics import CampaignEventStats
from resolvers.email_events import EmailEventFilter, EmailEventSortKey
from rest_compat.edge import CurrentActor, Data, Listing, Moment, Paged, Wire, page_of

MessageId = Annotated[
    str, Path(alias="messageId", description="The mail's id, what its provider calls it, or its Message-ID")
]
CampaignId = Annotated[str, Path(alias="campaignId")]
Id = Annotated[str, BeforeValidator(str)]


class EmailEventWire(Wire):
    """`at` is when it happened, `createdAt` when it became known."""

    id: Annotated[Id, Field(serialization_alias="_id")]
    type: EmailEventType
    source: str = Field(serialization_alias="provider")
    app_id: str | None
    campaign_id: Id | None
    contact_id: Id | None
    delivery_id: Annotated[Id | None, Field(serialization_alias="messageId")]
    url: str | None
    is_machine: bool
    bounce: BounceKind | None
    detail: str | None
    at: Moment
    created_at: Moment


class EmailEventListing(Listing, EmailEventFilter):
    sort_keys = EmailEventSortKey


async def list_email_events(actor: CurrentActor, query: Annotated[EmailEventListing, Query()]) -> Paged[EmailEventWire]:
    """What became of each mail, over all apps."""
    found = await email_events.list_email_events(actor, query.window, query, query.order)
    return await page_of(EmailEventWire, found, query.window)


async def list_message_events(actor: CurrentActor, message_id: MessageId) -> Data[list[EmailEventWire]]:
    """What became of one mail, in the order in which it happened."""
    events = await email_events.list_message_events(actor, message_id)
    return Data(data=[EmailEventWire.of(event) for event in events])


class CampaignEventStatsWire(Wire):
    """Opens and clicks are people's; a unique one counts a mail once, however often it was opened."""

    queued: int
    sent: int
    delivered: int
    delayed: int
    bounced: int
    complained: int
    opened: int
    clicked: int
    unsubscribed: int
    suppressed: int
    failed: int
    replied: int
    machine_opened: int
    machine_clicked: int
    unique_opens: int
    unique_clicks: int


async def campaign_event_stats(actor: CurrentActor, campaign_id: CampaignId) -> Data[CampaignEventStatsWire]:
    """How many events of a campaign there are of each type."""
    return Data(data=_stats(await email_analytics.campaign_event_stats(actor, campaign_id)))


def _stats(stats: CampaignEventStats) -> CampaignEventStatsWire:
    counts: EmailCounts = stats.counts
    return CampaignEventStatsWire(
        **counts.model_dump(), unique_opens=stats.unique_opens, unique_clicks=stats.unique_clicks
    )
