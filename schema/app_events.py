"""App events, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.access import access_of
from core.pages import Range
from models import app_events as stored
from resolvers import app_events
from resolvers.app_events import AppEventCreate, AppEventFilter, AppEventSortKey
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.shops import Shop

strawberry.enum(AppEventSortKey)


@strawberry.type(description="Something that an app's backend reported.")
class AppEvent:
    id: ID
    app_id: ID
    name: str
    shop_domain: str | None
    occurred_at: datetime
    data: JSON
    sent_by: str
    applied_at: datetime | None = strawberry.field(description="When its shop had followed it.")
    problem: str | None = strawberry.field(description="What kept its shop from following (a part of) it.")
    created_at: datetime

    app: App = loaded(stored.AppEvent, Loaders.apps, lambda one: one.app_id)

    shop: Annotated["Shop", strawberry.lazy("schema.shops")] | None = loaded(
        stored.AppEvent,
        Loaders.shops,
        lambda one: (one.app_id, one.shop_domain) if one.shop_domain else None,
        "The shop that it is about, where the app knows it. For staff.",
        access=access_of(app_events.list_app_events),
    )


def app_event(document: stored.AppEvent) -> AppEvent:
    """The document has all that the type shows."""
    return cast(AppEvent, document)


@strawberry.input(
    description="`occurredAt` is now where it is left out. The same `idempotencyKey` within 24 hours is the same event."
)
class AppEventCreateInput:
    shop_domain: Maybe[str | None]
    occurred_at: Maybe[datetime | None]
    data: Maybe[JSON] = strawberry.field(description=AppEventCreate.model_fields["data"].description)
    idempotency_key: Maybe[str | None]


@strawberry.input
class AppEventFilterInput:
    name: Maybe[str | None]
    shop_domain: Maybe[str | None]
    occurred_from: Maybe[datetime | None]
    occurred_to: Maybe[datetime | None]
    has_problem: Maybe[bool | None]


@strawberry.type
class AppEventPayload:
    app_event: AppEvent | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AppEventQueries:
    @query(app_events.get_app_event)
    async def app_event(self, info: Info, app_id: ID, id: ID) -> AppEvent:
        return app_event(await app_events.get_app_event(info.context.actor, app_id, id))

    @query(app_events.list_app_events)
    async def app_events(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AppEventFilterInput | None = None,
        sort_key: AppEventSortKey = AppEventSortKey.OCCURRED_AT,
        reverse: bool = False,
    ) -> Connection[AppEvent]:
        window = Range.of(first, after, last, before)
        filters = parse(AppEventFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await app_events.list_app_events(info.context.actor, app_id, window, filters, sort))


@strawberry.type
class AppEventMutations:
    @mutation(app_events.create_app_event)
    async def app_event_create(
        self, info: Info, app_id: ID, event_name: str, input: AppEventCreateInput
    ) -> AppEventPayload:
        data = parse(AppEventCreate, input)
        created = await app_events.create_app_event(info.context.actor, app_id, event_name, data)
        return AppEventPayload(app_event=app_event(created))
