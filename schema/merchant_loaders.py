"""Batches of merchants, and of what belongs to them."""

from collections import defaultdict
from functools import cached_property

from strawberry.dataloader import DataLoader

from models.contacts import Contact
from models.wants import Want
from resolvers import want_relations
from resolvers.merchants import Merchant, merchants_at
from schema.want_loaders import lists_of


class MerchantLoaders:
    @cached_property
    def merchants(self) -> DataLoader[str, Merchant | None]:
        """By domain."""
        return DataLoader(_merchants)

    @cached_property
    def contacts_of_merchants(self) -> DataLoader[str, list[Contact]]:
        """By domain."""
        return DataLoader(_contacts)

    @cached_property
    def wants_asked_at(self) -> DataLoader[str, list[Want]]:
        """By domain."""
        return DataLoader(lists_of(want_relations.wants_asked_at))


async def _merchants(domains: list[str]) -> list[Merchant | None]:
    found = {merchant.domain: merchant for merchant in await merchants_at(domains)}
    return [found.get(domain) for domain in domains]


async def _contacts(domains: list[str]) -> list[list[Contact]]:
    """Without those who were erased."""
    of_merchant: defaultdict[str, list[Contact]] = defaultdict(list)
    people = Contact.find({"shops.domain": {"$in": domains}, "erasedAt": None}).sort("-_id")
    for contact in await people.to_list():
        for domain in {shop.domain for shop in contact.shops}:
            of_merchant[domain].append(contact)
    return [of_merchant[domain] for domain in domains]
