"""Wants that ask for the same become one: the votes of both, each person's once, are those of one of them.

Merging is one conditional update, which points a want at another. The votes then follow the pointer, as often and by
whomever they are moved: whoever dies leaves votes that the next to come moves on. Two wants that were merged into each
other at the same time make a ring of pointers, which is opened at its oldest want.
"""

from collections.abc import Sequence
from typing import Any, Final

from beanie import PydanticObjectId
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from core import clock
from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput
from core.mongo import DUPLICATE_KEY
from models.base import touched
from models.want_votes import WantVote
from models.wants import Want, WantChange, WantStatus
from resolvers.want_announcements import leave_announcement
from resolvers.want_changes import changing
from resolvers.want_counts import announce_want, count_votes, mark, votes_for
from resolvers.wants import get_want

SYSTEM: Final = Actor.system("wants")
BATCH: Final = 500


@allow(SUPPORT)
async def merge_want(actor: Actor, app_id: str, want_id: str, into_id: str, *, notify: bool = True) -> Want:
    """Merges a want into another, which gets its votes, each person's once. Returns the other. Voters are told where
    their vote is, unless `notify` says not to.

    Raises `Conflict` where one of them is merged already.
    """
    want, into = await get_want(actor, app_id, want_id), await get_want(actor, app_id, into_id)
    if want.id == into.id:
        raise InvalidInput("A want can't be merged into itself", "intoId")
    if want.merged_into is not None:
        raise Conflict(f"This was merged into {want.merged_into} already", "id")
    if into.merged_into is not None:
        raise Conflict(f"That one was merged into {into.merged_into}: merge into that", "intoId")
    change = WantChange(before=want.status, after=WantStatus.DUPLICATE, at=clock.now(), by=actor.label)
    seen = {"_id": want.id, "mergedInto": None, "status": want.status.value}
    merged = await Want.change(seen, changing(change, notify=notify, mergedInto=into.id))
    if merged is None:
        raise Conflict("Somebody else changed the want just now: look at it again", "id")
    await move_on(merged)
    if (await get_want(actor, app_id, want_id)).merged_into is None:
        raise Conflict("The other one was merged into this at the same time", "intoId")
    if notify:
        await leave_announcement(merged.id, change.id)
    for touched_want in (merged, into):
        await announce_want(touched_want)
    return await get_want(actor, app_id, into_id)


async def move_on(want: Want) -> None:
    """Moves the votes of a merged want to what it was merged into, however far that is. Doing it again does no harm."""
    current: Want | None = want
    while current is not None and (target := await _target_of(current)) is not None:
        await _move_votes(current, target)
        await count_votes(current.id)
        # Whoever merged the target meanwhile has not seen what came just now.
        current = await count_votes(target.id)
        if current is None:
            await WantVote.find(votes_for(target)).delete()


async def _target_of(want: Want) -> Want | None:
    """The want at the end of the pointers, noted as changing; None where the want is merged into nothing (any more)."""
    current: Want | None = want
    while current is not None:
        path = await _path_from(current)
        ring = [one.id for one in path].index(path[-1].id)
        if ring == len(path) - 1:
            return path[-1] if len(path) > 1 else None
        await _open_ring(path[ring:-1])
        current = await Want.get(want.id)
    return None


async def _path_from(want: Want) -> list[Want]:
    """The wants that pointers lead to, one after the other; in a ring, the first one that comes twice is the last."""
    path = [want]
    while (pointer := path[-1].merged_into) is not None and (following := await mark(pointer)) is not None:
        known = {one.id for one in path}
        path.append(following)
        if following.id in known:
            break
    return path


async def _open_ring(ring: Sequence[Want]) -> None:
    """The oldest is what it was before: everybody who comes across the ring decides so."""
    oldest = min(ring, key=lambda want: want.id)
    before = oldest.history[-1].before if oldest.history else WantStatus.UNDER_REVIEW
    change = WantChange(before=oldest.status, after=before, at=clock.now(), by=SYSTEM.label)
    seen = {"_id": oldest.id, "mergedInto": oldest.merged_into}
    await Want.change(seen, changing(change, notify=False, mergedInto=None))


async def _move_votes(source: Want, target: Want) -> None:
    """Some hundred with one update. Of who has voted for the target too, that vote stays."""
    collection = WantVote.get_pymongo_collection()
    moved: dict[str, Any] = touched({"wantId": target.id}) | {"$addToSet": {"mergedFrom": source.id}}
    while votes := await WantVote.find(votes_for(source)).limit(BATCH).to_list():
        updates = [UpdateOne({"_id": vote.id, "wantId": source.id}, moved) for vote in votes]
        try:
            await collection.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            refused = (error.details or {}).get("writeErrors", [])
            if any(one["code"] != DUPLICATE_KEY for one in refused):
                raise
            await _unite([votes[one["index"]] for one in refused], source.id, target)


async def _unite(votes: Sequence[WantVote], source_id: PydanticObjectId, target: Want) -> None:
    kept = {**votes_for(target), "identity": {"$in": [vote.identity for vote in votes]}}
    await WantVote.find(kept).update({"$addToSet": {"mergedFrom": source_id}})
    await WantVote.find({"_id": {"$in": [vote.id for vote in votes]}, "wantId": source_id}).delete()
