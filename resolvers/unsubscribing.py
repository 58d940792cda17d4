"""How people leave mail that they may refuse, by the link in each of them. The link's token is the credential."""

from dataclasses import dataclass
from datetime import datetime

from beanie import PydanticObjectId

from core import clock
from core.access import allow_all_or_key
from core.actor import Actor
from core.errors import NotFound
from core.inputs import key_of_email
from core.runtime import runtime
from core.scopes import Scope
from mail.links import UnsubscribeTokens
from models.apps import App
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery
from models.email_events import EmailEventType
from public_pages.languages import Language, language_for
from resolvers.consent import Evidence, rebuild_consents, record_consent
from resolvers.data_exports import Visitor
from resolvers.email_events import event_about, record_event

SOURCE = "unsubscribe link"


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """Which mail a link came in, and which category of mail it ends; `language` is that of its page."""

    app: App
    delivery: Delivery
    language: Language

    @property
    def category(self) -> ConsentCategory:
        return category_left(self.delivery)


@allow_all_or_key(Scope.NEWSLETTER_WRITE)
async def get_unsubscription(
    actor: Actor, app_id: str, token: str, accept_language: str | None = None
) -> Unsubscribing:
    """What a link to unsubscribe is for. Changes nothing: programs that look for harmful links open it too.

    Raises `NotFound` for a link that is none of ours, or leads to another app.
    """
    delivery_id = UnsubscribeTokens(runtime().settings.keys("unsubscribe")).read(token)
    delivery = await Delivery.find_one({"_id": delivery_id}) if delivery_id else None
    app = await App.find_one({"_id": app_id})
    if app is None or delivery is None or delivery.app_id not in (None, app.id):
        raise NotFound("This link does not work", "token")
    return Unsubscribing(app, delivery, language_for(delivery.language, accept_language, app.mail.default_language))


@allow_all_or_key(Scope.NEWSLETTER_WRITE)
async def unsubscribe(
    actor: Actor, app_id: str, token: str, visitor: Visitor, accept_language: str | None = None
) -> Unsubscribing:
    """Takes whoever has the link out of mail of the category that it came in, of all apps, at once (RFC 8058). Doing it
    again has no second effect.

    Raises as `get_unsubscription` does.
    """
    asked = await get_unsubscription(actor, app_id, token, accept_language)
    evidence = Evidence(SOURCE, ip=visitor.ip, user_agent=visitor.user_agent)
    await withdraw(asked.delivery, evidence, by=actor)
    return asked


def category_left(delivery: Delivery) -> ConsentCategory:
    """Which category of mail somebody leaves by a mail: its own. Nobody leaves mail that answers what they do: from one
    of those they leave newsletters, as from the trial of a newsletter."""
    transactional = delivery.category is ConsentCategory.TRANSACTIONAL
    return ConsentCategory.NEWSLETTER if transactional else delivery.category


async def withdraw(
    delivery: Delivery,
    evidence: Evidence,
    *,
    by: Actor,
    at: datetime | None = None,
    entry_id: PydanticObjectId | None = None,
) -> None:
    """Takes whom a mail was for out of mail of its category, of all apps. Doing it again has no second effect. Who may
    do so is decided by the operation that calls."""
    contact = await _recipient(delivery)
    if contact is not None:
        await _opt_out(by, contact, category_left(delivery), evidence, at or clock.now(), entry_id)
    await record_event(
        event_about(
            delivery,
            EmailEventType.UNSUBSCRIBED,
            source=evidence.source,
            at=at,
            dedupe_key=f"unsubscribed:{delivery.id}",
            ip=evidence.ip,
            user_agent=evidence.user_agent,
        )
    )


async def _recipient(delivery: Delivery) -> Contact | None:
    """None for somebody of whom nothing is known (any more)."""
    identity = {"_id": delivery.contact_id} if delivery.contact_id else {"emailKey": key_of_email(delivery.email)}
    return await Contact.find_one({**identity, "erasedAt": None})


async def _opt_out(
    actor: Actor,
    contact: Contact,
    category: ConsentCategory,
    evidence: Evidence,
    at: datetime,
    entry_id: PydanticObjectId | None,
) -> None:
    if contact.consents.of(category).state is ConsentState.OPTED_OUT:
        await rebuild_consents(contact.id)  # what follows from the opt-out may have been cut off
        return
    await record_consent(contact, category, ConsentState.OPTED_OUT, evidence, at, by=actor, entry_id=entry_id)
