"""What contacts agreed to. The ledger of entries is the truth; the state on the contact follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Final

from beanie import PydanticObjectId
from pydantic import AfterValidator, Field

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, found
from core.inputs import Input, LongText, Moment, ShortText
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from models.consent_entries import ConsentEntry
from models.contacts import Consent, ConsentCategory, Consents, ConsentState, Contact, LegalBasis
from resolvers.contact_writes import replace_contact, with_fields
from resolvers.contacts import get_contact

FAST_CLOCK: Final = timedelta(minutes=5)
"""How far the clock of whoever reports a consent may be ahead."""
COVERED_BY_OPT_OUT: Final = [one for one in ConsentCategory if one is not ConsentCategory.TRANSACTIONAL]


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError("must be an IP address, such as 203.0.113.7") from None


IpAddress = Annotated[str, Field(max_length=45), AfterValidator(_address)]


class ConsentChange(Input):
    """`text` is what the person agreed to, as they saw it, `ip` and `userAgent` are the person's. `at` is when it
    happened, now where it is left out: an older entry does not undo a newer one."""

    category: ConsentCategory
    state: ConsentState
    legal_basis: LegalBasis | None = None
    source: ShortText = "staff"
    text: LongText | None = None
    ip: IpAddress | None = None
    user_agent: Annotated[str, Field(max_length=500)] | None = None
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How we know of a consent."""

    source: str
    legal_basis: LegalBasis | None = None
    text: str | None = None
    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the ledger leads."""

    consents: Consents
    opted_out_at: datetime | None


@allow(MARKETING)
async def change_consent(actor: Actor, contact_id: str, data: ConsentChange) -> Contact:
    """Records what a contact agreed to, or withdrew, in one category."""
    contact = await get_contact(actor, contact_id)
    at = data.at or clock.now()
    if at > clock.now() + FAST_CLOCK:
        raise InvalidInput("at must not be in the future", "at")
    evidence = Evidence(data.source, data.legal_basis, data.text, data.ip, data.user_agent)
    return await record_consent(contact, data.category, data.state, evidence, at, by=actor)


@allow(MARKETING)
async def opt_out_contact(actor: Actor, contact_id: str) -> Contact:
    """Withdraws a contact from all mail but transactional. Doing it again has no second effect."""
    contact = await get_contact(actor, contact_id)
    if contact.global_opt_out:
        return contact
    return await record_consent(contact, None, ConsentState.OPTED_OUT, Evidence("staff"), clock.now(), by=actor)


@allow(STAFF)
async def list_consent_entries(actor: Actor, contact_id: str, window: Window) -> Slice[ConsentEntry]:
    """What a contact agreed to and withdrew, the newest first."""
    contact = await get_contact(actor, contact_id)
    return await slice_of(ConsentEntry, {"contactId": contact.id}, Sort("at", descending=True), window)


async def record_consent(
    contact: Contact,
    category: ConsentCategory | None,
    state: ConsentState,
    evidence: Evidence,
    at: datetime,
    *,
    by: Actor,
) -> Contact:
    """Adds an entry to the ledger and lets the contact follow; no category means all but transactional mail.

    Who may do so is decided by the operation that calls.
    """
    basis = evidence.legal_basis or (LegalBasis.CONSENT if state is ConsentState.OPTED_IN else None)
    await ConsentEntry(
        contact_id=contact.id,
        category=category,
        state=state,
        at=at,
        legal_basis=basis,
        source=evidence.source,
        text=evidence.text,
        ip=evidence.ip,
        user_agent=evidence.user_agent,
        recorded_by=by.label,
    ).insert()
    return await rebuild_consents(contact.id)


async def rebuild_consents(contact_id: PydanticObjectId) -> Contact:
    """Lets the contact follow its ledger. Whoever adds an entry calls this after it: of several at once, the last to
    write has read the entries of all, because the contact's version sends the others back to read again."""
    while True:
        contact = found(await Contact.find_one({"_id": contact_id, "erasedAt": None}), "Contact")
        standing = standing_of(await ConsentEntry.find({"contactId": contact_id}).to_list())
        followed = with_fields(contact, {"consents": standing.consents, "opted_out_at": standing.opted_out_at})
        if followed == contact:
            return contact
        if written := await replace_contact(contact, followed):
            return written


def standing_of(entries: Iterable[ConsentEntry]) -> Standing:
    """Where entries lead, in whatever order they come: in each category, the newest counts.

    An opt-out of everything counts in every category but transactional, and lasts as a whole until a newer opt-in to
    one of them.
    """
    consents, opted_out_at = Consents(), None
    for entry in sorted(entries, key=lambda entry: (entry.at, entry.id)):
        covered = [entry.category] if entry.category else COVERED_BY_OPT_OUT
        consent = Consent(
            state=entry.state, at=entry.at, legal_basis=entry.legal_basis, source=entry.source, entry_id=entry.id
        )
        consents = consents.model_copy(update={category.value: consent for category in covered})
        if entry.category is None and entry.state is ConsentState.OPTED_OUT:
            opted_out_at = entry.at
        elif entry.state is ConsentState.OPTED_IN and entry.category is not ConsentCategory.TRANSACTIONAL:
            opted_out_at = None
    return Standing(consents, opted_out_at)
