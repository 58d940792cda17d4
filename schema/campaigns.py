"""Newsletter campaigns, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import campaigns as stored
from models.campaigns import CampaignStatus
from models.contact_lists import ContactListReason
from models.contacts import ConsentCategory
from resolvers import campaign_audience, campaigns, deliveries
from resolvers.campaigns import CampaignAudience as AudienceModel
from resolvers.campaigns import CampaignCreate, CampaignFilter, CampaignSortKey, CampaignUpdate
from resolvers.deliveries import DeliveryFilter
from resolvers.email_events import EmailEventFilter, EmailEventSortKey, list_email_events
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.deliveries import Delivery, DeliveryFilterInput
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.email_events import EmailEvent
from schema.loaded import loaded
from schema.loaders import Loaders

strawberry.enum(CampaignStatus)
strawberry.enum(ContactListReason)
strawberry.enum(CampaignSortKey)


@strawberry.type(
    description="Which of the app's active subscribers: each list that is not empty has to have the subscriber's "
    "value, one of `tags` has to be among theirs."
)
class CampaignAudience:
    languages: list[str]
    sources: list[str]
    tags: list[str]


@strawberry.type(description="People who were listed because something concerns them: `subject` says what.")
class ContactList:
    id: ID
    name: str
    reason: ContactListReason
    subject: str = strawberry.field(description="An error's fingerprint, or a want's id.")
    size: int
    created_at: datetime


@strawberry.type(description="What became of the recipients. `total` is the sum of the others.")
class CampaignStats:
    total: int
    queued: int
    sending: int
    sent: int
    failed: int
    suppressed: int
    uncertain: int = strawberry.field(description="Nobody can say whether the server took the message.")
    cancelled: int


@strawberry.type(description="One mail to many subscribers of an app.")
class Campaign:
    id: ID
    app_id: ID
    name: str
    subject: str
    html: str | None
    text: str | None = strawberry.field(description="Null where the text part is made from the HTML.")
    template_id: ID | None
    audience: CampaignAudience
    category: ConsentCategory = strawberry.field(description="What people have to agree to.")
    track_opens: bool
    track_clicks: bool
    status: CampaignStatus
    stats: CampaignStats
    held_since: datetime | None = strawberry.field(
        description="When it was paused because the app has too many errors: it goes on by itself."
    )
    scheduled_at: datetime | None
    started_at: datetime | None = strawberry.field(description="When sending began.")
    completed_at: datetime | None = strawberry.field(description="When it ended, well or not.")
    last_error: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.Campaign, Loaders.apps, lambda one: one.app_id)

    list: ContactList | None = loaded(
        stored.Campaign,
        Loaders.contact_lists,
        lambda one: one.audience.list_id,
        "The people whom it goes to, where it is not to those who subscribed.",
    )

    @described("To each recipient, and what became of it.")
    async def deliveries(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: DeliveryFilterInput | None = None,
    ) -> Connection[Delivery]:
        window, filters = Range.of(first, after, last, before), parse(DeliveryFilter, filter)
        return Connection.of(
            await deliveries.deliveries_of(info.context.actor, cast(stored.Campaign, self), window, filters)
        )

    @described("What became of its mails, the newest first.")
    async def events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[EmailEvent]:
        window, filters = (
            Range.of(first, after, last, before),
            EmailEventFilter.model_validate({"campaignId": str(self.id)}),
        )
        newest = EmailEventSortKey.CREATED_AT.order(descending=True)
        return Connection.of(await list_email_events(info.context.actor, window, filters, newest))


def campaign(document: stored.Campaign) -> Campaign:
    """The document has all that the type shows."""
    return cast(Campaign, document)


@strawberry.input(
    description="Each list that is not empty has to have the subscriber's value, one of `tags` has to be among theirs. "
    "A language without a region stands for its regions too."
)
class CampaignAudienceInput:
    languages: Maybe[list[str]]
    sources: Maybe[list[str]]
    tags: Maybe[list[str]]


@strawberry.input(
    description="What is left out of subject, HTML and text is copied from the newsletter template of `templateId`. "
    "With `scheduledAt` the campaign is sent then, without it is a draft."
)
class CampaignCreateInput:
    name: str
    subject: Maybe[str | None]
    html: Maybe[str | None]
    text: Maybe[str | None]
    template_id: Maybe[ID | None]
    audience: Maybe[CampaignAudienceInput]
    track_opens: Maybe[bool]
    track_clicks: Maybe[bool]
    scheduled_at: Maybe[datetime | None]


@strawberry.input(
    description="`scheduledAt` schedules; null makes the campaign a draft again. `templateId` copies that template's "
    "subject, HTML and text over what there is, but for what is sent along."
)
class CampaignUpdateInput:
    name: Maybe[str]
    subject: Maybe[str]
    html: Maybe[str | None]
    text: Maybe[str | None]
    template_id: Maybe[ID | None]
    audience: Maybe[CampaignAudienceInput]
    track_opens: Maybe[bool]
    track_clicks: Maybe[bool]
    scheduled_at: Maybe[datetime | None]


@strawberry.input
class CampaignFilterInput:
    status: Maybe[CampaignStatus | None]
    search: Maybe[str | None]


@strawberry.type
class CampaignPayload:
    campaign: Campaign | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CampaignDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CampaignQueries:
    @query(campaign_audience.audience_size)
    async def audience_size(self, info: Info, app_id: ID, audience: CampaignAudienceInput | None = None) -> int:
        return await campaign_audience.audience_size(info.context.actor, app_id, parse(AudienceModel, audience))

    @query(campaigns.get_campaign)
    async def campaign(self, info: Info, id: ID) -> Campaign:
        return campaign(await campaigns.get_campaign(info.context.actor, id))

    @query(campaigns.list_campaigns)
    async def campaigns(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CampaignFilterInput | None = None,
        sort_key: CampaignSortKey = CampaignSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Campaign]:
        window, filters = Range.of(first, after, last, before), parse(CampaignFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await campaigns.list_campaigns(info.context.actor, app_id, window, filters, sort))


@strawberry.type
class CampaignMutations:
    @mutation(campaigns.create_campaign)
    async def campaign_create(self, info: Info, app_id: ID, input: CampaignCreateInput) -> CampaignPayload:
        created = await campaigns.create_campaign(info.context.actor, app_id, parse(CampaignCreate, input))
        return CampaignPayload(campaign=campaign(created))

    @mutation(campaigns.update_campaign)
    async def campaign_update(self, info: Info, id: ID, input: CampaignUpdateInput) -> CampaignPayload:
        updated = await campaigns.update_campaign(info.context.actor, id, parse(CampaignUpdate, input))
        return CampaignPayload(campaign=campaign(updated))

    @mutation(campaigns.delete_campaign)
    async def campaign_delete(self, info: Info, id: ID) -> CampaignDeletePayload:
        deleted = await campaigns.delete_campaign(info.context.actor, id)
        return CampaignDeletePayload(deleted_id=ID(str(deleted.id)))
