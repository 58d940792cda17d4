"""What contacts agreed to. The ledger of entries is the truth; the state on the contact follows from it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Final

from beanie import PydanticObjectId
from beanie.odm.utils.encoder import Encoder
from pydantic import AfterValidator, Field
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, found
from core.inputs import Input, LongText, Moment, ShortText
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from models.base import touched
from models.consent_entries import ConsentEntry
from models.contacts import Consent, ConsentCategory, Consents, ConsentState, Contact, LegalBasis
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.automation_news import Happening, announce
from resolvers.contact_writes import change_of, replace_contact, with_fields
from resolvers.contacts import get_contact
from resolvers.prospect_withdrawals import withdraw_prospect

FAST_CLOCK: Final = timedelta(minutes=5)
"""How far the clock of whoever reports a consent may be ahead."""
CHANGED: Final = "contact.consent_changed"
"""What automations know it by."""
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
    """How we know of a consent. `confirmed`: from the person themselves, by a link that was sent to their address."""

    source: str
    legal_basis: LegalBasis | None = None
    text: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    confirmed: bool = False


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
    return await consent_entries_of(actor, await get_contact(actor, contact_id), window)


@allow(STAFF)
async def consent_entries_of(actor: Actor, contact: Contact, window: Window) -> Slice[ConsentEntry]:
    """What a contact agreed to and withdrew, the newest first."""
    return await slice_of(ConsentEntry, {"contactId": contact.id}, Sort("at", descending=True), window)


async def record_consent(
    contact: Contact,
    category: ConsentCategory | None,
    state: ConsentState,
    evidence: Evidence,
    at: datetime,
    *,
    by: Actor,
    entry_id: PydanticObjectId | None = None,
) -> Contact:
    """Adds an entry to the ledger and lets the contact follow; no category means all but transactional mail. An
    `entry_id` that follows from the occasion keeps whoever does it again from adding a second one.

    Who may do so is decided by the operation that calls.
    """
    basis = evidence.legal_basis or (LegalBasis.CONSENT if state is ConsentState.OPTED_IN else None)
    entry = ConsentEntry(
        id=entry_id or PydanticObjectId(),
        contact_id=contact.id,
        category=category,
        state=state,
        at=at,
        legal_basis=basis,
        source=evidence.source,
        text=evidence.text,
        ip=evidence.ip,
        user_agent=evidence.user_agent,
        confirmed=evidence.confirmed,
        recorded_by=by.label,
    )
    with suppress(DuplicateKeyError):
        await entry.insert()
    followed = await rebuild_consents(contact.id)
    data = {"category": category.value if category else None, "state": state.value}
    await announce(
        [
            Happening(f"consent:{entry.id}:{shop.app_id}:{shop.domain}", shop.app_id, shop.domain, CHANGED, at, data)
            for shop in followed.shops
        ]
    )
    return followed


async def rebuild_consents(contact_id: PydanticObjectId) -> Contact:
    """Lets the contact follow its ledger. Whoever adds an entry calls this after it: of several at once, the last to
    write has read the entries of all, because the contact's version sends the others back to read again."""
    while True:
        contact = found(await Contact.find_one({"_id": contact_id, "erasedAt": None}), "Contact")
        followed = _following(contact, await ConsentEntry.find({"contactId": contact_id}).to_list())
        written = contact if followed == contact else await replace_contact(contact, followed)
        if written is not None:
            await _leave_newsletters(written)
            await withdraw_prospect(written)
            return written


async def rebuild_consents_of(contact_ids: Sequence[PydanticObjectId]) -> None:
    """As `rebuild_consents`, of some hundred contacts with three round trips. Who was written to meanwhile, or opted
    out, is looked at alone."""
    if not contact_ids:
        return
    ledgers: defaultdict[PydanticObjectId, list[ConsentEntry]] = defaultdict(list)
    contacts = await Contact.find({"_id": {"$in": list(contact_ids)}, "erasedAt": None}).to_list()
    for entry in await ConsentEntry.find({"contactId": {"$in": list(contact_ids)}}).to_list():
        ledgers[entry.contact_id].append(entry)
    followed = [(contact, _following(contact, ledgers[contact.id])) for contact in contacts]
    changes = [_update(contact, wanted) for contact, wanted in followed if wanted != contact]
    matched = 0
    if changes:
        matched = (await Contact.get_pymongo_collection().bulk_write(changes, ordered=False)).matched_count
    for contact, wanted in followed:
        out = wanted.consents.newsletter.state is ConsentState.OPTED_OUT
        if out or matched < len(changes):
            await rebuild_consents(contact.id)


def _update(contact: Contact, wanted: Contact) -> UpdateOne:
    seen, update = change_of(contact, wanted)
    return UpdateOne(seen, Encoder(to_db=True).encode(update))


def _following(contact: Contact, ledger: Iterable[ConsentEntry]) -> Contact:
    standing = standing_of(ledger)
    return with_fields(contact, {"consents": standing.consents, "opted_out_at": standing.opted_out_at})


async def _leave_newsletters(contact: Contact) -> None:
    """Who opted out of newsletters is no app's subscriber any more. Who was asked to confirm since then still is: they
    want to come back."""
    out = contact.consents.newsletter
    if out.state is not ConsentState.OPTED_OUT:
        return
    leaving = [
        {"status": SubscriberStatus.ACTIVE.value},
        {"status": SubscriberStatus.PENDING.value, "confirmationSentAt": {"$not": {"$gt": out.at}}},
    ]
    left = {"status": SubscriberStatus.UNSUBSCRIBED.value, "unsubscribedAt": out.at}
    await Subscriber.find({"contactId": contact.id, "$or": leaving}).update(touched(left))


def standing_of(entries: Iterable[ConsentEntry]) -> Standing:
    """Where entries lead, in whatever order they come: in each category, the newest counts. What a person confirmed
    themselves stays confirmed where somebody else records the same later.

    An opt-out of everything counts in every category but transactional, and lasts as a whole until a newer opt-in to
    one of them.
    """
    consents, opted_out_at = Consents(), None
    for entry in sorted(entries, key=lambda entry: (entry.at, entry.id)):
        covered = [entry.category] if entry.category else COVERED_BY_OPT_OUT
        consents = consents.model_copy(
            update={category.value: _after(consents.of(category), entry) for category in covered}
        )
        if entry.category is None and entry.state is ConsentState.OPTED_OUT:
            opted_out_at = entry.at
        elif entry.state is ConsentState.OPTED_IN and entry.category is not ConsentCategory.TRANSACTIONAL:
            opted_out_at = None
    return Standing(consents, opted_out_at)


def _after(before: Consent, entry: ConsentEntry) -> Consent:
    confirmed_at = entry.at if entry.confirmed else before.confirmed_at
    return Consent(
        state=entry.state,
        at=entry.at,
        legal_basis=entry.legal_basis,
        source=entry.source,
        confirmed_at=confirmed_at if entry.state is ConsentState.OPTED_IN else None,
        entry_id=entry.id,
    )
