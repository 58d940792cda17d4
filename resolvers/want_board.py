"""What people want of an app, as its users see it and add to it: without the addresses of others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.access import STAFF, allow
from core.actor import Actor
from core.errors import NotFound, found
from core.ids import Handle, object_id
from core.inputs import Input, Search
from core.mongo import Filter, containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.scopes import Scope
from models.apps import App
from models.want_votes import WantVote
from models.wants import Want, WantStatus
from resolvers.apps import visible_app
from resolvers.want_counts import with_current_votes
from resolvers.want_identities import Identity, WantVoter, identity_of
from resolvers.want_titles import ENOUGH, similarity, tokens_of

MOST_CANDIDATES: Final = 300
"""Wants that are compared with a new title: those of the most votes."""
MOST_SIMILAR: Final = 5


class PublicWantFilter(Input):
    status: WantStatus | None = None
    category: Handle | None = None
    search: Search | None = None


class PublicWantSortKey(SortKey):
    CREATED_AT = "createdAt"
    VOTES = "voteCount"


@dataclass(frozen=True, slots=True)
class PublicWant:
    """A want as somebody sees it. `author_email` is empty for all but the author."""

    want: Want
    has_voted: bool = False
    is_own: bool = False

    @property
    def author_email(self) -> str:
        return self.want.author_email if self.is_own else ""

    def __getattr__(self, name: str) -> Any:
        """All else is the want's own."""
        return getattr(self.want, name)


@dataclass(frozen=True, slots=True)
class Board:
    """An app's wants, and who looks at them: nobody in particular where `identity` is None."""

    app: App
    actor: Actor
    identity: Identity | None

    @property
    def keys(self) -> list[str]:
        return list(self.identity.keys) if self.identity else []

    @property
    def visible(self) -> Filter:
        """What waits for a look of staff is seen by its author alone, unless the app publishes at once."""
        every = {"appId": self.app.id}
        if self.app.want_board.auto_publish or self.actor.is_staff:
            return every
        published: list[Filter] = [{"status": {"$ne": WantStatus.PENDING.value}}]
        own: list[Filter] = [{"author.key": {"$in": self.keys}}] if self.keys else []
        return {**every, "$or": published + own}

    async def seen(self, wants: Sequence[Want]) -> list[PublicWant]:
        """The wants as whoever looks sees them."""
        voted: set[object] = set()
        if self.identity and wants:
            mine = {
                "appId": self.app.id,
                "wantId": {"$in": [want.id for want in wants]},
                "identity": {"$in": self.keys},
            }
            voted = {vote.want_id for vote in await WantVote.find(mine).to_list()}
        current = await with_current_votes(wants)
        return [PublicWant(want, want.id in voted, want.is_by(self.keys)) for want in current]


@allow(STAFF, api_key=Scope.WANTS_READ, end_user=True)
async def list_public_wants(
    actor: Actor, app_id: str, window: Window, filters: PublicWantFilter, sort: Sort, voter: WantVoter
) -> Slice[PublicWant]:
    """What people want of an app, without what waits for a look of staff, and what was merged into another."""
    board = await visible_board(actor, app_id, voter)
    query = dict(board.visible)
    if filters.status is None:
        query["mergedInto"] = None
    else:
        query["status"] = filters.status.value
    if filters.category is not None:
        query["category"] = filters.category
    if filters.search:
        query["searchText"] = containing(filters.search)
    listed = await slice_of(Want, query, sort, window)
    cursors = {want.id: listed.cursor_of(want) for want in listed.items}
    # Cursors go by the votes that the list is sorted by, not by those that were cast since.
    items = await board.seen(listed.items)
    return Slice(items, listed.count, lambda seen: cursors[seen.want.id], listed.has_next, listed.has_previous)


@allow(STAFF, api_key=Scope.WANTS_READ, end_user=True)
async def get_public_want(actor: Actor, app_id: str, want_id: str, voter: WantVoter) -> PublicWant:
    """One thing that people want of an app."""
    board = await visible_board(actor, app_id, voter)
    (seen,) = await board.seen([await visible_public_want(board, want_id)])
    return seen


@allow(STAFF, api_key=Scope.WANTS_READ, end_user=True)
async def similar_wants(actor: Actor, app_id: str, title: str, voter: WantVoter) -> list[PublicWant]:
    """What people want already that sounds like a title, the most similar first."""
    board = await visible_board(actor, app_id, voter)
    return await _similar(board, title)


async def visible_board(actor: Actor, app_id: str, voter: WantVoter) -> Board:
    """An app's wants as the caller, or whom they speak for, may see them."""
    app = await visible_app(actor, app_id)
    return Board(app, actor, await identity_of(app, actor, voter))


async def visible_public_want(board: Board, want_id: str) -> Want:
    """One that is on the board. Raises `NotFound`."""
    identity = object_id(want_id)
    if identity is None:
        raise NotFound("Want not found")
    return found(await Want.find_one({**board.visible, "_id": identity}), "Want")


async def _similar(board: Board, title: str) -> list[PublicWant]:
    tokens = tokens_of(title)
    if not tokens:
        return []
    sharing: Mapping[str, Any] = {**board.visible, "titleTokens": {"$in": tokens}, "mergedInto": None}
    candidates = await Want.find(sharing).sort("-voteCount").limit(MOST_CANDIDATES).to_list()
    scores = {want.id: similarity(tokens, want.title_tokens) for want in candidates}
    alike = [want for want in candidates if scores[want.id] >= ENOUGH]
    alike.sort(key=lambda want: (-scores[want.id], -want.vote_count))
    return await board.seen(alike[:MOST_SIMILAR])
