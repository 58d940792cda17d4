"""Prospects and the ledger of consent, in which it is decided whether they may be written to."""

from datetime import timedelta
from typing import Final

from beanie import PydanticObjectId

from core import clock
from core.actor import Actor
from core.errors import InvalidInput
from core.ids import derived_id
from models.contacts import ConsentCategory, ConsentState, Contact, LegalBasis
from models.prospects import Prospect
from resolvers.consent import Evidence, record_consent
from resolvers.prospect_states import changed
from resolvers.prospect_withdrawals import BY_STATUS, withdrawal_of
from resolvers.prospect_writes import write_prospect
from resolvers.subscriber_writes import contact_at

OUTREACH: Final = ConsentCategory.OUTREACH
MOMENT: Final = timedelta(milliseconds=1)


async def contact_for_outreach(prospect: Prospect, by: Actor) -> Contact:
    """The contact whom mail to a prospect goes to. Whoever is about to write asks for it, and then `can_send`: from
    then on the ledger says on what grounds. Doing it again has no second effect."""
    contact = await contact_at(prospect.email, name=prospect.name, language=prospect.language)
    if prospect.contact_id != contact.id:
        await write_prospect({"_id": prospect.id}, lambda current: changed(current, contact_id=contact.id))
    if contact.consents.outreach.at is not None:
        return contact
    grounds = Evidence(f"{BY_STATUS}: {prospect.source}", LegalBasis.LEGITIMATE_INTERESTS)
    # As of when the prospect was added: an objection that comes meanwhile is newer, and counts.
    at, state = prospect.created_at, ConsentState.NOT_SPECIFIED
    return await record_consent(contact, OUTREACH, state, grounds, at, by=by, entry_id=_grounds_id(prospect))


async def withdraw_from_outreach(prospect: Prospect, by: Actor) -> PydanticObjectId:
    """Staff know that the person must not be written to. The prospect, stored or about to be, follows the ledger.
    Returns the id of its entry, which is that of the change in the prospect's history too."""
    contact = await contact_at(prospect.email, name=prospect.name, language=prospect.language)
    entry_id, said = PydanticObjectId(), Evidence(BY_STATUS)
    await record_consent(contact, OUTREACH, ConsentState.OPTED_OUT, said, clock.now(), by=by, entry_id=entry_id)
    return entry_id


async def check_reopening(prospect: Prospect) -> None:
    """Raises `InvalidInput` naming `status` where it is not for staff to say that the prospect may be written to."""
    entry = await withdrawal_of(await _contact_of(prospect))
    if entry is not None and entry.source != BY_STATUS:
        raise InvalidInput(
            f"status: they withdrew from outreach on {entry.at:%Y-%m-%d} ({entry.source}), and only they can take "
            "that back",
            "status",
        )


async def reopen_outreach(prospect: Prospect, by: Actor) -> None:
    """Takes back what staff said of a prospect. What the person says, before or meanwhile, stays."""
    contact = await _contact_of(prospect)
    entry = await withdrawal_of(contact)
    if contact is None or entry is None or entry.source != BY_STATUS:
        return
    grounds = Evidence(BY_STATUS, LegalBasis.LEGITIMATE_INTERESTS)
    await record_consent(contact, OUTREACH, ConsentState.NOT_SPECIFIED, grounds, entry.at + MOMENT, by=by)


async def _contact_of(prospect: Prospect) -> Contact | None:
    return await Contact.find_one({"emailKey": prospect.email_key})


def _grounds_id(prospect: Prospect) -> PydanticObjectId:
    """Of the one entry that says on what grounds a prospect is written to."""
    return derived_id(f"outreach:{prospect.id}")
