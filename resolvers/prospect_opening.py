"""How prospects begin: where they stand follows from what is known of the person already."""

from typing import Final

from core.actor import Actor
from core.errors import InvalidInput
from models.consent_entries import ConsentEntry
from models.contacts import Contact
from models.deliveries import Refusal
from models.prospects import Prospect, ProspectStatus
from resolvers.prospect_outreach import OUTREACH, withdraw_from_outreach
from resolvers.prospect_states import CUSTOMER, DO_NOT_CONTACT, NEW, changed, derived, moved
from resolvers.prospect_withdrawals import withdrawal_of, withdrawn
from resolvers.sending import SENTENCES, can_send

HAS_AN_APP: Final = "Their shop has an app already"


async def open_prospect(fresh: Prospect, status: ProspectStatus, by: Actor) -> Prospect:
    """Stored, with a status that staff know, or one that follows.

    Raises `InvalidInput` where the person was erased, `DuplicateKeyError` where the address is a prospect's.
    """
    if (await can_send(fresh.email, OUTREACH, None)).refusal is Refusal.ERASED:
        raise InvalidInput(f"email: {SENTENCES[Refusal.ERASED]}", "email")
    if status is DO_NOT_CONTACT:
        await withdraw_from_outreach(fresh, by)
    contact = await Contact.find_one({"emailKey": fresh.email_key})
    opened: Prospect = await standing(fresh, status, contact, await withdrawal_of(contact), by).insert()
    return opened


def standing(
    fresh: Prospect, status: ProspectStatus, contact: Contact | None, withdrawal: ConsentEntry | None, by: Actor
) -> Prospect:
    """Where a new prospect stands. That they must not be contacted follows from the ledger alone."""
    has_app = contact is not None and any(shop.has_app for shop in contact.shops)
    known = changed(fresh, contact_id=contact.id if contact else None)
    if has_app and status is NEW:
        known = moved(known, CUSTOMER, at=fresh.created_at, by=by.label, reason=HAS_AN_APP)
    elif status is not DO_NOT_CONTACT:
        known = moved(known, status, at=fresh.created_at, by=by.label)
    return derived(withdrawn(known, withdrawal) if withdrawal else known)
