"""What belongs to wants, and wants to whom: read for many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from beanie import PydanticObjectId

from models.shops import Shop
from models.want_votes import WantVote
from models.wants import Want
from resolvers.want_counts import with_current_votes

W = TypeVar("W")

MOST: Final = 100
"""Wants of one person or shop: those that they asked or voted for last."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody whose votes are looked for in an app: a shop, or a voter, by domain or address, as far as known."""

    app_id: str
    email_key: str | None
    domain: str | None


async def wants_by_id(want_ids: Sequence[PydanticObjectId]) -> Mapping[PydanticObjectId, Want]:
    found = await Want.find({"_id": {"$in": list(want_ids)}}).to_list()
    return {want.id: want for want in await with_current_votes(found)}


async def wants_merged_into(wants: Sequence[tuple[str, PydanticObjectId]]) -> Mapping[PydanticObjectId, list[Want]]:
    """Of each want, given as a pair of app id and want id, those that were merged into it."""
    app_ids, want_ids = {app_id for app_id, _ in wants}, [want_id for _, want_id in wants]
    merged: defaultdict[PydanticObjectId, list[Want]] = defaultdict(list)
    query = {"appId": {"$in": sorted(app_ids)}, "mergedInto": {"$in": want_ids}}
    for want in await with_current_votes(await Want.find(query).sort("_id").to_list()):
        if want.merged_into is not None:
            merged[want.merged_into].append(want)
    return merged


async def wants_asked_by(email_keys: Sequence[str]) -> Mapping[str, list[Want]]:
    """What each of the people asked for, in whichever app, the latest first."""
    asked: defaultdict[str, list[Want]] = defaultdict(list)
    query = {"author.emailKey": {"$in": list(email_keys)}}
    for want in await with_current_votes(await Want.find(query).sort("-createdAt").to_list()):
        if want.author and want.author.email_key and len(asked[want.author.email_key]) < MOST:
            asked[want.author.email_key].append(want)
    return asked


async def wants_asked_at(domains: Sequence[str]) -> Mapping[str, list[Want]]:
    """What the people of each of the merchants asked for, in whichever app, the latest first."""
    asked: defaultdict[str, list[Want]] = defaultdict(list)
    query = {"author.shopDomain": {"$in": list(domains)}}
    for want in await with_current_votes(await Want.find(query).sort("-createdAt").to_list()):
        if want.author_shop_domain and len(asked[want.author_shop_domain]) < MOST:
            asked[want.author_shop_domain].append(want)
    return asked


async def wants_voted_by(email_keys: Sequence[str]) -> Mapping[str, list[Want]]:
    """What each of the people voted for, in whichever app, the latest first."""
    cast: defaultdict[str, list[PydanticObjectId]] = defaultdict(list)
    for vote in await WantVote.find({"emailKey": {"$in": list(email_keys)}}).sort("-createdAt").to_list():
        if vote.email_key and len(cast[vote.email_key]) < MOST:
            cast[vote.email_key].append(vote.want_id)
    return await _found(cast)


async def wants_voted_by_shops(shops: Sequence[Party]) -> Mapping[Party, list[Want]]:
    """What the people of each of the shops voted for in its app, the latest first."""
    domains, keys = {shop.domain for shop in shops if shop.domain}, {shop.email_key for shop in shops if shop.email_key}
    theirs = {"$or": [{"shopDomain": {"$in": sorted(domains)}}, {"emailKey": {"$in": sorted(keys)}}]}
    votes = await WantVote.find(theirs).sort("-createdAt").to_list()
    cast = {shop: [vote.want_id for vote in votes if _is_of(vote, shop)][:MOST] for shop in shops}
    return await _found(cast)


async def shops_of_voters(voters: Sequence[Party]) -> Mapping[Party, list[Shop]]:
    """The shops that each of the voters speaks for: the one that they voted from first, then those of their address."""
    app_ids = {"$in": sorted({voter.app_id for voter in voters})}
    domains = {voter.domain for voter in voters if voter.domain}
    keys = {voter.email_key for voter in voters if voter.email_key}
    named = await Shop.find({"appId": app_ids, "domain": {"$in": sorted(domains)}}).to_list()
    owned = await Shop.find({"appId": app_ids, "emailKey": {"$in": sorted(keys)}}).sort("domain").to_list()
    return {voter: _once([*_named(named, voter), *_owned(owned, voter)]) for voter in voters}


async def _found(cast: Mapping[W, Sequence[PydanticObjectId]]) -> Mapping[W, list[Want]]:
    wants = await wants_by_id(list({want_id for want_ids in cast.values() for want_id in want_ids}))
    return {
        who: [wants[want_id] for want_id in dict.fromkeys(want_ids) if want_id in wants]
        for who, want_ids in cast.items()
    }


def _is_of(vote: WantVote, shop: Party) -> bool:
    is_own = vote.shop_domain == shop.domain or (vote.email_key is not None and vote.email_key == shop.email_key)
    return vote.app_id == shop.app_id and is_own


def _named(shops: Iterable[Shop], voter: Party) -> list[Shop]:
    return [shop for shop in shops if (shop.app_id, shop.domain) == (voter.app_id, voter.domain)]


def _owned(shops: Iterable[Shop], voter: Party) -> list[Shop]:
    key = voter.email_key
    return [shop for shop in shops if key and (shop.app_id, shop.email_key) == (voter.app_id, key)]


def _once(shops: Sequence[Shop]) -> list[Shop]:
    return list({shop.id: shop for shop in shops}.values())
