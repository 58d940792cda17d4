"""The people behind the shops: what they agreed to and withdrew, and which addresses must not be written to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from core.actor import Actor
from core.addresses import digest_of_email
from core.settings import Settings
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact, LegalBasis
from models.shops import Shop
from models.suppressions import Suppression, SuppressionReason
from resolvers.consent import standing_of
from resolvers.contact_shops import following
from resolvers.contact_writes import derived, with_fields
from resolvers.suppressions import SCOPES

ACTOR: Final = Actor.system("seed")
MARKETER, ADMIN = "staff:mateo@example.com", "staff:adam@example.com"

SIGNS_UP, CONFIRMS, LEAVES = 0.52, 0.86, 0.13
"""For the newsletter: on the form, in the mail that asks whether it was them, and by its link later."""
DECLINES, OPTS_OUT_OF_ALL, ANSWERS_SURVEYS, NEEDS_NO_NEWS = 0.06, 0.045, 0.12, 0.03
BOUNCES, COMPLAINS, KEEPS_FAILING = 0.025, 0.012, 0.008
CONSENT_TEXTS: Final = {
    "en": "Yes, send me tips and news about {app} by e-mail. I can unsubscribe at any time.",
    "de": "Ja, ich möchte Tipps und Neuigkeiten zu {app} per E-Mail. Ich kann sie jederzeit abbestellen.",
    "fr": "Oui, je souhaite recevoir des conseils et des nouvelles de {app}. Je peux me désabonner à tout moment.",
    "es": "Sí, quiero recibir consejos y novedades de {app} por correo. Puedo darme de baja cuando quiera.",
    "pt": "Sim, quero receber dicas e novidades do {app} por e-mail. Posso cancelar a qualquer momento.",
}
USER_AGENTS: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
BLOCKED_BY_HAND: Final = (
    "Asked by phone not to be written to",
    "A competitor who reads along",
    "The address of somebody who left the company",
)


@dataclass(frozen=True, slots=True)
class People:
    contacts: Sequence[Contact]
    entries: Sequence[ConsentEntry]
    suppressions: Sequence[Suppression]


def people(
    random: Random, shops: Sequence[Shop], app_names: dict[str, str], settings: Settings, now: datetime
) -> People:
    """Each contact stands where its ledger leads."""
    contacts: list[Contact] = []
    ledger: list[ConsentEntry] = []
    suppressions: list[Suppression] = []
    for contact in _contacts(shops):
        entries = list(_story(random, contact, app_names[contact.shops[0].app_id], now))
        contacts.append(_after(contact, entries))
        ledger += entries
        suppressions += _troubles(random, contact, settings, now)
    for number, (note, contact) in enumerate(zip(BLOCKED_BY_HAND, random.sample(contacts, 3), strict=True)):
        at = now - timedelta(days=20 + 9 * number)
        suppressions.append(_suppression(contact, SuppressionReason.MANUAL, settings, at, MARKETER, note))
    return People(
        contacts,
        sorted(ledger, key=lambda entry: entry.at),
        sorted(map(_lifted, suppressions), key=lambda one: one.since),
    )


def _after(contact: Contact, entries: Sequence[ConsentEntry]) -> Contact:
    standing = standing_of(entries)
    changed = max([contact.created_at, *(entry.at for entry in entries)])
    return with_fields(
        contact, {"consents": standing.consents, "opted_out_at": standing.opted_out_at, "updated_at": changed}
    )


def _contacts(shops: Sequence[Shop]) -> list[Contact]:
    """One per address, since its first shop, the oldest first."""
    found: dict[str, Contact] = {}
    for shop in sorted(shops, key=lambda shop: (shop.created_at, shop.app_id, shop.domain)):
        if shop.email_key is not None:
            known = found.get(shop.email_key)
            contact = derived(following(known, shop))
            if known is None:
                contact = with_fields(contact, {"created_at": shop.created_at, "updated_at": shop.created_at})
            found[shop.email_key] = contact
    return list(found.values())


def _story(random: Random, contact: Contact, app_name: str, now: datetime) -> Iterator[ConsentEntry]:
    """What one person told us since they came, as a ledger."""
    met, ip = contact.created_at, f"203.0.113.{random.randint(1, 254)}"
    evidence = {"ip": ip, "user_agent": random.choice(USER_AGENTS)}
    agreed = CONSENT_TEXTS.get(contact.language or "", CONSENT_TEXTS["en"]).format(app=app_name)
    told = _teller(contact, now)

    if random.random() < SIGNS_UP:
        at = met + timedelta(minutes=random.uniform(3, 60 * 24 * 3))
        yield from told(at, ConsentCategory.NEWSLETTER, ConsentState.PENDING, "onboarding", text=agreed, **evidence)
        if random.random() < CONFIRMS:
            at += timedelta(minutes=random.uniform(1, 300))
            yield from told(
                at,
                ConsentCategory.NEWSLETTER,
                ConsentState.OPTED_IN,
                "double opt-in",
                text=agreed,
                confirmed=True,
                **evidence,
            )
            if random.random() < LEAVES:
                at += timedelta(days=random.uniform(6, 150))
                yield from told(at, ConsentCategory.NEWSLETTER, ConsentState.OPTED_OUT, "unsubscribe link", **evidence)
    elif random.random() < DECLINES:
        yield from told(met + timedelta(minutes=4), ConsentCategory.NEWSLETTER, ConsentState.OPTED_OUT, "onboarding")
    for chance, category, state, source in (
        (ANSWERS_SURVEYS, ConsentCategory.RESEARCH, ConsentState.OPTED_IN, "survey"),
        (NEEDS_NO_NEWS, ConsentCategory.PRODUCT, ConsentState.OPTED_OUT, "unsubscribe link"),
        (OPTS_OUT_OF_ALL, None, ConsentState.OPTED_OUT, "preference page"),
    ):
        if random.random() < chance:
            yield from told(met + (now - met) * random.random(), category, state, source, **evidence)


def _teller(contact: Contact, now: datetime) -> Callable[..., Iterator[ConsentEntry]]:
    """What would be in the future has not happened."""

    def told(
        at: datetime, category: ConsentCategory | None, state: ConsentState, source: str, **evidence: Any
    ) -> Iterator[ConsentEntry]:
        at = _to_the_millisecond(at)
        basis = LegalBasis.CONSENT if state is ConsentState.OPTED_IN else None
        if at < now:
            yield ConsentEntry(
                contact_id=contact.id,
                category=category,
                state=state,
                at=at,
                legal_basis=basis,
                source=source,
                recorded_by=ACTOR.label,
                created_at=at,
                updated_at=at,
                **evidence,
            )

    return told


def _troubles(random: Random, contact: Contact, settings: Settings, now: datetime) -> Iterator[Suppression]:
    """What came back from the address, or from the person."""
    for chance, reason in (
        (BOUNCES, SuppressionReason.HARD_BOUNCE),
        (COMPLAINS, SuppressionReason.COMPLAINT),
        (KEEPS_FAILING, SuppressionReason.SOFT_BOUNCES),
    ):
        if random.random() < chance:
            at = contact.created_at + (now - contact.created_at) * random.random()
            yield _suppression(contact, reason, settings, at, "resend")


def _suppression(
    contact: Contact, reason: SuppressionReason, settings: Settings, at: datetime, source: str, note: str | None = None
) -> Suppression:
    at = _to_the_millisecond(at)
    return Suppression(
        digest=digest_of_email(settings, contact.email),
        reason=reason,
        scope=SCOPES[reason],
        since=at,
        source=source,
        note=note,
        contact_id=contact.id,
        created_at=at,
        updated_at=at,
    )


def _lifted(suppression: Suppression) -> Suppression:
    """A mailbox that kept failing works again, and somebody noticed."""
    if suppression.reason is not SuppressionReason.SOFT_BOUNCES:
        return suppression
    at = suppression.since + timedelta(hours=30)
    lifted: Suppression = suppression.model_copy(
        update={"removed_at": at, "removed_by": ADMIN, "removal_reason": "Wrote to us: the mailbox had been full"}
    )
    return lifted


def _to_the_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
