"""Whom the company would like to win as customers: their words are in `prospects.toml`, and some have been won."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from beanie import PydanticObjectId

from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact, LegalBasis
from models.prospects import Prospect, ProspectNote
from models.shops import Shop
from resolvers.consent import standing_of
from resolvers.contact_writes import derived as derived_contact
from resolvers.contact_writes import with_fields
from resolvers.prospect_mail import FOLLOWER
from resolvers.prospect_moves import INSTALLATIONS
from resolvers.prospect_states import (
    CONTACTED,
    CUSTOMER,
    DISQUALIFIED,
    DO_NOT_CONTACT,
    ENGAGED,
    NEW,
    QUALIFIED,
    changed,
    derived,
    moved,
)
from resolvers.prospect_withdrawals import BY_STATUS, withdrawn
from seed.merchants import Merchant, merchants
from seed.people import MARKETER
from seed.wants import moment_of

FILE: Final = Path(__file__).with_name("prospects.toml")
STRANGERS: Final = 270
WON: Final = 30
PATHS: Final = (
    (40, (NEW,)),
    (27, (CONTACTED,)),
    (11, (CONTACTED, ENGAGED)),
    (7, (CONTACTED, ENGAGED, QUALIFIED)),
    (6, (CONTACTED, DISQUALIFIED)),
    (4, (DISQUALIFIED,)),
    (5, (CONTACTED, DO_NOT_CONTACT)),
)
"""How many of a hundred have come how far."""
TOLD_US: Final = (CONTACTED, ENGAGED)
"""What follows from mail; the rest is what staff make of it."""
NOTED: Final = 0.35


@dataclass(frozen=True, slots=True)
class Prospecting:
    prospects: list[Prospect] = field(default_factory=list)
    notes: list[ProspectNote] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    entries: list[ConsentEntry] = field(default_factory=list)


def prospecting(
    random: Random,
    shops: Sequence[Shop],
    contacts: Sequence[Contact],
    owners: Sequence[PydanticObjectId],
    now: datetime,
) -> Prospecting:
    """A year of it. Who was written to is a contact, and the ledger says on what grounds."""
    words, found = tomllib.loads(FILE.read_text("utf-8")), Prospecting()
    teller = _Teller(random, words, owners, now)
    for merchant in _strangers(random, shops, contacts):
        path = random.choices([path for _, path in PATHS], [weight for weight, _ in PATHS])[0]
        prospect = teller.met(merchant, now - timedelta(days=random.uniform(4, 340)))
        _follow(teller, prospect, path, found)
    for contact, shop in _customers(random, shops, contacts):
        found.prospects.append(teller.won(contact, shop))
    found.prospects.sort(key=lambda one: one.created_at)
    for prospect in found.prospects:
        found.notes.extend(teller.notes(prospect))
    return found


def _strangers(random: Random, shops: Sequence[Shop], contacts: Sequence[Contact]) -> list[Merchant]:
    """Merchants who have none of the apps."""
    domains, keys = {shop.domain for shop in shops}, {contact.email_key for contact in contacts}
    free: dict[str, Merchant] = {}
    for merchant in merchants(random, len(domains) + 2 * STRANGERS):
        if merchant.domain not in domains and merchant.email not in keys:
            free.setdefault(merchant.email, merchant)
    return list(free.values())[:STRANGERS]


def _customers(random: Random, shops: Sequence[Shop], contacts: Sequence[Contact]) -> Iterator[tuple[Contact, Shop]]:
    first: dict[str, Shop] = {}
    for shop in sorted(shops, key=lambda shop: shop.installed_at):
        if shop.email_key:
            first.setdefault(shop.email_key, shop)
    for contact in random.sample(list(contacts), WON):
        yield contact, first[contact.email_key]


def _follow(teller: "_Teller", prospect: Prospect, path: Sequence[Any], found: Prospecting) -> None:
    """Along the path, with a contact and a ledger from the first mail on."""
    if CONTACTED in path:
        contact = teller.contact(prospect)
        ledger = [teller.grounds(contact, prospect)]
        prospect = teller.walked(changed(prospect, contact_id=contact.id), path)
        if DO_NOT_CONTACT in path:
            ledger.append(teller.withdrawal(contact, prospect))
            prospect = teller.gone(prospect, ledger[-1])
        contact = with_fields(contact, {"consents": standing_of(ledger).consents, "updated_at": ledger[-1].at})
        found.contacts.append(derived_contact(contact))
        found.entries.extend(ledger)
    else:
        prospect = teller.walked(prospect, path)
    found.prospects.append(prospect)


@dataclass(frozen=True, slots=True)
class _Teller:
    random: Random
    words: Mapping[str, Any]
    owners: Sequence[PydanticObjectId]
    now: datetime

    def met(self, merchant: Merchant, at: datetime) -> Prospect:
        language = merchant.market.locale.partition("-")[0]
        return self._prospect(
            at,
            email=merchant.email,
            email_key=merchant.email,
            name=merchant.owner,
            company=merchant.name,
            domain=merchant.email.partition("@")[2],
            shop_domain=merchant.domain,
            country=merchant.market.country,
            language=language,
        )

    def won(self, contact: Contact, shop: Shop) -> Prospect:
        """Whom staff knew before they installed an app."""
        fresh = self._prospect(
            shop.installed_at - timedelta(days=self.random.uniform(8, 70)),
            email=contact.email,
            email_key=contact.email_key,
            name=contact.name,
            company=shop.name,
            shop_domain=shop.domain,
            country=contact.country,
            language=contact.language,
            contact_id=contact.id,
        )
        prospect = self._through(fresh, (ENGAGED, QUALIFIED), shop.installed_at, lambda status: MARKETER)
        why = f"{shop.domain} installed {shop.app_id}"
        return _since(
            moved(prospect, CUSTOMER, at=shop.installed_at, by=INSTALLATIONS.label, reason=why), shop.installed_at
        )

    def walked(self, prospect: Prospect, path: Sequence[Any]) -> Prospect:
        """But for a withdrawal, which follows from the ledger."""
        steps = [status for status in path if status is not DO_NOT_CONTACT]
        return self._through(
            prospect, steps, self.now, lambda status: FOLLOWER.label if status in TOLD_US else MARKETER
        )

    def contact(self, prospect: Prospect) -> Contact:
        """Made right before the first mail."""
        return Contact(
            email=prospect.email,
            email_key=prospect.email_key,
            name=prospect.name,
            language=prospect.language,
            created_at=prospect.created_at,
            updated_at=prospect.created_at,
        )

    def grounds(self, contact: Contact, prospect: Prospect) -> ConsentEntry:
        source = f"{BY_STATUS}: {prospect.source}"
        basis = LegalBasis.LEGITIMATE_INTERESTS
        return self._entry(contact, ConsentState.NOT_SPECIFIED, prospect.created_at, source, legal_basis=basis)

    def withdrawal(self, contact: Contact, prospect: Prospect) -> ConsentEntry:
        at = _between(self.random, prospect.status_changed_at, self.now)
        source = self.random.choice((BY_STATUS, "unsubscribe link"))
        return self._entry(contact, ConsentState.OPTED_OUT, at, source)

    def gone(self, prospect: Prospect, entry: ConsentEntry) -> Prospect:
        return derived(_since(withdrawn(prospect, entry), entry.at))

    def notes(self, prospect: Prospect) -> Iterator[ProspectNote]:
        if self.random.random() < NOTED:
            at = _between(self.random, prospect.status_changed_at, self.now)
            yield ProspectNote(
                prospect_id=prospect.id,
                email_key=prospect.email_key,
                note=self.random.choice(self.words["notes"][prospect.status]),
                written_by=MARKETER,
                created_at=at,
                updated_at=at,
            )

    def _prospect(self, at: datetime, **fields: Any) -> Prospect:
        at, random, words = moment_of(at), self.random, self.words
        sources = words["sources"]
        source = random.choices([one["name"] for one in sources], [one["weight"] for one in sources])[0]
        fresh = Prospect(
            title=random.choice(words["titles"]),
            source=source,
            tags=random.sample(words["tags"], random.choice((0, 1, 1, 2))),
            owner_id=random.choice((None, *self.owners)),
            facts={"employees": random.choice((1, 2, 4, 8, 15, 40)), "usesNow": random.choice(words["tools"])},
            score=random.choice((None, random.randint(5, 98))),
            created_by=MARKETER,
            created_at=at,
            updated_at=at,
            status_changed_at=at,
            **fields,
        )
        return derived(fresh)

    def _through(self, prospect: Prospect, steps: Sequence[Any], end: datetime, by: Callable[[Any], str]) -> Prospect:
        moments = sorted(_between(self.random, prospect.created_at, end) for _ in steps)
        for status, at in zip(steps, moments, strict=True):
            reasons = self.words["reasons"].get(status)
            reason = self.random.choice(reasons) if reasons else None
            prospect = _since(moved(prospect, status, at=at, by=by(status), reason=reason), at)
            if status is CONTACTED:
                prospect = changed(prospect, last_contacted_at=at)
            elif status is ENGAGED and by(status) == FOLLOWER.label:
                prospect = changed(prospect, last_replied_at=at)
        return prospect

    def _entry(self, contact: Contact, state: ConsentState, at: datetime, source: str, **more: Any) -> ConsentEntry:
        return ConsentEntry(
            contact_id=contact.id,
            category=ConsentCategory.OUTREACH,
            state=state,
            at=at,
            source=source,
            recorded_by=MARKETER,
            created_at=at,
            updated_at=at,
            **more,
        )


def _since(prospect: Prospect, at: datetime) -> Prospect:
    return changed(prospect, updated_at=at)


def _between(random: Random, begin: datetime, end: datetime) -> datetime:
    return moment_of(begin + (end - begin) * random.uniform(0.05, 0.95))
