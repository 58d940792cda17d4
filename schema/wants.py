"""What people want of an app, as staff look after it, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import wants as stored
from resolvers import want_changes, want_merging, want_votes, wants
from resolvers.want_changes import WantStatusChange
from resolvers.wants import WantFilter, WantPriorityChange, WantSortKey, WantUpdate
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact, LazyFeedback
from schema.edge import Info, UserError, described, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.money import Money
from schema.want_enums import Priority, WantStatus
from schema.want_voters import WantVoter, WantVoteSegment, contact_at, money_of

if TYPE_CHECKING:
    from schema.merchants import Merchant

strawberry.enum(WantSortKey)


@strawberry.type(description="What the company says to it.")
class WantAnswer:
    text: str
    at: datetime
    by: str


@strawberry.type(description="A step in the life of a want. `note` is for everybody to read.")
class WantChange:
    id: ID
    before: WantStatus
    after: WantStatus
    at: datetime
    by: str
    note: str | None


@strawberry.type(description="Who asked.")
class WantAuthor:
    email: str | None
    shop_domain: str | None

    @strawberry.field
    async def contact(self, info: Info) -> Contact | None:
        return await contact_at(info, cast(stored.WantAuthor, self).email_key)

    merchant: Annotated["Merchant", strawberry.lazy("schema.merchants")] | None = loaded(
        stored.WantAuthor,
        Loaders.merchants,
        lambda one: one.shop_domain,
        "The shop that they asked from, in all the apps.",
    )


@strawberry.type(description="Something that people want of an app, with what it is worth.")
class Want:
    id: ID
    app_id: ID
    title: str
    description: str
    category: str
    status: WantStatus
    priority: Priority
    tags: list[str]
    eta: str | None = strawberry.field(description="When it may come, in words.")
    answer: WantAnswer | None
    author: WantAuthor | None
    vote_count: int
    created_at: datetime
    updated_at: datetime

    app: App = loaded(stored.Want, Loaders.apps, lambda one: one.app_id)

    @described("What became of it, the latest first.")
    def history(self) -> list[WantChange]:
        return cast(list[WantChange], cast(stored.Want, self).history[::-1])

    @described("Who voted for it, the latest first.")
    async def voters(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[WantVoter]:
        window = Range.of(first, after, last, before)
        return Connection.of(await want_votes.voters_of(info.context.actor, cast(stored.Want, self), window))

    @described("What the voters' shops pay a month for this app, by currency: each shop counts once.")
    def revenue_at_stake(self) -> list[Money]:
        return money_of(cast(stored.Want, self).stake.revenue)

    @described("What the voters' shops pay a month for all apps, by currency.")
    def merchant_revenue_at_stake(self) -> list[Money]:
        return money_of(cast(stored.Want, self).stake.merchant_revenue)

    @described("What those of the voters' shops paid a month that have left, when they did.")
    def lost_revenue(self) -> list[Money]:
        return money_of(cast(stored.Want, self).stake.lost)

    @described("How many shops the voters speak for that have the app.")
    def voting_shops(self) -> int:
        return cast(stored.Want, self).stake.shops

    @described("The votes by the plan of the voters' shops, most votes first.")
    def votes_by_plan(self) -> list[WantVoteSegment]:
        return cast(list[WantVoteSegment], cast(stored.Want, self).stake.segments)

    @described("When the revenue and the plans were counted; a minute after a vote, and every hour.")
    def revenue_counted_at(self) -> datetime | None:
        return cast(stored.Want, self).stake.counted_at

    merged_into: "Want | None" = loaded(
        stored.Want, Loaders.wants, lambda one: one.merged_into, "The want that its votes have gone to."
    )

    duplicates: list["Want"] = loaded(
        stored.Want, Loaders.wants_merged_into, lambda one: (one.app_id, one.id), "The wants that were merged into it."
    )

    feedback: list[LazyFeedback] = loaded(
        stored.Want,
        Loaders.feedback_behind_wants,
        lambda one: (one.app_id, one.id),
        "What people said that became this want, the latest first.",
    )


def want(document: stored.Want) -> Want:
    """The document has all that the type shows."""
    return cast(Want, document)


@strawberry.type
class WantStatusCount:
    status: WantStatus
    count: int


@strawberry.type
class WantCategoryCount:
    category: str
    count: int


@strawberry.type
class WantPriorityCount:
    priority: Priority
    count: int


@strawberry.type(description="How many wants an app has; those that there are none of are counted too.")
class WantStats:
    total: int

    @strawberry.field
    def by_status(self) -> list[WantStatusCount]:
        counts = cast(wants.WantStats, self).by_status
        return [WantStatusCount(status=status, count=count) for status, count in counts.items()]

    @strawberry.field
    def by_category(self) -> list[WantCategoryCount]:
        counts = cast(wants.WantStats, self).by_category
        return [WantCategoryCount(category=category, count=count) for category, count in counts.items()]

    @strawberry.field
    def by_priority(self) -> list[WantPriorityCount]:
        counts = cast(wants.WantStats, self).by_priority
        return [WantPriorityCount(priority=priority, count=count) for priority, count in counts.items()]


@strawberry.input(
    description="`eta` says in words when it may come, `answer` what the company says to it: both are for everybody to "
    "read."
)
class WantUpdateInput:
    title: Maybe[str]
    description: Maybe[str]
    category: Maybe[str]
    priority: Maybe[Priority]
    tags: Maybe[list[str]]
    eta: Maybe[str | None]
    answer: Maybe[str | None]


@strawberry.input(
    description="`note` is for everybody to read, and part of the mail to those who voted, which `notifyVoters: false` "
    "keeps back. The same status again, with a note, is news of it."
)
class WantStatusChangeInput:
    status: WantStatus
    note: Maybe[str | None]
    notify_voters: Maybe[bool]


@strawberry.input
class WantPriorityChangeInput:
    priority: Priority


@strawberry.input
class WantFilterInput:
    status: Maybe[WantStatus | None]
    category: Maybe[str | None]
    priority: Maybe[Priority | None]
    tag: Maybe[str | None]
    author_email: Maybe[str | None]
    shop_domain: Maybe[str | None]
    is_merged: Maybe[bool | None]
    search: Maybe[str | None]


@strawberry.type
class WantPayload:
    want: Want | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class WantDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class WantQueries:
    @query(wants.get_want)
    async def want(self, info: Info, app_id: ID, id: ID) -> Want:
        return want(await wants.get_want(info.context.actor, app_id, id))

    @query(wants.want_stats)
    async def want_stats(self, info: Info, app_id: ID) -> WantStats:
        return cast(WantStats, await wants.want_stats(info.context.actor, app_id))

    @query(wants.list_wants)
    async def wants(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: WantFilterInput | None = None,
        sort_key: WantSortKey = WantSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Want]:
        window = Range.of(first, after, last, before)
        filters, sort = parse(WantFilter, filter), sort_key.order(descending=reverse)
        return Connection.of(await wants.list_wants(info.context.actor, app_id, window, filters, sort))


@strawberry.type
class WantMutations:
    @mutation(wants.update_want)
    async def want_update(self, info: Info, app_id: ID, id: ID, input: WantUpdateInput) -> WantPayload:
        return WantPayload(want=want(await wants.update_want(info.context.actor, app_id, id, parse(WantUpdate, input))))

    @mutation(want_changes.change_want_status)
    async def want_status_update(self, info: Info, app_id: ID, id: ID, input: WantStatusChangeInput) -> WantPayload:
        change = parse(WantStatusChange, input)
        return WantPayload(want=want(await want_changes.change_want_status(info.context.actor, app_id, id, change)))

    @mutation(wants.change_want_priority)
    async def want_priority_update(self, info: Info, app_id: ID, id: ID, input: WantPriorityChangeInput) -> WantPayload:
        change = parse(WantPriorityChange, input)
        return WantPayload(want=want(await wants.change_want_priority(info.context.actor, app_id, id, change)))

    @mutation(want_merging.merge_want)
    async def want_merge(self, info: Info, app_id: ID, id: ID, into_id: ID, notify_voters: bool = True) -> WantPayload:
        merged = await want_merging.merge_want(info.context.actor, app_id, id, into_id, notify=notify_voters)
        return WantPayload(want=want(merged))

    @mutation(wants.delete_want)
    async def want_delete(self, info: Info, app_id: ID, id: ID) -> WantDeletePayload:
        deleted = await wants.delete_want(info.context.actor, app_id, id)
        return WantDeletePayload(deleted_id=ID(str(deleted.id)))


@strawberry.type
class WantSubscriptions:
    @subscription(wants.watch_wants)
    async def want_changed(self, info: Info, app_id: ID) -> AsyncGenerator[Want, None]:
        return cast(AsyncGenerator[Want, None], await wants.watch_wants(info.context.actor, app_id))
