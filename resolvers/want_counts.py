"""How many votes a want has, and what they stand for: always counted, never added up.

Whoever is about to change a want's votes, or what follows from them, notes it on the want first (`mark`), and counts
afterwards. As long as the note is there, readers get the votes as they are, and each minute the upkeep counts again; it
takes the note away once nothing has happened for a while. So a process may die between any two writes.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from beanie import PydanticObjectId
from pydantic import BaseModel, Field

from core import clock
from core.mongo import Filter
from core.runtime import runtime
from models.plans import Plan
from models.shops import Shop
from models.want_votes import WantVote
from models.wants import Want
from resolvers.want_stakes import VotersShops, amount_in, stake_of

QUIET: Final = timedelta(minutes=1)
"""After so long nobody is between noting a change and counting it."""
BATCH: Final = 500
DEFAULT_CURRENCY: Final = "USD"


class VoteFacts(BaseModel):
    """Of a vote, what its weight follows from."""

    id: PydanticObjectId = Field(alias="_id")
    email_key: str | None = Field(None, alias="emailKey")
    shop_domain: str | None = Field(None, alias="shopDomain")


async def mark(want_id: PydanticObjectId, *, where: Filter | None = None) -> Want | None:
    """Notes that something is going to change that counts of the want follow from. None where there is no such want
    (any more), or it is not as `where` says."""
    return await Want.change({**(where or {}), "_id": want_id}, {"$max": {"changedAt": clock.now()}})


async def mark_wants_of_shop(before: Shop | None, after: Shop) -> None:
    """Notes on the wants that a shop's people voted for, in whichever app, that it has changed, where that matters."""
    if _weight(before) == _weight(after):
        return
    keys = {shop.email_key for shop in (before, after) if shop and shop.email_key}
    theirs = {"$or": [{"shopDomain": after.domain}, {"emailKey": {"$in": sorted(keys)}}]}
    if want_ids := await WantVote.distinct("wantId", theirs):
        await Want.find({"_id": {"$in": want_ids}}).update({"$max": {"changedAt": clock.now()}})


async def count_votes(want_id: PydanticObjectId) -> Want | None:
    """Counts the votes, and returns the want as it is then; None where it was deleted. Of several who count at once,
    whoever began last has seen what all of them did: that result is kept."""
    begun = await Want.change({"_id": want_id}, {"$inc": {"countNumber": 1}})
    if begun is None:
        return None
    votes = await WantVote.find(votes_for(begun)).count()
    counted = {"$set": {"voteCount": votes}}
    stored = await Want.change({"_id": want_id, "countNumber": begun.count_number}, counted)
    return stored or begun.model_copy(update={"vote_count": votes})


async def count_stake(want: Want, *, currency: str | None = None) -> None:
    """Counts what the votes stand for. `currency` is what the app's wants are compared by."""
    begun = await Want.change({"_id": want.id}, {"$inc": {"stakeNumber": 1}})
    if begun is None:
        return
    now = clock.now()
    votes = await WantVote.find(votes_for(want), projection_model=VoteFacts).to_list()
    stake = stake_of(votes, await _shops_of(want.app_id, votes), now)
    compared_by = currency or await currency_of(want.app_id)
    counted = {"stake": stake.model_dump(by_alias=True), "revenueKey": amount_in(stake.revenue, compared_by)}
    await Want.change({"_id": want.id, "stakeNumber": begun.stake_number}, {"$set": counted})


async def with_current_votes(wants: Sequence[Want]) -> Sequence[Want]:
    """The same wants with the votes that they have, whatever somebody died of before they were counted."""
    uncounted = [want for want in wants if want.changed_at is not None]
    if not uncounted:
        return wants
    of_wants = {
        "appId": {"$in": sorted({want.app_id for want in uncounted})},
        "wantId": {"$in": [want.id for want in uncounted]},
    }
    group = {"$group": {"_id": "$wantId", "votes": {"$sum": 1}}}
    counts = {row["_id"]: row["votes"] for row in await WantVote.aggregate([{"$match": of_wants}, group]).to_list()}
    return [
        want if want.changed_at is None else want.model_copy(update={"vote_count": counts.get(want.id, 0)})
        for want in wants
    ]


def votes_for(want: Want) -> Mapping[str, Any]:
    """Matches the votes of a want."""
    return {"appId": want.app_id, "wantId": want.id}


async def currency_of(app_id: str) -> str:
    """In which an app's wants are compared by revenue: that of most of its plans."""
    group = {"$group": {"_id": "$currency", "plans": {"$sum": 1}}}
    rows = await Plan.aggregate([{"$match": {"appId": app_id}}, group]).to_list()
    return min(((-row["plans"], row["_id"]) for row in rows), default=(0, DEFAULT_CURRENCY))[1]


async def announce_want(want: Want) -> None:
    """Tells those who watch the app's wants to look at it."""
    await runtime().topics.publish(topic_of(want.app_id), {"wantId": str(want.id)})


def topic_of(app_id: str) -> str:
    return f"wants:{app_id}"


async def shops_of_votes(want: Want) -> Sequence[Shop]:
    """The app's shops that the voters speak for."""
    votes = await WantVote.find(votes_for(want), projection_model=VoteFacts).to_list()
    return (await _shops_of(want.app_id, votes)).own


async def _shops_of(app_id: str, votes: Sequence[VoteFacts]) -> VotersShops:
    """By address in the app, then by domain in all apps."""
    keys = {vote.email_key for vote in votes if vote.email_key}
    owned = [shop async for shop in _shops({"appId": app_id}, "emailKey", keys)]
    domains = {shop.domain for shop in owned} | {vote.shop_domain for vote in votes if vote.shop_domain}
    merchants = [shop async for shop in _shops({}, "domain", domains)]
    return VotersShops([shop for shop in merchants if shop.app_id == app_id], merchants)


async def _shops(query: Filter, field: str, values: Collection[str]) -> AsyncIterator[Shop]:
    ordered = sorted(values)
    for start in range(0, len(ordered), BATCH):
        async for shop in Shop.find({**query, field: {"$in": ordered[start : start + BATCH]}}):
            yield shop


def _weight(shop: Shop | None) -> object:
    """What of a shop votes weigh by, and whose they are."""
    return shop and (shop.status, shop.subscription, shop.trial_ends_at, shop.is_test, shop.email_key)
