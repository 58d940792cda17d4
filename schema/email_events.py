"""What became of each mail, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import email_events as stored
from models.email_events import BounceKind, EmailEventType
from resolvers import email_events, tracking
from resolvers.email_events import EmailEventFilter, EmailEventSortKey
from resolvers.tracking_visits import visit_of
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.deliveries import Delivery
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.campaigns import Campaign
    from schema.contacts import Contact

strawberry.enum(EmailEventType)
strawberry.enum(EmailEventSortKey)
strawberry.enum(
    BounceKind,
    description="HARD: the address itself is the reason. SOFT: it may work another time. POLICY: the receiver refused "
    "this mail, which says nothing about the address.",
)


@strawberry.type(description="Something that became of a mail.")
class EmailEvent:
    id: ID
    type: EmailEventType
    at: datetime = strawberry.field(description="When it happened.")
    created_at: datetime = strawberry.field(description="When it became known.")
    source: str = strawberry.field(description="Who told.")
    app_id: ID | None
    delivery_id: ID | None = strawberry.field(description="The mail.")
    campaign_id: ID | None
    contact_id: ID | None
    link: int | None = strawberry.field(description="The number of the clicked link in the mail.")
    url: str | None
    is_machine: bool = strawberry.field(description="An open or a click by a scanner, which no rate counts.")
    bounce: BounceKind | None
    detail: str | None
    ip: str | None
    user_agent: str | None

    app: App | None = loaded(stored.EmailEvent, Loaders.apps, lambda one: one.app_id)

    delivery: Delivery | None = loaded(
        stored.EmailEvent, Loaders.deliveries, lambda one: one.delivery_id, "The mail, for as long as it is kept."
    )

    campaign: Annotated["Campaign", strawberry.lazy("schema.campaigns")] | None = loaded(
        stored.EmailEvent, Loaders.campaigns, lambda one: one.campaign_id
    )

    contact: Annotated["Contact", strawberry.lazy("schema.contacts")] | None = loaded(
        stored.EmailEvent, Loaders.contacts, lambda one: one.contact_id, "Null for somebody who was erased."
    )


@strawberry.input(
    description="`source` is who told, such as `resend` or `tracking`. `createdFrom` is included, `createdTo` is not."
)
class EmailEventFilterInput:
    type: Maybe[EmailEventType | None]
    campaign_id: Maybe[str | None]
    contact_id: Maybe[str | None]
    app_id: Maybe[str | None]
    delivery_id: Maybe[str | None]
    source: Maybe[str | None]
    is_machine: Maybe[bool | None]
    created_from: Maybe[datetime | None]
    created_to: Maybe[datetime | None]


@strawberry.type
class EmailOpenRecordPayload:
    recorded: bool | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EmailClickRecordPayload:
    url: str | None = None
    recorded: bool | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EmailEventQueries:
    @query(email_events.list_message_events)
    async def email_message_events(self, info: Info, message_id: str) -> list[EmailEvent]:
        return cast(list[EmailEvent], await email_events.list_message_events(info.context.actor, message_id))

    @query(email_events.list_email_events)
    async def email_events(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: EmailEventFilterInput | None = None,
        sort_key: EmailEventSortKey = EmailEventSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[EmailEvent]:
        window = Range.of(first, after, last, before)
        filters = parse(EmailEventFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await email_events.list_email_events(info.context.actor, window, filters, sort))


@strawberry.type
class EmailEventMutations:
    @mutation(tracking.record_open)
    async def email_open_record(self, info: Info, token: str) -> EmailOpenRecordPayload:
        outcome = await tracking.record_open(info.context.actor, token, visit_of(info.context.connection))
        return EmailOpenRecordPayload(recorded=outcome is tracking.Outcome.RECORDED)

    @mutation(tracking.record_click)
    async def email_click_record(self, info: Info, token: str) -> EmailClickRecordPayload:
        followed = await tracking.record_click(info.context.actor, token, visit_of(info.context.connection))
        recorded = followed.outcome is tracking.Outcome.RECORDED
        return EmailClickRecordPayload(url=followed.url, recorded=recorded)
