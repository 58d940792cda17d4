"""How mail is doing, over REST."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from core.inputs import Input
from core.inputs import Moment as GivenMoment
from models.email_events import EmailEventType
from resolvers import email_analytics
from resolvers.email_analytics import CampaignAnalytics, ContactEmailAnalytics, EmailOverview, RecipientSortKey
from rest_compat.edge import CurrentActor, Data, Listing, Moment, Paged, Wire, page_of

CampaignId = Annotated[str, Path(alias="campaignId")]
ContactId = Annotated[str, Path(alias="contactId", description="The contact's id or address")]
Id = Annotated[str, BeforeValidator(str)]


class LinkClicksWire(Wire):
    url: str
    clicks: int


class TypeOnDayWire(Wire):
    date: str
    type: EmailEventType
    count: int


class CampaignAnalyticsWire(Wire):
    """Rates are from 0 to 1: of what was delivered, and of what was sent for bounces."""

    campaign_id: Id
    sent: int
    delivered: int
    opened: int
    unique_opens: int
    clicked: int
    unique_clicks: int
    bounced: int
    complained: int
    unsubscribed: int
    replied: int
    failed: int
    suppressed: int
    machine_opened: int
    machine_clicked: int
    open_rate: float
    click_through_rate: float
    bounce_rate: float
    complaint_rate: float
    top_links: list[LinkClicksWire]
    timeline: list[TypeOnDayWire]

    @classmethod
    def of_campaign(cls, found: CampaignAnalytics) -> "CampaignAnalyticsWire":
        return cls.model_validate(_Flat(found, found.numbers))


class RecipientWire(Wire):
    contact_id: Id | None
    id: Annotated[Id, Field(serialization_alias="messageId")]
    email: str
    status: str
    events: list[EmailEventType]
    last_event: EmailEventType | None


class RecipientListing(Listing):
    sort_keys = RecipientSortKey


class ContactEventWire(Wire):
    id: Annotated[Id, Field(serialization_alias="_id")]
    campaign_id: Id | None
    delivery_id: Annotated[Id | None, Field(serialization_alias="messageId")]
    type: EmailEventType
    created_at: Moment


class ContactEmailAnalyticsWire(Wire):
    """`events` are the latest."""

    contact_id: Id
    sent: int = Field(serialization_alias="totalSent")
    opened: int = Field(serialization_alias="totalOpened")
    clicked: int = Field(serialization_alias="totalClicked")
    bounced: int = Field(serialization_alias="totalBounced")
    complained: int = Field(serialization_alias="totalComplained")
    events: list[ContactEventWire]

    @classmethod
    def of_contact(cls, found: ContactEmailAnalytics) -> "ContactEmailAnalyticsWire":
        return cls.model_validate(_Flat(found, found.counts))


class DayWire(Wire):
    date: str
    sent: int
    delivered: int
    opened: int
    clicked: int


class EmailOverviewWire(Wire):
    """`timeline` has every day of the period."""

    sent: int = Field(serialization_alias="totalSent")
    delivered: int = Field(serialization_alias="totalDelivered")
    opened: int = Field(serialization_alias="totalOpened")
    unique_opens: int = Field(serialization_alias="totalUniqueOpens")
    clicked: int = Field(serialization_alias="totalClicked")
    unique_clicks: int = Field(serialization_alias="totalUniqueClicks")
    bounced: int = Field(serialization_alias="totalBounced")
    complained: int = Field(serialization_alias="totalComplained")
    unsubscribed: int = Field(serialization_alias="totalUnsubscribed")
    open_rate: float
    click_through_rate: float
    bounce_rate: float
    complaint_rate: float
    timeline: list[DayWire]

    @classmethod
    def of_overview(cls, found: EmailOverview) -> "EmailOverviewWire":
        days = [DayWire.model_validate(_Flat(day, day.numbers)) for day in found.timeline]
        return cls.model_validate(_Flat(found, found.numbers, timeline=days))


class EmailOverviewQuery(Input):
    """From one UTC day to another, both included; the last 30 days where nothing else is said."""

    since: GivenMoment | None = Field(None, alias="from")
    until: GivenMoment | None = Field(None, alias="to")
    app_id: str | None = Field(None, max_length=64)


async def campaign_analytics(actor: CurrentActor, campaign_id: CampaignId) -> Data[CampaignAnalyticsWire]:
    """How a campaign did, with its busiest links."""
    found = await email_analytics.campaign_analytics(actor, campaign_id)
    return Data(data=CampaignAnalyticsWire.of_campaign(found))


async def list_campaign_recipients(
    actor: CurrentActor, campaign_id: CampaignId, query: Annotated[RecipientListing, Query()]
) -> Paged[RecipientWire]:
    """A campaign's recipients, and what became of the mail of each."""
    found = await email_analytics.list_campaign_recipients(actor, campaign_id, query.window, query.order)
    return await page_of(RecipientWire, found, query.window)


async def contact_email_analytics(actor: CurrentActor, contact_id: ContactId) -> Data[ContactEmailAnalyticsWire]:
    """How one contact deals with our mail."""
    found = await email_analytics.contact_email_analytics(actor, contact_id)
    return Data(data=ContactEmailAnalyticsWire.of_contact(found))


async def email_overview(actor: CurrentActor, query: Annotated[EmailOverviewQuery, Query()]) -> Data[EmailOverviewWire]:
    """How all mail is doing, or an app's."""
    found = await email_analytics.email_overview(actor, query.since, query.until, query.app_id)
    return Data(data=EmailOverviewWire.of_overview(found))


class _Flat:
    """An object and its numbers as one: REST has them side by side."""

    def __init__(self, found: object, numbers: object, **instead: object) -> None:
        self._parts = (found, numbers)
        self.__dict__.update(instead)

    def __getattr__(self, name: str) -> object:
        found, numbers = self.__dict__["_parts"]
        return getattr(found, name) if hasattr(found, name) else getattr(numbers, name)
