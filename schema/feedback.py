"""What people say about the apps, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import feedback as stored
from models.feedback import FeedbackStatus, FeedbackType
from models.tickets import TicketPriority, TicketTopic
from resolvers import feedback, feedback_conversion
from resolvers.feedback import (
    FeedbackCreate,
    FeedbackFilter,
    FeedbackSortKey,
    FeedbackStatusChange,
    FeedbackUpdate,
)
from resolvers.feedback_conversion import FeedbackConvertToTicket, FeedbackConvertToWant
from resolvers.ticket_scope import sees_all
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.shops import Shop
from schema.tickets import Ticket, ticket
from schema.want_enums import Priority
from schema.want_voters import contact_at
from schema.wants import Want, want

strawberry.enum(FeedbackType)
strawberry.enum(FeedbackStatus)
strawberry.enum(FeedbackSortKey)


@strawberry.type(description="What somebody said about an app.")
class Feedback:
    id: ID
    app_id: ID
    type: FeedbackType
    status: FeedbackStatus
    priority: Priority
    rating: int | None = strawberry.field(description="1 to 5.")
    message: str
    email: str | None
    name: str
    shop_domain: str | None
    page: str | None = strawberry.field(description="Where in the app they were.")
    app_version: str | None
    context: JSON
    note: str | None = strawberry.field(description="For staff.")
    created_by: str
    event_id: ID | None = strawberry.field(description="The app event that it was made from.")
    resolved_at: datetime | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(
        stored.Feedback,
        Loaders.apps,
        lambda one: one.app_id,
        "For staff alone, as all that it leads to.",
        seen_by=sees_all,
    )

    @described("For staff alone.")
    async def contact(self, info: Info) -> Contact | None:
        if not sees_all(info.context.actor):
            return None
        return await contact_at(info, cast(stored.Feedback, self).email_key)

    shop: Shop | None = loaded(
        stored.Feedback,
        Loaders.shops,
        lambda one: (one.app_id, one.shop_domain) if one.shop_domain else None,
        "For staff alone.",
        seen_by=sees_all,
    )

    want: Want | None = loaded(
        stored.Feedback, Loaders.wants, lambda one: one.want_id, "What it became; for staff alone.", seen_by=sees_all
    )

    ticket: Ticket | None = loaded(
        stored.Feedback,
        Loaders.tickets,
        lambda one: one.ticket_id,
        "What it became; for staff alone.",
        seen_by=sees_all,
    )


def said(document: stored.Feedback) -> Feedback:
    """The document has all that the type shows."""
    return cast(Feedback, document)


@strawberry.input(
    description="`email` and `shopDomain` say for whom an app's backend, or staff, speak; end users speak for "
    "themselves. `page` and `context` (an object of at most 16 kB) say where in the app they were."
)
class FeedbackCreateInput:
    type: Maybe[FeedbackType]
    rating: Maybe[int | None]
    priority: Maybe[Priority]
    message: Maybe[str]
    email: Maybe[str | None]
    name: Maybe[str]
    shop_domain: Maybe[str | None]
    page: Maybe[str | None]
    app_version: Maybe[str | None]
    context: Maybe[JSON]


@strawberry.input(description="What people said stays. `note` is for staff.")
class FeedbackUpdateInput:
    type: Maybe[FeedbackType]
    status: Maybe[FeedbackStatus]
    priority: Maybe[Priority]
    note: Maybe[str | None]


@strawberry.input
class FeedbackStatusChangeInput:
    status: FeedbackStatus


@strawberry.input(
    description="A new want of that `title`, or `wantId`, one that there is already. Where they are left out, the "
    "description is what was said, and the category the app's first."
)
class FeedbackConvertToWantInput:
    want_id: Maybe[str | None]
    title: Maybe[str | None]
    description: Maybe[str | None]
    category: Maybe[str | None]


@strawberry.input
class FeedbackConvertToTicketInput:
    subject: str
    topic: Maybe[TicketTopic]
    priority: Maybe[TicketPriority]


@strawberry.input(description="`createdFrom` is included, `createdTo` is not.")
class FeedbackFilterInput:
    app_id: Maybe[str | None]
    type: Maybe[FeedbackType | None]
    status: Maybe[FeedbackStatus | None]
    priority: Maybe[Priority | None]
    rating: Maybe[int | None]
    email: Maybe[str | None]
    shop_domain: Maybe[str | None]
    created_from: Maybe[datetime | None]
    created_to: Maybe[datetime | None]
    search: Maybe[str | None]


@strawberry.type
class FeedbackPayload:
    feedback: Feedback | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class FeedbackDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class FeedbackConvertToWantPayload:
    feedback: Feedback | None = None
    want: Want | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class FeedbackConvertToTicketPayload:
    feedback: Feedback | None = None
    ticket: Ticket | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class FeedbackQueries:
    @query(feedback.list_feedback)
    async def feedbacks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: FeedbackFilterInput | None = None,
        sort_key: FeedbackSortKey = FeedbackSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Feedback]:
        window = Range.of(first, after, last, before)
        filters, sort = parse(FeedbackFilter, filter), sort_key.order(descending=reverse)
        return Connection.of(await feedback.list_feedback(info.context.actor, window, filters, sort))

    @query(feedback.get_feedback)
    async def feedback(self, info: Info, id: ID) -> Feedback:
        return said(await feedback.get_feedback(info.context.actor, id))


@strawberry.type
class FeedbackMutations:
    @mutation(feedback.create_feedback)
    async def feedback_create(self, info: Info, app_id: ID, input: FeedbackCreateInput) -> FeedbackPayload:
        created = await feedback.create_feedback(info.context.actor, app_id, parse(FeedbackCreate, input))
        return FeedbackPayload(feedback=said(created))

    @mutation(feedback.update_feedback)
    async def feedback_update(self, info: Info, id: ID, input: FeedbackUpdateInput) -> FeedbackPayload:
        updated = await feedback.update_feedback(info.context.actor, id, parse(FeedbackUpdate, input))
        return FeedbackPayload(feedback=said(updated))

    @mutation(feedback.change_feedback_status)
    async def feedback_status_update(self, info: Info, id: ID, input: FeedbackStatusChangeInput) -> FeedbackPayload:
        change = parse(FeedbackStatusChange, input)
        return FeedbackPayload(feedback=said(await feedback.change_feedback_status(info.context.actor, id, change)))

    @mutation(feedback.delete_feedback)
    async def feedback_delete(self, info: Info, id: ID) -> FeedbackDeletePayload:
        deleted = await feedback.delete_feedback(info.context.actor, id)
        return FeedbackDeletePayload(deleted_id=ID(str(deleted.id)))

    @mutation(feedback_conversion.convert_feedback_to_want)
    async def feedback_convert_to_want(
        self, info: Info, id: ID, input: FeedbackConvertToWantInput
    ) -> FeedbackConvertToWantPayload:
        data = parse(FeedbackConvertToWant, input)
        became = await feedback_conversion.convert_feedback_to_want(info.context.actor, id, data)
        return FeedbackConvertToWantPayload(feedback=said(became.feedback), want=want(became.want))

    @mutation(feedback_conversion.convert_feedback_to_ticket)
    async def feedback_convert_to_ticket(
        self, info: Info, id: ID, input: FeedbackConvertToTicketInput
    ) -> FeedbackConvertToTicketPayload:
        data = parse(FeedbackConvertToTicket, input)
        became = await feedback_conversion.convert_feedback_to_ticket(info.context.actor, id, data)
        return FeedbackConvertToTicketPayload(feedback=said(became.feedback), ticket=ticket(became.ticket))
