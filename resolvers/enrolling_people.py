"""Who may get into a sequence: contacts, and prospects, who become contacts then."""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from beanie import PydanticObjectId

from core.actor import Actor
from core.ids import object_id
from models.apps import App
from models.contacts import ConsentCategory, Contact
from models.deliveries import Refusal
from models.prospects import Prospect
from resolvers.prospect_outreach import contact_for_outreach
from resolvers.sending import can_send_all

OUTREACH: Final = ConsentCategory.OUTREACH


class Rejection(StrEnum):
    """Besides the reasons why somebody may not be written to."""

    NOT_FOUND = "not_found"
    ALREADY_ENROLLED = "already_enrolled"
    REPEATED = "repeated"


Rejections = dict[str, Rejection | Refusal]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may get in; `named` is the id by which they were named."""

    named: str
    contact: Contact
    prospect: Prospect | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What templates may use of a prospect."""
        known = self.prospect
        values = {"company": known.company, "title": known.title, "domain": known.domain} if known else {}
        return {name: value for name, value in values.items() if value}


async def people_named(
    contact_ids: Iterable[str], prospect_ids: Iterable[str], app: App | None, by: Actor
) -> tuple[list[Candidate], Rejections]:
    """Who may get in, and why the others may not, by the ids by which they were named."""
    contacts = {str(one.id): one for one in await Contact.find(_named(contact_ids, erasedAt=None)).to_list()}
    prospects = {str(one.id): one for one in await Prospect.find(_named(prospect_ids)).to_list()}
    addresses = {one.email for one in (*contacts.values(), *prospects.values())}
    verdicts = await can_send_all([*addresses], OUTREACH, app)
    known = await _contacts_of([*prospects.values()])
    candidates: list[Candidate] = []
    rejected: Rejections = {}
    for named in dict.fromkeys((*contact_ids, *prospect_ids)):
        person = contacts.get(named) or prospects.get(named)
        if person is None:
            rejected[named] = Rejection.NOT_FOUND
        elif refusal := verdicts[person.email].refusal:
            rejected[named] = refusal
        elif isinstance(person, Contact):
            candidates.append(Candidate(named, person))
        else:
            contact = known.get(person.id) or await contact_for_outreach(person, by)
            candidates.append(Candidate(named, contact, person))
    return candidates, rejected


def _named(ids: Iterable[str], **others: Any) -> dict[str, Any]:
    return {"_id": {"$in": [identity for one in ids if (identity := object_id(one))]}, **others}


async def _contacts_of(prospects: Listed[Prospect]) -> Mapping[PydanticObjectId, Contact]:
    """Those of which the ledger says already on what grounds they are written to, by the prospects' ids."""
    ids = [prospect.contact_id for prospect in prospects if prospect.contact_id]
    found = {one.id: one for one in await Contact.find({"_id": {"$in": ids}, "erasedAt": None}).to_list()}
    return {
        prospect.id: contact
        for prospect in prospects
        if prospect.contact_id and (contact := found.get(prospect.contact_id)) and contact.consents.outreach.at
    }
