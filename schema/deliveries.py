"""Deliveries, in GraphQL."""

from datetime import datetime

import strawberry
from strawberry import ID, Maybe

from models.contacts import ConsentCategory
from models.deliveries import DeliveryKind, DeliveryStatus, Refusal

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
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    bounced_at: datetime | None
    complained_at: datetime | None
    unsubscribed_at: datetime | None
    created_at: datetime
    updated_at: datetime


@strawberry.input
class DeliveryFilterInput:
    status: Maybe[DeliveryStatus | None]
