"""Received mail, over REST."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from models.inbound_messages import InboundClassification, InboundMatch, InboundProvider, InboundStatus
from resolvers import inbound_messages, inbound_stats
from resolvers.inbound_messages import InboundMessageFilter, InboundMessageSortKey
from resolvers.inbound_stats import InboundStatsFilter
from rest_compat.edge import CurrentActor, Data, Listing, Moment, Paged, StoredWire, Wire, page_of

InboundMessageId = Annotated[str, Path(alias="id")]
Identity = Annotated[str, BeforeValidator(str)]


class InboundFileWire(Wire):
    name: str
    content_type: str
    size: int
    inline: bool


class InboundMessageWire(StoredWire):
    provider: InboundProvider
    message_id: str
    app_id: str | None
    recipient: str
    sender: str = Field(serialization_alias="from")
    sender_name: str = Field(serialization_alias="fromName")
    subject: str
    new_text: str
    sent_at: Moment | None
    classification: InboundClassification
    confidence: float | None
    status: InboundStatus
    matched_by: InboundMatch | None
    enrollment_id: Identity | None = Field(serialization_alias="matchedEnrollmentId")
    ticket_id: Identity | None = Field(serialization_alias="matchedTicketId")
    contact_id: Identity | None = Field(serialization_alias="matchedContactId")
    delivery_id: Identity | None = Field(serialization_alias="matchedDeliveryId")
    campaign_id: Identity | None = Field(serialization_alias="matchedCampaignId")
    problem: str | None
    processed_at: Moment | None


class InboundContentWire(Wire):
    text: str
    html: str | None


class InboundMessageDetailWire(InboundMessageWire):
    """`newText` is what is new in the mail, `content` all of it, as long as it is kept."""

    classified_by: str | None
    reasons: list[str]
    outcomes: list[str]
    returns_at: Moment | None
    size: int
    files: list[InboundFileWire]
    content: InboundContentWire | None = None


class InboundStatsWire(Wire):
    total: int
    by_status: Mapping[InboundStatus, int]
    by_classification: Mapping[InboundClassification, int]


class InboundMessageListing(Listing, InboundMessageFilter):
    sort_keys = InboundMessageSortKey


async def list_inbound_messages(
    actor: CurrentActor, query: Annotated[InboundMessageListing, Query()]
) -> Paged[InboundMessageWire]:
    """Mail that was received."""
    found = await inbound_messages.list_inbound_messages(actor, query.window, query, query.order)
    return await page_of(InboundMessageWire, found, query.window)


async def show_inbound_stats(
    actor: CurrentActor, query: Annotated[InboundStatsFilter, Query()]
) -> Data[InboundStatsWire]:
    """How much mail was received, by what became of it and what it is."""
    return Data(data=InboundStatsWire.of(await inbound_stats.inbound_stats(actor, query)))


async def get_inbound_message(actor: CurrentActor, message_id: InboundMessageId) -> Data[InboundMessageDetailWire]:
    """One mail, with all that it says."""
    message = await inbound_messages.get_inbound_message(actor, message_id)
    content = await inbound_messages.get_inbound_content(actor, message_id)
    shown = InboundMessageDetailWire.of(message)
    return Data(data=shown.model_copy(update={"content": InboundContentWire.of(content) if content else None}))
