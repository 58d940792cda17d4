"""What people want of an app, as its users see it and add to it, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import wants as stored
from resolvers import want_board, want_submitting, want_votes
from resolvers.want_board import PublicWantFilter, PublicWantSortKey
from resolvers.want_identities import WantVoter
from resolvers.want_submitting import WantCreate
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.want_enums import WantStatus

strawberry.enum(PublicWantSortKey)


@strawberry.type(description="What the company says to it.")
class PublicWantAnswer:
    text: str
    at: datetime


@strawberry.type(description="What became of it at some time.")
class PublicWantChange:
    at: datetime
    note: str | None

    @described("The status from then on.")
    def status(self) -> WantStatus:
        return cast(stored.WantChange, self).after


@strawberry.type(description="Something that people want of an app, as its users see it.")
class PublicWant:
    id: ID
    app_id: ID
    title: str
    description: str
    category: str
    status: WantStatus
    vote_count: int
    has_voted: bool = strawberry.field(description="Whether whoever asks, or whom they ask for, has voted for it.")
    is_own: bool = strawberry.field(description="Whether it was asked for by whoever asks, or whom they ask for.")
    author_email: str = strawberry.field(description="Empty for all but the author.")
    tags: list[str]
    eta: str | None = strawberry.field(description="When it may come, in words.")
    answer: PublicWantAnswer | None
    merged_into: ID | None = strawberry.field(description="The want that its votes have gone to.")
    created_at: datetime
    updated_at: datetime

    @described("What became of it, the latest first.")
    def history(self) -> list[PublicWantChange]:
        return cast(list[PublicWantChange], cast(want_board.PublicWant, self).want.history[::-1])


def public_want(seen: want_board.PublicWant) -> PublicWant:
    """It has all that the type shows."""
    return cast(PublicWant, seen)


@strawberry.input(description="Whom an app's backend, or staff, speak for. End users speak for themselves.")
class WantVoterInput:
    voter_email: Maybe[str | None]
    shop_domain: Maybe[str | None]


@strawberry.input(
    description="`authorEmail` and `shopDomain` say for whom an app's backend, or staff, ask. Without `category` it is "
    "the app's first. With `vote` the author votes for it too."
)
class WantCreateInput:
    title: str
    description: Maybe[str]
    category: Maybe[str | None]
    author_email: Maybe[str | None]
    shop_domain: Maybe[str | None]
    vote: Maybe[bool]


@strawberry.input
class PublicWantFilterInput:
    status: Maybe[WantStatus | None]
    category: Maybe[str | None]
    search: Maybe[str | None]


@strawberry.type
class PublicWantPayload:
    want: PublicWant | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class WantBoardQueries:
    @query(want_board.get_public_want)
    async def public_want(self, info: Info, app_id: ID, id: ID, voter: WantVoterInput | None = None) -> PublicWant:
        who = parse(WantVoter, voter)
        return public_want(await want_board.get_public_want(info.context.actor, app_id, id, who))

    @query(want_board.list_public_wants)
    async def public_wants(
        self,
        info: Info,
        app_id: ID,
        voter: WantVoterInput | None = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: PublicWantFilterInput | None = None,
        sort_key: PublicWantSortKey = PublicWantSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[PublicWant]:
        window = Range.of(first, after, last, before)
        filters, who = parse(PublicWantFilter, filter), parse(WantVoter, voter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await want_board.list_public_wants(info.context.actor, app_id, window, filters, sort, who))

    @query(want_board.similar_wants)
    async def similar_wants(
        self, info: Info, app_id: ID, title: str, voter: WantVoterInput | None = None
    ) -> list[PublicWant]:
        who = parse(WantVoter, voter)
        return [public_want(one) for one in await want_board.similar_wants(info.context.actor, app_id, title, who)]


@strawberry.type
class WantBoardMutations:
    @mutation(want_submitting.create_want)
    async def want_create(self, info: Info, app_id: ID, input: WantCreateInput) -> PublicWantPayload:
        asked = await want_submitting.create_want(info.context.actor, app_id, parse(WantCreate, input))
        return PublicWantPayload(want=public_want(asked))

    @mutation(want_votes.vote_for_want)
    async def want_vote(self, info: Info, app_id: ID, id: ID, voter: WantVoterInput | None = None) -> PublicWantPayload:
        who = parse(WantVoter, voter)
        return PublicWantPayload(want=public_want(await want_votes.vote_for_want(info.context.actor, app_id, id, who)))

    @mutation(want_votes.unvote_want)
    async def want_unvote(
        self, info: Info, app_id: ID, id: ID, voter: WantVoterInput | None = None
    ) -> PublicWantPayload:
        who = parse(WantVoter, voter)
        return PublicWantPayload(want=public_want(await want_votes.unvote_want(info.context.actor, app_id, id, who)))

    @mutation(want_votes.toggle_want_vote)
    async def want_vote_toggle(
        self, info: Info, app_id: ID, id: ID, voter: WantVoterInput | None = None
    ) -> PublicWantPayload:
        who = parse(WantVoter, voter)
        return PublicWantPayload(
            want=public_want(await want_votes.toggle_want_vote(info.context.actor, app_id, id, who))
        )
