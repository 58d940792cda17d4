"""How prospects begin: where they stand follows from what is known of the person already."""

from dataclasses import dataclass
from typing import Final

from pymongo.errors import DuplicateKeyError

from core.actor import Actor
from core.errors import Conflict, InvalidInput, found
from models.consent_entries import ConsentEntry
from models.contacts import Contact
from models.deliveries import Refusal
from models.prospects import Prospect, ProspectStatus
from resolvers.prospect_customers import having_an_app
from resolvers.prospect_outreach import OUTREACH, withdraw_from_outreach
from resolvers.prospect_states import CUSTOMER, DO_NOT_CONTACT, NEW, changed, derived, moved
from resolvers.prospect_withdrawals import withdraw_new_prospects, withdrawal_of, withdrawn
from resolvers.sending import SENTENCES, can_send

HAS_AN_APP: Final = "Their shop has an app already"


@dataclass(frozen=True, slots=True)
class Known:
    """Of a person before they are a prospect. `has_app`: the shop that they are said to be of has an app."""

    contact: Contact | None = None
    withdrawal: ConsentEntry | None = None
    has_app: bool = False


async def add_prospect(fresh: Prospect, status: ProspectStatus, by: Actor) -> Prospect:
    """Stored, with a status that staff know, or one that follows.

    Raises `InvalidInput` where the person was erased, `Conflict` where the address is a prospect's already.
    """
    if await Prospect.find_one({"emailKey": fresh.email_key}) is not None:
        raise _taken()
    if (await can_send(fresh.email, OUTREACH, None)).refusal is Refusal.ERASED:
        raise InvalidInput(f"email: {SENTENCES[Refusal.ERASED]}", "email")
    if status is DO_NOT_CONTACT:
        await withdraw_from_outreach(fresh, by)
    contact = await Contact.find_one({"emailKey": fresh.email_key})
    has_app = bool(await having_an_app([fresh.shop_domain])) if fresh.shop_domain else False
    known = Known(contact, await withdrawal_of(contact), has_app=has_app)
    try:
        added: Prospect = await standing(fresh, status, known, by).insert()
    except DuplicateKeyError:
        raise _taken() from None
    await withdraw_new_prospects([added.email_key])
    return found(await Prospect.find_one({"_id": added.id}), "Prospect")


def standing(fresh: Prospect, status: ProspectStatus, known: Known, by: Actor) -> Prospect:
    """Where a new prospect stands. That they must not be contacted follows from the ledger alone."""
    contact, at = known.contact, fresh.created_at
    prospect = changed(fresh, contact_id=contact.id if contact else None)
    has_app = known.has_app or (contact is not None and any(shop.has_app for shop in contact.shops))
    if has_app and status is NEW:
        prospect = moved(prospect, CUSTOMER, at=at, by=by.label, reason=HAS_AN_APP)
    elif status is not DO_NOT_CONTACT:
        prospect = moved(prospect, status, at=at, by=by.label)
    return derived(withdrawn(prospect, known.withdrawal) if known.withdrawal else prospect)


def _taken() -> Conflict:
    return Conflict("There is a prospect with this e-mail address already", "email")
