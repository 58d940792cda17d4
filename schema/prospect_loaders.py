"""Batches of what belongs to prospects."""

from collections import defaultdict
from functools import cached_property

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.prospects import Prospect
from models.shops import Shop
from models.tickets import Ticket
from resolvers.prospect_customers import Party, open_tickets_of_parties, shops_of_parties


class ProspectLoaders:
    @cached_property
    def prospects(self) -> DataLoader[PydanticObjectId, Prospect | None]:
        return DataLoader(_prospects)

    @cached_property
    def prospects_by_address(self) -> DataLoader[str, Prospect | None]:
        """By the lower-cased address."""
        return DataLoader(_prospects_by_address)

    @cached_property
    def prospects_by_shop(self) -> DataLoader[str, list[Prospect]]:
        """By the shop's domain."""
        return DataLoader(_prospects_by_shop)

    @cached_property
    def shops_of_prospects(self) -> DataLoader[Party, list[Shop]]:
        return DataLoader(shops_of_parties)

    @cached_property
    def open_tickets_of_prospects(self) -> DataLoader[Party, list[Ticket]]:
        return DataLoader(open_tickets_of_parties)


async def _prospects(prospect_ids: list[PydanticObjectId]) -> list[Prospect | None]:
    found = {one.id: one for one in await Prospect.find({"_id": {"$in": prospect_ids}}).to_list()}
    return [found.get(prospect_id) for prospect_id in prospect_ids]


async def _prospects_by_address(keys: list[str]) -> list[Prospect | None]:
    found = {one.email_key: one for one in await Prospect.find({"emailKey": {"$in": keys}}).to_list()}
    return [found.get(key) for key in keys]


async def _prospects_by_shop(domains: list[str]) -> list[list[Prospect]]:
    """The latest first."""
    by_domain: defaultdict[str | None, list[Prospect]] = defaultdict(list)
    for prospect in await Prospect.find({"shopDomain": {"$in": domains}}).sort("-createdAt", "-_id").to_list():
        by_domain[prospect.shop_domain].append(prospect)
    return [by_domain[domain] for domain in domains]
