"""Deliveries, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import deliveries as stored
from models.contacts import ConsentCategory
from models.deliveries import DeliveryKind, DeliveryStatus, Refusal
from resolvers.email_events import EmailEventFilter, EmailEventSortKey, list_email_events
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, described
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.campaigns import Campaign
    from schema.contacts import Contact
    from schema.email_events import EmailEvent
    from schema.tickets import Ticket

strawberry.enum(DeliveryStatus)
strawberry.enum(DeliveryKind)


@strawberry.type(description="A mail to one recipient. The moments are the first of their kind, scanners left out.")
class Delivery:
    id: ID
    app_id: ID | None
    campaign_id: ID | None
    contact_id: ID | None
    kind: DeliveryKind
    category: ConsentCategory
    email: str
    name: str
    language: str | None
    status: DeliveryStatus
    refusal: Refusal | None = strawberry.field(description="Why it was not sent, where it is suppressed.")
    attempts: int
    message_id: str | None = strawberry.field(description="What the mail itself is named (RFC 5322).")
    provider: str | None
    provider_id: str | None = strawberry.field(description="What the provider calls it.")
    response: str | None = strawberry.field(description="What the receiving server or the provider said last.")
    held_since: datetime | None = strawberry.field(
        description="It waits since then because the app has too many errors: it goes out by itself."
    )
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    bounced_at: datetime | None
    complained_at: datetime | None
    unsubscribed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.Delivery, Loaders.apps, lambda one: one.app_id)

    campaign: Annotated["Campaign", strawberry.lazy("schema.campaigns")] | None = loaded(
        stored.Delivery, Loaders.campaigns, lambda one: one.campaign_id, "What it is one of, where it went to many."
    )

    contact: Annotated["Contact", strawberry.lazy("schema.contacts")] | None = loaded(
        stored.Delivery,
        Loaders.contacts,
        lambda one: one.contact_id,
        "Whom it is for; null for somebody who was erased, and for an address that was no contact's.",
    )

    ticket: Annotated["Ticket", strawberry.lazy("schema.tickets")] | None = loaded(
        stored.Delivery,
        Loaders.tickets,
        lambda one: one.thread.ticket_id if one.thread else None,
        "The ticket that answers to it go to.",
    )

    @described("What became of it, from its beginning.")
    async def events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["EmailEvent", strawberry.lazy("schema.email_events")]]:
        window, filters = (
            Range.of(first, after, last, before),
            EmailEventFilter.model_validate({"deliveryId": str(self.id)}),
        )
        sort = EmailEventSortKey.CREATED_AT.order()
        return Connection.of(await list_email_events(info.context.actor, window, filters, sort))


@strawberry.input
class DeliveryFilterInput:
    status: Maybe[DeliveryStatus | None]
