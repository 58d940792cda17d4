"""Prospects follow the ledger of consent: whoever withdrew from outreach there is not to be contacted."""

from collections.abc import Sequence
from typing import Final

from core.mongo import Filter
from models.consent_entries import ConsentEntry
from models.contacts import ConsentState, Contact
from models.prospects import Prospect
from resolvers.prospect_states import CUSTOMER, DO_NOT_CONTACT, changed, moved
from resolvers.prospect_writes import write_prospect

BY_STATUS: Final = "prospect"
"""The source of entries that staff add by a prospect's status."""


async def withdrawal_of(contact: Contact | None) -> ConsentEntry | None:
    """The entry of the ledger that keeps outreach from a contact."""
    outreach = contact.consents.outreach if contact else None
    if outreach is None or outreach.state is not ConsentState.OPTED_OUT or outreach.entry_id is None:
        return None
    return await ConsentEntry.get(outreach.entry_id)


async def withdraw_prospect(contact: Contact) -> None:
    """Lets the prospect at a contact's address follow its ledger, once for each withdrawal: staff may take it back. A
    customer stays one, unless staff said so of the prospect itself."""
    theirs: Filter = {"emailKey": contact.email_key}
    is_out = contact.consents.outreach.state is ConsentState.OPTED_OUT
    if is_out and await Prospect.find_one(theirs) and (entry := await withdrawal_of(contact)):
        await write_prospect(theirs, lambda prospect: withdrawn(prospect, entry))


async def withdraw_new_prospects(keys: Sequence[str]) -> None:
    """Those who withdrew between being looked at and being prospects."""
    out = {"emailKey": {"$in": list(keys)}, "consents.outreach.state": ConsentState.OPTED_OUT.value}
    for contact in await Contact.find(out).to_list():
        await withdraw_prospect(contact)


def withdrawn(prospect: Prospect, entry: ConsentEntry) -> Prospect:
    """As it is once it followed a withdrawal."""
    is_known = any(change.id == entry.id for change in prospect.history)
    if is_known or (prospect.status is CUSTOMER and entry.source != BY_STATUS):
        return prospect
    reason = None if entry.source == BY_STATUS else f"Withdrew from outreach: {entry.source}"
    linked = changed(prospect, contact_id=entry.contact_id)
    return moved(linked, DO_NOT_CONTACT, at=entry.at, by=entry.recorded_by, reason=reason, change_id=entry.id)
