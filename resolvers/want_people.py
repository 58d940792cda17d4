"""Whom a want concerns: who asked for it, and who voted for it."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from beanie import PydanticObjectId

from core.mongo import Filter
from models.contacts import Contact
from models.want_votes import WantVote
from models.wants import Want
from resolvers.want_counts import votes_for

CHUNK: Final = 500


async def people_of(want: Want) -> AsyncIterator[Sequence[Contact]]:
    """The author and the voters, as far as they are known by address, some hundred at a time. Votes of a merged want
    are elsewhere, and say where they come from."""
    if want.author and want.author.email_key:
        yield await _contacts([want.author.email_key])
    queries: list[Filter] = [votes_for(want), {"appId": want.app_id, "mergedFrom": want.id}]
    for query in queries:
        last = None
        while votes := await _votes(query, last):
            last = votes[-1].id
            yield await _contacts([vote.email_key for vote in votes if vote.email_key])


async def _votes(query: Filter, after: PydanticObjectId | None) -> list[WantVote]:
    beyond = query if after is None else {**query, "_id": {"$gt": after}}
    return await WantVote.find(beyond).sort("_id").limit(CHUNK).to_list()


async def _contacts(keys: Sequence[str]) -> Sequence[Contact]:
    return await Contact.find({"emailKey": {"$in": list(keys)}, "erasedAt": None}).to_list()
