"""What people want of an app, as its users see it and add to it, over REST."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

from models.wants import WantStatus
from resolvers import want_board, want_submitting, want_votes
from resolvers.want_board import PublicWantFilter, PublicWantSortKey
from resolvers.want_identities import WantVoter
from resolvers.want_submitting import WantCreate
from rest_compat.edge import AppId, CurrentActor, Data, Listing, Moment, Paged, StoredWire, Wire, page_of

WantId = Annotated[str, Path(alias="id")]


class PublicAnswerWire(Wire):
    text: str
    at: Moment


class PublicWantWire(StoredWire):
    """`authorEmail` is empty for all but the author."""

    app_id: str
    title: str
    description: str
    category: str
    status: WantStatus
    vote_count: int
    has_voted: bool
    author_email: str
    tags: list[str]
    eta: str | None
    answer: PublicAnswerWire | None
    merged_into: Annotated[str, BeforeValidator(str)] | None


class VoteWire(Wire):
    vote_count: int
    has_voted: bool


class PublicWantListing(Listing, PublicWantFilter, WantVoter):
    """`voterEmail` and `shopDomain` say for whom the app's backend asks: what they voted for, and wait for."""

    sort_keys = PublicWantSortKey


async def list_public_wants(
    actor: CurrentActor, app_id: AppId, query: Annotated[PublicWantListing, Query()]
) -> Paged[PublicWantWire]:
    """What people want of the app."""
    found = await want_board.list_public_wants(actor, app_id, query.window, query, query.order, query)
    return await page_of(PublicWantWire, found, query.window)


async def create_want(actor: CurrentActor, app_id: AppId, body: WantCreate) -> Data[PublicWantWire]:
    """Ask for something."""
    return Data(data=PublicWantWire.of(await want_submitting.create_want(actor, app_id, body)))


async def get_public_want(
    actor: CurrentActor, app_id: AppId, want_id: WantId, query: Annotated[WantVoter, Query()]
) -> Data[PublicWantWire]:
    """One thing that people want of the app."""
    return Data(data=PublicWantWire.of(await want_board.get_public_want(actor, app_id, want_id, query)))


async def toggle_want_vote(
    actor: CurrentActor, app_id: AppId, want_id: WantId, body: WantVoter | None = None
) -> Data[VoteWire]:
    """Vote, or take the vote back."""
    voter = body or WantVoter()
    return Data(data=VoteWire.of(await want_votes.toggle_want_vote(actor, app_id, want_id, voter)))
