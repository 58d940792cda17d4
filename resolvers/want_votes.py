"""Votes for what people want: each person's once, whoever calls how often at the same time.

The insert of a vote, or its removal, decides; what follows from it is counted. A want that is merged while somebody
votes for it hands the vote on.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItemPerMinute
from pymongo.errors import DuplicateKeyError

from core.access import STAFF, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from core.runtime import runtime
from core.scopes import Scope
from models.want_votes import WantVote
from models.wants import Want
from resolvers.want_board import Board, PublicWant, visible_board, visible_public_want
from resolvers.want_counts import announce_want, count_votes, mark, votes_for
from resolvers.want_identities import Identity, WantVoter
from resolvers.want_merging import move_on
from resolvers.wants import get_want

VOTES: Final = RateLimitItemPerMinute(60, namespace="want_votes")


@dataclass(frozen=True, slots=True)
class Ballot:
    """Who votes for what."""

    board: Board
    identity: Identity
    want: Want
    cast_by: str


@allow(SUPPORT, api_key=Scope.WANTS_WRITE, end_user=True)
async def vote_for_want(actor: Actor, app_id: str, want_id: str, voter: WantVoter) -> PublicWant:
    """Votes for a want. Doing it again has no second effect.

    Raises `Conflict` where the want is decided, or was merged, and `RateLimited` beyond 60 votes a minute of one
    person.
    """
    return await _voted(await _ballot(actor, app_id, want_id, voter), _cast)


@allow(SUPPORT, api_key=Scope.WANTS_WRITE, end_user=True)
async def unvote_want(actor: Actor, app_id: str, want_id: str, voter: WantVoter) -> PublicWant:
    """Takes a vote back, also of a want that is decided. Doing it again has no second effect.

    Raises as `vote_for_want` does.
    """
    return await _voted(await _ballot(actor, app_id, want_id, voter), _take_back)


@allow(SUPPORT, api_key=Scope.WANTS_WRITE, end_user=True)
async def toggle_want_vote(actor: Actor, app_id: str, want_id: str, voter: WantVoter) -> PublicWant:
    """Votes for a want, or takes the vote back where there is one.

    Raises as `vote_for_want` does.
    """
    return await _voted(await _ballot(actor, app_id, want_id, voter), _toggle)


@allow(STAFF)
async def list_want_voters(actor: Actor, app_id: str, want_id: str, window: Window) -> Slice[WantVote]:
    """Who voted for a want, the latest first."""
    return await voters_of(actor, await get_want(actor, app_id, want_id), window)


@allow(STAFF)
async def voters_of(actor: Actor, want: Want, window: Window) -> Slice[WantVote]:
    """Who voted for a want, the latest first."""
    return await slice_of(WantVote, votes_for(want), Sort("createdAt", descending=True), window)


async def cast_own_vote(board: Board, identity: Identity, want: Want, cast_by: str) -> PublicWant:
    """The vote of somebody who asks for something."""
    return await _voted(Ballot(board, identity, want, cast_by), _cast)


async def _ballot(actor: Actor, app_id: str, want_id: str, voter: WantVoter) -> Ballot:
    board = await visible_board(actor, app_id, voter)
    if board.identity is None:
        raise InvalidInput("voterEmail or shopDomain is required: whose vote it is", "voterEmail")
    await runtime().limits.attempt(VOTES, app_id, board.identity.key)
    want = await visible_public_want(board, want_id)
    return Ballot(board, board.identity, want, actor.label)


Effect = Callable[[Ballot], Awaitable[bool]]
"""Changes the voter's vote, and returns whether they have voted then."""


async def _voted(ballot: Ballot, effect: Effect) -> PublicWant:
    marked = await mark(ballot.want.id, where={"appId": ballot.want.app_id})
    if marked is None:
        raise NotFound("Want not found")
    if marked.merged_into is not None:
        raise _merged(marked)
    has_voted = await effect(Ballot(ballot.board, ballot.identity, marked, ballot.cast_by))
    counted = await count_votes(marked.id)
    if counted is None:
        await WantVote.find(votes_for(marked)).delete()
        raise NotFound("Want not found")
    if counted.merged_into is not None:
        await move_on(counted)
        raise _merged(counted)
    await announce_want(counted)
    return PublicWant(counted, has_voted, counted.is_by(ballot.board.keys))


async def _cast(ballot: Ballot) -> bool:
    if not await _has_voted(ballot):
        _check_open(ballot.want)
        await _insert(ballot)
    return True


async def _take_back(ballot: Ballot) -> bool:
    await _delete(ballot)
    return False


async def _toggle(ballot: Ballot) -> bool:
    """Of many at once each finds what the one before it left."""
    while True:
        if await _delete(ballot):
            return False
        _check_open(ballot.want)
        if await _insert(ballot):
            return True


async def _has_voted(ballot: Ballot) -> bool:
    return await WantVote.find_one(_own(ballot)) is not None


async def _insert(ballot: Ballot) -> bool:
    """False where there is one already."""
    identity, want = ballot.identity, ballot.want
    vote = WantVote(
        app_id=want.app_id, want_id=want.id, identity=identity.key, cast_by=ballot.cast_by, **identity.fields
    )
    try:
        await vote.insert()
    except DuplicateKeyError:
        return False
    return True


async def _delete(ballot: Ballot) -> bool:
    deleted = await WantVote.find(_own(ballot)).delete()
    return deleted is not None and deleted.deleted_count > 0


def _own(ballot: Ballot) -> dict[str, object]:
    return {**votes_for(ballot.want), "identity": {"$in": list(ballot.identity.keys)}}


def _check_open(want: Want) -> None:
    if not want.is_open_to_votes:
        raise Conflict(f"This is {want.status.value}: it takes no more votes", "id")


def _merged(want: Want) -> Conflict:
    return Conflict(f"This was merged into another want, {want.merged_into}: vote for that one", "id")
