"""How mail is doing, in GraphQL."""

from datetime import datetime
from typing import Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models.deliveries import DeliveryStatus
from models.email_events import EmailEventType
from resolvers import email_analytics, rollup_rebuilds
from resolvers.email_analytics import RecipientSortKey
from resolvers.rollup_rebuilds import EmailRollupsRebuild
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.email_events import EmailEvent
from schema.email_jobs import EmailJob, email_job

strawberry.enum(DeliveryStatus)
strawberry.enum(RecipientSortKey, name="CampaignRecipientSortKey")

From = Annotated[datetime | None, strawberry.argument(name="from", description="The first UTC day.")]
To = Annotated[datetime | None, strawberry.argument(name="to", description="The last UTC day, included.")]


@strawberry.type(
    description="What became of mail. Opens and clicks are people's. Rates are from 0 to 1: opens, clicks and "
    "complaints of what was delivered, bounces of what was sent. Of mail whose provider reports no deliveries, what "
    "did not come back was delivered."
)
class EmailNumbers:
    sent: int
    delivered: int
    opened: int
    unique_opens: int = strawberry.field(description="Mails that were opened, however often.")
    clicked: int
    unique_clicks: int = strawberry.field(description="Mails in which a link was clicked, however often.")
    bounced: int
    complained: int
    unsubscribed: int
    replied: int
    failed: int
    suppressed: int
    machine_opened: int = strawberry.field(description="By scanners.")
    machine_clicked: int = strawberry.field(description="By scanners.")
    open_rate: float
    click_through_rate: float
    bounce_rate: float
    complaint_rate: float


@strawberry.type(description="How many events there are of each type. Opens and clicks are people's.")
class EmailEventCounts:
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
    machine_opened: int = strawberry.field(description="By scanners.")
    machine_clicked: int = strawberry.field(description="By scanners.")


@strawberry.type
class EmailNumbersOfDay:
    date: str = strawberry.field(description="A UTC day, such as 2026-01-31.")
    numbers: EmailNumbers


@strawberry.type(description="How all mail is doing.")
class EmailAnalyticsOverview:
    numbers: EmailNumbers
    timeline: list[EmailNumbersOfDay] = strawberry.field(description="Every day of the period, the first one first.")


@strawberry.type
class LinkClicks:
    url: str
    clicks: int


@strawberry.type
class EmailTypeOnDay:
    date: str
    type: EmailEventType
    count: int


@strawberry.type(description="How a campaign did.")
class CampaignAnalytics:
    campaign_id: ID
    numbers: EmailNumbers
    top_links: list[LinkClicks] = strawberry.field(description="The most clicked first; scanners left out.")
    timeline: list[EmailTypeOnDay] = strawberry.field(description="What happened, day by day.")


@strawberry.type
class CampaignEventStats:
    counts: EmailEventCounts
    unique_opens: int
    unique_clicks: int


@strawberry.type(description="Somebody whom a campaign was sent to, and what became of their mail.")
class CampaignRecipient:
    id: ID = strawberry.field(description="The mail's.")
    contact_id: ID | None
    email: str
    status: DeliveryStatus
    events: list[EmailEventType] = strawberry.field(description="In the order in which each happened first.")
    last_event: EmailEventType | None


@strawberry.type(description="How one contact deals with our mail.")
class ContactEmailAnalytics:
    contact_id: ID
    counts: EmailEventCounts
    events: list[EmailEvent] = strawberry.field(description="The latest, the newest first.")


@strawberry.input(description="Of one campaign, or of all mail.")
class EmailRollupsRebuildInput:
    campaign_id: Maybe[str | None]


@strawberry.type
class EmailRollupsRebuildPayload:
    email_job: EmailJob | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EmailAnalyticsQueries:
    @query(email_analytics.email_overview)
    async def email_analytics_overview(
        self, info: Info, since: From = None, until: To = None, app_id: ID | None = None
    ) -> EmailAnalyticsOverview:
        overview = await email_analytics.email_overview(info.context.actor, since, until, app_id)
        return cast(EmailAnalyticsOverview, overview)

    @query(email_analytics.campaign_analytics)
    async def campaign_analytics(self, info: Info, id: ID) -> CampaignAnalytics:
        return cast(CampaignAnalytics, await email_analytics.campaign_analytics(info.context.actor, id))

    @query(email_analytics.campaign_event_stats)
    async def campaign_event_stats(self, info: Info, campaign_id: ID) -> CampaignEventStats:
        return cast(CampaignEventStats, await email_analytics.campaign_event_stats(info.context.actor, campaign_id))

    @query(email_analytics.list_campaign_recipients)
    async def campaign_recipients(
        self,
        info: Info,
        campaign_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        sort_key: RecipientSortKey = RecipientSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[CampaignRecipient]:
        window, sort = Range.of(first, after, last, before), sort_key.order(descending=reverse)
        found = await email_analytics.list_campaign_recipients(info.context.actor, campaign_id, window, sort)
        return Connection.of(found)

    @query(email_analytics.contact_email_analytics)
    async def contact_email_analytics(self, info: Info, id: ID) -> ContactEmailAnalytics:
        return cast(ContactEmailAnalytics, await email_analytics.contact_email_analytics(info.context.actor, id))


@strawberry.type
class EmailAnalyticsMutations:
    @mutation(rollup_rebuilds.request_rebuild)
    async def email_rollups_rebuild(
        self, info: Info, input: EmailRollupsRebuildInput | None = None
    ) -> EmailRollupsRebuildPayload:
        data = parse(EmailRollupsRebuild, input)
        job = await rollup_rebuilds.request_rebuild(info.context.actor, data)
        return EmailRollupsRebuildPayload(email_job=email_job(job))
