"""Whether somebody may be written to: the one decision that every sender asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from core.access import STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Email, key_of_email
from models.apps import App
from models.contacts import Consent, ConsentCategory, ConsentState, Contact
from models.deliveries import Refusal
from models.suppressions import Suppression, SuppressionReason, SuppressionScope
from resolvers.apps import visible_app
from resolvers.suppressions import suppressions_of

TRANSACTIONAL: Final = ConsentCategory.TRANSACTIONAL
ADDRESS: Final = TypeAdapter[str](Email)


SENTENCES: Final[Mapping[Refusal, str]] = {
    Refusal.HARD_BOUNCE: "Mail to this address came back: it does not exist any more",
    Refusal.SOFT_BOUNCES: "Mail to this address came back several times in a row",
    Refusal.COMPLAINT: "The person reported mail as spam, and has not opted in to this category since",
    Refusal.BLOCKED: "The address was put on the suppression list by hand",
    Refusal.ERASED: "The person's data was erased at their wish",
    Refusal.OPTED_OUT: "The person opted out of this category",
    Refusal.GLOBAL_OPT_OUT: "The person opted out of all mail but transactional",
    Refusal.CONFIRMATION_PENDING: "The person has not confirmed yet that they want this mail",
    Refusal.NO_CONSENT: "The person has not opted in to this category",
    Refusal.NOT_SUBSCRIBED: "The person does not get this newsletter any more",
    Refusal.NOT_ENROLLED: "The person is not in this sequence any more",
    Refusal.APP_INACTIVE: "The app is switched off: it sends transactional mail alone",
}
REFUSAL_OF: Final[Mapping[SuppressionReason, Refusal]] = {
    SuppressionReason.GDPR: Refusal.ERASED,
    SuppressionReason.HARD_BOUNCE: Refusal.HARD_BOUNCE,
    SuppressionReason.COMPLAINT: Refusal.COMPLAINT,
    SuppressionReason.MANUAL: Refusal.BLOCKED,
    SuppressionReason.SOFT_BOUNCES: Refusal.SOFT_BOUNCES,
}
"""The weightiest first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a mail may be sent; the `refusal` is kept with the message that was not."""

    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        return self.refusal is None

    @property
    def sentence(self) -> str:
        """For a person."""
        return "Mail may be sent" if self.refusal is None else SENTENCES[self.refusal]


def verdict_on(
    contact: Contact | None, suppressions: Sequence[Suppression], category: ConsentCategory, app: App | None
) -> Verdict:
    """Whether mail of a category may go to a person, who need not be a contact yet. `suppressions` are those of the
    address, `app` is the one that the mail is about (None: about the company).

    What makes an address unreachable counts for all mail, an objection in any category for that category. All but
    transactional mail stops at complaints, a global opt-out, an app that is switched off, and a missing opt-in where
    one is needed: for `product` mail to those who have the app none is (ePrivacy directive, article 13, paragraph 2),
    nor for `outreach`.
    """
    return Verdict(next(_refusals(contact, suppressions, category, app), None))


def _refusals(
    contact: Contact | None, suppressions: Sequence[Suppression], category: ConsentCategory, app: App | None
) -> Iterator[Refusal]:
    """All that speaks against it, the weightiest first."""
    consent = contact.consents.of(category) if contact else Consent()
    blocking = {one.reason for one in suppressions if _blocks(one, category, consent)}
    yield from (refusal for reason, refusal in REFUSAL_OF.items() if reason in blocking)
    if contact is not None and contact.global_opt_out and category is not TRANSACTIONAL:
        yield Refusal.GLOBAL_OPT_OUT
    if consent.state is ConsentState.OPTED_OUT:
        yield Refusal.OPTED_OUT
    if category is TRANSACTIONAL:
        return
    if app is not None and not app.is_active:
        yield Refusal.APP_INACTIVE
    if consent.state is ConsentState.PENDING:
        yield Refusal.CONFIRMATION_PENDING
    if consent.state is ConsentState.NOT_SPECIFIED and _needs_opt_in(contact, category, app):
        yield Refusal.NO_CONSENT


async def can_send(address: str, category: ConsentCategory, app: App | None) -> Verdict:
    """Whether mail of a category may go to one address now."""
    return (await can_send_all([address], category, app))[address]


async def can_send_all(addresses: Sequence[str], category: ConsentCategory, app: App | None) -> dict[str, Verdict]:
    """The verdicts on many addresses, read with two queries: give some 500 at a time."""
    keys = {address: key_of_email(address) for address in addresses}
    found = await Contact.find({"emailKey": {"$in": list(keys.values())}}).to_list()
    contacts = {contact.email_key: contact for contact in found}
    suppressions = await suppressions_of(addresses)
    return {
        address: verdict_on(contacts.get(keys[address]), suppressions[address], category, app) for address in addresses
    }


@allow(STAFF)
async def check_sending(actor: Actor, email: str, category: ConsentCategory, app_id: str | None = None) -> Verdict:
    """Whether mail of a category may go to an address now, and if not, why."""
    app = await visible_app(actor, app_id) if app_id else None
    try:
        return await can_send(ADDRESS.validate_python(email), category, app)
    except ValidationError:
        raise InvalidInput("email must be an e-mail address", "email") from None


def _blocks(suppression: Suppression, category: ConsentCategory, consent: Consent) -> bool:
    """A complaint holds until the person opts in anew, an erasure until they do so by a link that was sent to them:
    what an import or staff say of somebody who asked to be forgotten counts for nothing."""
    if suppression.scope is SuppressionScope.ALL:
        return True
    if category is TRANSACTIONAL:
        return False
    match suppression.reason:
        case SuppressionReason.COMPLAINT:
            since = consent.at
        case SuppressionReason.GDPR:
            since = consent.confirmed_at
        case _:
            return True
    opted_in_since = consent.state is ConsentState.OPTED_IN and since is not None and since > suppression.since
    return not opted_in_since


def _needs_opt_in(contact: Contact | None, category: ConsentCategory, app: App | None) -> bool:
    if category is ConsentCategory.PRODUCT:
        return not (contact is not None and app is not None and contact.uses(app.id))
    return category is not ConsentCategory.OUTREACH
