"""Newsletter subscribers, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import subscribers as stored
from models.subscribers import SubscriberStatus
from resolvers import subscribers
from resolvers.subscribers import (
    SubscriberCreate,
    SubscriberFilter,
    SubscriberSortKey,
    SubscriberTagging,
    SubscriberUpdate,
)
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.contacts import Contact

strawberry.enum(SubscriberStatus)
strawberry.enum(SubscriberSortKey)


@strawberry.type(
    description="Who gets an app's newsletter, or once did. Whether mail may be sent is asked of the contact's consent."
)
class Subscriber:
    id: ID
    app_id: ID
    contact_id: ID
    email: str
    name: str
    language: str | None
    referral_url: str | None
    source: str
    tags: list[str]
    status: SubscriberStatus
    subscribed_at: datetime | None = strawberry.field(description="When they became active last.")
    unsubscribed_at: datetime | None = strawberry.field(description="When they left last.")
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.Subscriber, Loaders.apps, lambda one: one.app_id)

    contact: Annotated["Contact", strawberry.lazy("schema.contacts")] | None = loaded(
        stored.Subscriber,
        Loaders.contacts,
        lambda one: one.contact_id,
        "The person, over all apps; null for somebody who was erased.",
    )


def subscriber(document: stored.Subscriber) -> Subscriber:
    """The document has all that the type shows."""
    return cast(Subscriber, document)


@strawberry.type
class SourceSubscriberCount:
    source: str
    count: int


@strawberry.type(description="How many subscribers an app has.")
class SubscriberStats:
    total: int
    active: int
    pending: int
    unsubscribed: int
    bounced: int
    complained: int

    @described("By where they signed up, the most first.")
    def by_source(self) -> list[SourceSubscriberCount]:
        found = cast(subscribers.SubscriberStats, self).by_source
        return [SourceSubscriberCount(source=source, count=count) for source, count in found.items()]


@strawberry.input(
    description="With `consent` the subscriber is active at once, and `consentText` (what the person agreed to) and "
    "`consentSource` (where and how) have to say how we know. Without it a mail asks the person to confirm."
)
class SubscriberCreateInput:
    email: str
    name: Maybe[str]
    language: Maybe[str | None]
    referral_url: Maybe[str | None]
    source: Maybe[str]
    tags: Maybe[list[str]]
    consent: Maybe[bool]
    consent_text: Maybe[str | None]
    consent_source: Maybe[str | None]
    consented_at: Maybe[datetime | None]


@strawberry.input
class SubscriberUpdateInput:
    name: Maybe[str]
    language: Maybe[str | None]
    tags: Maybe[list[str]]


@strawberry.input(description="`remove` comes first: what is in both is added. At most 1,000 ids.")
class SubscriberTaggingInput:
    ids: list[ID]
    add: Maybe[list[str]]
    remove: Maybe[list[str]]


@strawberry.input
class SubscriberFilterInput:
    status: Maybe[SubscriberStatus | None]
    source: Maybe[str | None]
    language: Maybe[str | None]
    tag: Maybe[str | None]
    search: Maybe[str | None]


@strawberry.type
class SubscriberPayload:
    subscriber: Subscriber | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SubscriberDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="`count` is how many subscribers of the app were named.")
class SubscribersTagPayload:
    count: int | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SubscriberQueries:
    @query(subscribers.get_subscriber)
    async def subscriber(self, info: Info, app_id: ID, id: ID) -> Subscriber:
        return subscriber(await subscribers.get_subscriber(info.context.actor, app_id, id))

    @query(subscribers.subscriber_stats)
    async def subscriber_stats(self, info: Info, app_id: ID) -> SubscriberStats:
        return cast(SubscriberStats, await subscribers.subscriber_stats(info.context.actor, app_id))

    @query(subscribers.list_subscribers)
    async def subscribers(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: SubscriberFilterInput | None = None,
        sort_key: SubscriberSortKey = SubscriberSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Subscriber]:
        window = Range.of(first, after, last, before)
        filters, order = parse(SubscriberFilter, filter), sort_key.order(descending=reverse)
        return Connection.of(await subscribers.list_subscribers(info.context.actor, app_id, window, filters, order))


@strawberry.type
class SubscriberMutations:
    @mutation(subscribers.create_subscriber)
    async def subscriber_create(self, info: Info, app_id: ID, input: SubscriberCreateInput) -> SubscriberPayload:
        data = parse(SubscriberCreate, input)
        return SubscriberPayload(
            subscriber=subscriber(await subscribers.create_subscriber(info.context.actor, app_id, data))
        )

    @mutation(subscribers.update_subscriber)
    async def subscriber_update(
        self, info: Info, app_id: ID, id: ID, input: SubscriberUpdateInput
    ) -> SubscriberPayload:
        data = parse(SubscriberUpdate, input)
        return SubscriberPayload(
            subscriber=subscriber(await subscribers.update_subscriber(info.context.actor, app_id, id, data))
        )

    @mutation(subscribers.delete_subscriber)
    async def subscriber_delete(self, info: Info, app_id: ID, id: ID) -> SubscriberDeletePayload:
        deleted = await subscribers.delete_subscriber(info.context.actor, app_id, id)
        return SubscriberDeletePayload(deleted_id=ID(str(deleted.id)))

    @mutation(subscribers.tag_subscribers)
    async def subscribers_tag(self, info: Info, app_id: ID, input: SubscriberTaggingInput) -> SubscribersTagPayload:
        data = parse(SubscriberTagging, input)
        return SubscribersTagPayload(count=await subscribers.tag_subscribers(info.context.actor, app_id, data))
