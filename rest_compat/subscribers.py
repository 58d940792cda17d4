"""Newsletter subscribers, over REST."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query

from models.subscribers import SubscriberStatus
from resolvers import subscribers
from resolvers.subscribers import SubscriberCreate, SubscriberFilter, SubscriberSortKey
from rest_compat.edge import (
    AppId,
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Message,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)

SubscriberId = Annotated[str, Path(alias="id")]


class SubscriberWire(StoredWire):
    app_id: str
    email: str
    name: str
    language: str | None
    referral_url: str | None
    status: SubscriberStatus
    source: str
    tags: list[str]
    subscribed_at: Moment | None
    unsubscribed_at: Moment | None


class SubscriberStatsWire(Wire):
    total: int
    active: int
    pending: int
    unsubscribed: int
    bounced: int
    complained: int
    by_source: Mapping[str, int]


class SubscriberListing(Listing, SubscriberFilter):
    sort_keys = SubscriberSortKey


async def subscriber_stats(actor: CurrentActor, app_id: AppId) -> Data[SubscriberStatsWire]:
    """How many subscribers the app has, by status and source."""
    return Data(data=SubscriberStatsWire.of(await subscribers.subscriber_stats(actor, app_id)))


async def list_subscribers(
    actor: CurrentActor, app_id: AppId, query: Annotated[SubscriberListing, Query()]
) -> Paged[SubscriberWire]:
    """Who gets the app's newsletter, or once did."""
    found = await subscribers.list_subscribers(actor, app_id, query.window, query, query.order)
    return await page_of(SubscriberWire, found, query.window)


async def create_subscriber(actor: CurrentActor, app_id: AppId, body: SubscriberCreate) -> DataMessage[SubscriberWire]:
    """Add a subscriber: active with evidence of their consent, else asked by mail to confirm."""
    subscriber = await subscribers.create_subscriber(actor, app_id, body)
    is_active = subscriber.status is SubscriberStatus.ACTIVE
    message = "Subscriber added" if is_active else "Subscriber added: a mail asks them to confirm"
    return DataMessage(data=SubscriberWire.of(subscriber), message=message)


async def delete_subscriber(actor: CurrentActor, app_id: AppId, subscriber_id: SubscriberId) -> Message:
    """Delete a subscriber; their contact stays, and what they agreed to or withdrew."""
    await subscribers.delete_subscriber(actor, app_id, subscriber_id)
    return Message(message="Subscriber deleted")
