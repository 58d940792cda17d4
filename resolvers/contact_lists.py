"""Lists of people that are drawn up for a campaign: everybody once, whoever dies in between."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from beanie import PydanticObjectId

from core.errors import InvalidInput
from core.mongo import insert_new
from models.base import touched
from models.contact_lists import ContactList, ContactListMember
from models.contacts import Contact

LARGEST: Final = 50_000
"""People on a list."""


async def draw_up(drawn: ContactList, people: AsyncIterator[Sequence[Contact]]) -> ContactList:
    """The list with everybody on it who comes up, some hundred at a time. One with the same `key` is there already, or
    is completed: its members are those who came up in any of the attempts. Raises `InvalidInput` where it gets too
    long.
    """
    stored = await _stored(drawn)
    seen: set[PydanticObjectId] = set()
    async for contacts in people:
        new = list({contact.id: contact for contact in contacts if contact.id not in seen})
        seen.update(new)
        if len(seen) > LARGEST:
            raise InvalidInput(f"These are more than {LARGEST:,} people: write to them in parts", "id")
        if new:
            await insert_new(ContactListMember, [ContactListMember(list_id=stored.id, contact_id=one) for one in new])
    size = await ContactListMember.find({"listId": stored.id}).count()
    return await ContactList.change({"_id": stored.id}, touched({"size": size})) or stored


async def remove_list(list_id: PydanticObjectId) -> None:
    """The people first, so that whoever dies in between leaves a list that can be removed again."""
    await ContactListMember.find({"listId": list_id}).delete()
    await ContactList.find({"_id": list_id}).delete()


async def lists_by_id(list_ids: Sequence[PydanticObjectId]) -> dict[PydanticObjectId, ContactList]:
    return {found.id: found for found in await ContactList.find({"_id": {"$in": list(list_ids)}}).to_list()}


async def _stored(drawn: ContactList) -> ContactList:
    await insert_new(ContactList, [drawn])
    return drawn if drawn.key is None else await ContactList.find_one({"key": drawn.key}) or drawn
