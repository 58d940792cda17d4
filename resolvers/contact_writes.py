"""How contacts are written: read, decide, and write if nobody wrote meanwhile, else again."""

from collections.abc import Callable, Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from core.mongo import Filter
from core.words import words_of
from models.base import differences, touched
from models.contacts import Contact

Decide = Callable[[Contact | None], Contact | None]
"""What a contact is to become, from what it is; None leaves it as it is. It may be called several times."""


async def write_contact(identity: Filter, decide: Decide) -> Contact | None:
    """The contact that `identity` names, as it is afterwards."""
    while True:
        current = await Contact.find_one(identity)
        wanted = decide(current)
        if wanted is None or wanted == current:
            return current
        written = await replace_contact(current, wanted) if current else await insert_contact(wanted)
        if written is not None:
            return written


async def replace_contact(current: Contact, wanted: Contact) -> Contact | None:
    """The contact as it is afterwards; None where somebody wrote since `current` was read."""
    return await Contact.change(*change_of(current, wanted))


def change_of(current: Contact, wanted: Contact) -> tuple[Filter, dict[str, Any]]:
    """The update of a contact, and what it matches as long as nobody wrote since `current` was read."""
    seen = {"_id": current.id, "version": current.version}
    return seen, touched(differences(current, derived(wanted))) | {"$inc": {"version": 1}}


async def insert_contact(wanted: Contact) -> Contact | None:
    """None where the address has a contact already."""
    try:
        return await derived(wanted).insert()
    except DuplicateKeyError:
        return None


def with_fields(contact: Contact, fields: Mapping[str, Any]) -> Contact:
    """A copy with other values in some fields, by attribute name."""
    copy: Contact = contact.model_copy(update=dict(fields))
    return copy


def derived(contact: Contact) -> Contact:
    """What lists filter and search by follows from the rest."""
    texts = (contact.email, contact.name, *(shop.domain for shop in contact.shops))
    return with_fields(
        contact,
        {
            "apps": sorted({shop.app_id for shop in contact.shops}),
            "search_text": searchable(*texts),
            "search_words": words_of(*texts),
        },
    )


def searchable(*words: str) -> str:
    """What a search looks in."""
    return " ".join(dict.fromkeys(filter(None, words))).casefold()
