"""Batches of what belongs to wants."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.contacts import Contact
from models.shops import Shop
from models.wants import Want
from resolvers import want_relations
from resolvers.want_relations import Party

K = TypeVar("K")
V = TypeVar("V")


class WantLoaders:
    @cached_property
    def wants(self) -> DataLoader[PydanticObjectId, Want | None]:
        return DataLoader(_wants)

    @cached_property
    def wants_merged_into(self) -> DataLoader[tuple[str, PydanticObjectId], list[Want]]:
        return DataLoader(_wants_merged_into)

    @cached_property
    def wants_asked_by(self) -> DataLoader[str, list[Want]]:
        return DataLoader(lists_of(want_relations.wants_asked_by))

    @cached_property
    def wants_voted_by(self) -> DataLoader[str, list[Want]]:
        return DataLoader(lists_of(want_relations.wants_voted_by))

    @cached_property
    def wants_voted_by_shops(self) -> DataLoader[Party, list[Want]]:
        return DataLoader(lists_of(want_relations.wants_voted_by_shops))

    @cached_property
    def shops_of_voters(self) -> DataLoader[Party, list[Shop]]:
        return DataLoader(lists_of(want_relations.shops_of_voters))

    @cached_property
    def contacts_by_address(self) -> DataLoader[str, Contact | None]:
        return DataLoader(_contacts_by_address)


def lists_of(
    read: Callable[[Sequence[K]], Awaitable[Mapping[K, list[V]]]],
) -> Callable[[list[K]], Awaitable[list[list[V]]]]:
    async def load(keys: list[K]) -> list[list[V]]:
        found = await read(keys)
        return [found.get(key, []) for key in keys]

    return load


async def _wants(want_ids: list[PydanticObjectId]) -> list[Want | None]:
    found = await want_relations.wants_by_id(want_ids)
    return [found.get(want_id) for want_id in want_ids]


async def _wants_merged_into(wants: list[tuple[str, PydanticObjectId]]) -> list[list[Want]]:
    found = await want_relations.wants_merged_into(wants)
    return [found.get(want_id, []) for _, want_id in wants]


async def _contacts_by_address(keys: list[str]) -> list[Contact | None]:
    people = await Contact.find({"emailKey": {"$in": keys}, "erasedAt": None}).to_list()
    found = {contact.email_key: contact for contact in people}
    return [found.get(key) for key in keys]
