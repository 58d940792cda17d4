"""How people are taken out of wants. What was asked for stays, and votes count on, for nobody in particular."""

from collections.abc import Mapping
from typing import Any, Final

from pymongo import UpdateOne

from models.base import touched
from models.want_votes import WantVote
from models.wants import Want
from resolvers.holdings import Holding, Person, overwriting, without_traces
from resolvers.want_titles import tokens_of
from resolvers.wants import search_text_of


async def _erase_from_wants(holding: Holding, person: Person) -> int:
    """Their texts lose their address and their name."""
    traces, count = [person.contact.email_key, *person.names], 0
    async for batch in holding.batches(person):
        for want in batch:
            await _forget_author(want, f"erased:{person.contact.id}", traces)
        count += len(batch)
    return count


def _erased_vote(person: Person) -> Mapping[str, Any]:
    return {"identity": f"erased:{person.contact.id}", "email": None, "emailKey": None}


async def redact_wants_of_shop(app_id: str, domain: str) -> None:
    """Takes the people of a shop out of what they asked and voted for."""
    async for want in Want.find({"appId": app_id, "author.shopDomain": domain}):
        await _forget_author(want, f"redacted:{want.id}", [want.author_email])
    nobody = {"email": None, "emailKey": None}
    votes = await WantVote.find({"appId": app_id, "shopDomain": domain, "emailKey": {"$ne": None}}).to_list()
    updates = [UpdateOne({"_id": vote.id}, touched({**nobody, "identity": f"redacted:{vote.id}"})) for vote in votes]
    if updates:
        await WantVote.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _forget_author(want: Want, key: str, traces: list[str]) -> None:
    nobody = {"author.key": key, "author.email": None, "author.emailKey": None}
    texts = {name: without_traces(getattr(want, name), traces) for name in ("title", "description")}
    derived = {"titleTokens": tokens_of(texts["title"]), "searchText": search_text_of(**texts, tags=want.tags)}
    await Want.find({"_id": want.id}).update(touched({**nobody, **texts, **derived}))


WANTS: Final = Holding(
    Want,
    lambda person: {"author.emailKey": person.contact.email_key},
    frozenset({"app_id", "title", "description", "created_at"}),
    _erase_from_wants,
)
WANT_VOTES: Final = Holding(
    WantVote,
    lambda person: {"emailKey": person.contact.email_key},
    frozenset({"app_id", "want_id", "shop_domain", "created_at"}),
    overwriting(_erased_vote),
)
