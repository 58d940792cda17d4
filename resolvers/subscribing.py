"""How people sign up for an app's newsletter, and confirm that they want it."""

from dataclasses import dataclass
from typing import Annotated, Final

from beanie import PydanticObjectId
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from pydantic import AfterValidator, Field

from core import clock
from core.access import MARKETING, allow, allow_all
from core.actor import Actor
from core.errors import Gone, NotFound, found
from core.ids import derived_id
from core.inputs import Email, Input, Locale, LongText, ShortText, WebAddress, key_of_email
from core.runtime import runtime
from core.scopes import Scope
from core.tokens import fingerprint
from models.apps import App
from models.consent_entries import ConsentEntry
from models.contacts import ConsentState, Contact
from models.subscribers import Subscriber, SubscriberStatus
from public_pages.addresses import masked
from public_pages.languages import Language, language_for
from public_pages.texts import TEXTS
from resolvers.apps import visible_app
from resolvers.consent import Evidence, IpAddress, rebuild_consents, record_consent
from resolvers.data_exports import Visitor
from resolvers.subscriber_writes import (
    NEWSLETTER,
    activate,
    ask_to_confirm,
    contact_at,
    let_in,
    member_of,
    speaks_against_evidence,
)
from resolvers.subscribers import Tags

PER_ADDRESS: Final = RateLimitItemPerHour(5, namespace="subscribe_address")
PER_CALLER: Final = RateLimitItemPerMinute(300, namespace="subscribe_caller")
DOUBLE_OPT_IN: Final = "double opt-in"


def _not_a_link(name: str) -> str:
    """Names are printed in the mail that asks to confirm, which goes to whoever's address was typed in."""
    if "://" in name or "www." in name.casefold():
        raise ValueError("must be a name, not a link")
    return name


class SubscriptionRequest(Input):
    """`consentText` is what the person agreed to, as they saw it; `ip` and `userAgent` are the person's. `source` says
    where they signed up."""

    email: Email
    name: Annotated[ShortText, AfterValidator(_not_a_link)] = ""
    language: Locale | None = None
    referral_url: WebAddress | None = None
    source: Annotated[ShortText, Field(min_length=1)] = "api"
    tags: Tags = Field(default_factory=list)
    consent_text: LongText | None = None
    ip: IpAddress | None = None
    user_agent: Annotated[str, Field(max_length=500)] | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What was asked for, whoever was known before: an answer must not tell who is a subscriber."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """Whom a confirmation link is for; `language` is that of its page, `text` what the person is asked there."""

    app: App
    subscriber: Subscriber
    language: Language
    text: str

    @property
    def is_done(self) -> bool:
        return self.subscriber.status is SubscriberStatus.ACTIVE


@allow(MARKETING, api_key=Scope.NEWSLETTER_WRITE)
async def subscribe(actor: Actor, app_id: str, data: SubscriptionRequest) -> Subscribed:
    """Signs somebody up for an app's newsletter. Where the app asks for a confirmation, and after an opt-out of all
    mail, a mail asks the person for one.

    The answer is the same whoever it is. Raises `RateLimited` beyond five calls an hour for an address.
    """
    app = await visible_app(actor, app_id)
    await runtime().limits.count(PER_CALLER, actor.label)
    await runtime().limits.count(PER_ADDRESS, key_of_email(data.email))
    contact = await contact_at(data.email, name=data.name, language=data.language)
    details = data.model_dump(include={"name", "language", "referral_url", "source", "tags", "consent_text"})
    subscriber = await member_of(app, contact, details)
    agreed = contact.consents.newsletter.state is ConsentState.OPTED_IN
    if not (agreed and subscriber.status is SubscriberStatus.ACTIVE):
        evidence = Evidence(data.source, text=data.consent_text, ip=data.ip, user_agent=data.user_agent)
        if app.mail.double_opt_in or await speaks_against_evidence(contact):
            await ask_to_confirm(app, contact, subscriber, evidence, actor)
        else:
            await let_in(contact, subscriber, evidence, clock.now(), actor)
    return Subscribed(data.email, data.name)


@allow_all
async def get_newsletter_confirmation(
    actor: Actor, app_id: str, token: str, accept_language: str | None = None
) -> Confirming:
    """What a link to confirm a subscription is for. Changes nothing: programs that look for harmful links open it too.

    Raises `NotFound` for a link that never was, `Gone` for one that has expired.
    """
    app = await App.find_one({"_id": app_id})
    digest = fingerprint(token)
    subscriber = await Subscriber.find_one({"appId": app_id, "confirmations.digest": digest})
    if app is None or subscriber is None:
        raise NotFound("This link does not work", "token")
    if any(link.digest == digest and link.expires_at <= clock.now() for link in subscriber.confirmations):
        raise Gone("This link has expired: sign up again to get a new one", "token")
    language = language_for(subscriber.language, accept_language, app.mail.default_language)
    question = TEXTS[language]["confirm.text"].format(app=app.name, address=masked(subscriber.email))
    return Confirming(app, subscriber, language, f"{question} {TEXTS[language]['confirm.button']}")


@allow_all
async def confirm_newsletter(
    actor: Actor, app_id: str, token: str, visitor: Visitor, accept_language: str | None = None
) -> Confirming:
    """Lets whoever has the link be an active subscriber, and keeps how we know. Doing it again has no second effect.

    Raises as `get_newsletter_confirmation` does.
    """
    asked = await get_newsletter_confirmation(actor, app_id, token, accept_language)
    subscriber, entry_id = asked.subscriber, _entry_id(token)
    contact = found(await Contact.find_one({"_id": subscriber.contact_id, "erasedAt": None}), "Contact")
    if await ConsentEntry.find_one({"_id": entry_id}) is None:
        await activate(subscriber)
        text = "\n".join(filter(None, (subscriber.consent_text, asked.text)))
        evidence = Evidence(DOUBLE_OPT_IN, text=text, ip=visitor.ip, user_agent=visitor.user_agent, confirmed=True)
        await record_consent(
            contact, NEWSLETTER, ConsentState.OPTED_IN, evidence, clock.now(), by=actor, entry_id=entry_id
        )
    else:
        await rebuild_consents(contact.id)
    confirmed = found(await Subscriber.find_one({"_id": subscriber.id}), "Subscriber")
    return Confirming(asked.app, confirmed, asked.language, asked.text)


def _entry_id(token: str) -> PydanticObjectId:
    """Of the entry in the ledger: one for each link, however often its button is pressed."""
    return derived_id(f"confirm:{token}")
