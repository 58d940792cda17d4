"""Received webhooks, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import webhook_events as stored
from models.webhook_events import WebhookEventStatus, WebhookProvider
from resolvers import webhook_events
from resolvers.webhook_events import WebhookEventFilter, WebhookEventSortKey
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

strawberry.enum(WebhookProvider)
strawberry.enum(WebhookEventStatus)
strawberry.enum(WebhookEventSortKey)


@strawberry.type(description="What another service told us by a webhook.")
class WebhookEvent:
    id: ID
    provider: WebhookProvider
    event_id: str = strawberry.field(description="The sender's.")
    app_id: ID | None = strawberry.field(description="Of Shopify's: the app that it is about.")
    topic: str = strawberry.field(description="The sender's word for what happened.")
    shop_domain: str | None
    occurred_at: datetime | None = strawberry.field(description="When it happened, as the sender says.")
    status: WebhookEventStatus
    outcome: str | None = strawberry.field(description="What was done.")
    problem: str | None = strawberry.field(description="What stands, or stood, in the way.")
    payload: str | None = strawberry.field(
        description="The body as it came. Null where nothing follows from it, and where it was erased."
    )
    contact_id: ID | None = strawberry.field(description="Whom it was about, where that is known.")
    delivery_id: ID | None = strawberry.field(description="The mail that it was about.")
    processed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.WebhookEvent, Loaders.apps, lambda one: one.app_id)


def webhook_event(document: stored.WebhookEvent) -> WebhookEvent:
    """The document has all that the type shows."""
    return cast(WebhookEvent, document)


@strawberry.input(
    description="`topic` is the sender's word for what happened, such as `email.bounced` or `shop/redact`."
)
class WebhookEventFilterInput:
    provider: Maybe[WebhookProvider | None]
    status: Maybe[WebhookEventStatus | None]
    topic: Maybe[str | None]
    app_id: Maybe[str | None]
    has_problem: Maybe[bool | None]
    received_from: Maybe[datetime | None]
    received_to: Maybe[datetime | None]


@strawberry.type
class WebhookEventPayload:
    webhook_event: WebhookEvent | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class WebhookEventQueries:
    @query(webhook_events.get_webhook_event)
    async def webhook_event(self, info: Info, id: ID) -> WebhookEvent:
        return webhook_event(await webhook_events.get_webhook_event(info.context.actor, id))

    @query(webhook_events.list_webhook_events)
    async def webhook_events(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: WebhookEventFilterInput | None = None,
        sort_key: WebhookEventSortKey = WebhookEventSortKey.RECEIVED_AT,
        reverse: bool = False,
    ) -> Connection[WebhookEvent]:
        window = Range.of(first, after, last, before)
        filters = parse(WebhookEventFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await webhook_events.list_webhook_events(info.context.actor, window, filters, sort))


@strawberry.type
class WebhookEventMutations:
    @mutation(webhook_events.retry_webhook_event)
    async def webhook_event_retry(self, info: Info, id: ID) -> WebhookEventPayload:
        retried = await webhook_events.retry_webhook_event(info.context.actor, id)
        return WebhookEventPayload(webhook_event=webhook_event(retried))
