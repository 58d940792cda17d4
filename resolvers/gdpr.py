"""What people may ask for under the GDPR: to be forgotten (article 17), and a copy of their data (article 15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import clock
from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from models.contacts import Contact
from models.suppressions import SuppressionReason
from resolvers.contacts import get_contact
from resolvers.personal_data import HOLDINGS, person_behind
from resolvers.suppressions import suppress


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All that is stored about a person, by collection, as JSON."""

    email: str
    language: str | None
    gathered_at: datetime
    collections: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Erasure:
    """In how many documents of each collection a person was."""

    counts: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """For a person."""
        parts = [f"{count} in {name}" for name, count in self.counts.items() if count]
        return f"Erased: {', '.join(parts)}"


@allow(ADMINS)
async def erase_contact(actor: Actor, contact_id: str) -> Erasure:
    """Erases a person from every document that holds them, and keeps a keyed hash of the address, so that it is not
    written to again. What was cut off half-way is completed by asking again."""
    contact = await get_contact(actor, contact_id)
    await suppress(contact.email, SuppressionReason.GDPR, at=clock.now(), source=actor.label)
    person = await person_behind(contact)
    return Erasure({holding.name: await holding.erase(holding, person) for holding in HOLDINGS})


@allow(STAFF)
async def export_contact(actor: Actor, contact_id: str) -> PersonalData:
    """All that is stored about a person."""
    return await gather(await get_contact(actor, contact_id))


async def gather(contact: Contact) -> PersonalData:
    """All that is stored about the person behind a contact."""
    person = await person_behind(contact)
    collections = {holding.name: await holding.rows(person) for holding in HOLDINGS}
    return PersonalData(contact.email, contact.language, clock.now(), collections)
