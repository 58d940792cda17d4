"""How people become subscribers: found or made, asked to confirm, let in."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from core import clock
from core.actor import Actor
from core.errors import found
from core.inputs import iso, key_of_email
from core.runtime import runtime
from core.tokens import fingerprint, random_token
from models.apps import App
from models.base import touched
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery
from models.subscribers import Confirmation, Subscriber, SubscriberStatus
from resolvers.consent import Evidence, record_consent
from resolvers.contact_writes import insert_contact, with_fields
from resolvers.suppressions import suppressions_of
from resolvers.transactional import queue_mail

CONFIRMATION: Final = "newsletter-confirmation"
"""The key of the template that asks to confirm."""
VALID: Final = timedelta(days=7)
A_WHILE: Final = timedelta(days=30)
BETWEEN_MAILS: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1), timedelta(days=7), A_WHILE)
"""How long somebody is left alone after the first, the second… mail in a while that asks them to confirm: anybody may
type in anybody's address."""
LONGEST_NAME: Final = 60
PLAIN_NAME: Final = re.compile(r"[^\W\d_][\w .'’-]*")  # noqa: RUF001
LIKE_A_HOST: Final = re.compile(r"\w\w\.\w")
LINKS_KEPT: Final = 10
NEWSLETTER: Final = ConsentCategory.NEWSLETTER
SENDER: Final = Actor.system("newsletter")


def search_text_of(email: str, name: str) -> str:
    return " ".join(filter(None, (email, name))).casefold()


async def contact_at(email: str, *, name: str, language: str | None) -> Contact:
    """The contact at an address, made where there is none. What is known of one stays."""
    while True:
        known = await Contact.find_one({"emailKey": key_of_email(email)})
        contact = known or await insert_contact(
            Contact(email=email, email_key=key_of_email(email), name=name, language=language)
        )
        if contact is not None:
            return contact


async def member_of(app: App, contact: Contact, details: Mapping[str, Any]) -> Subscriber:
    """The contact's subscriber of an app, made where there is none. `details` are given by attribute name: of one who
    is there already, what is known stays, and tags are added."""
    while True:
        known = await Subscriber.find_one({"appId": app.id, "emailKey": contact.email_key})
        if known is not None:
            return await _learn(known, details)
        fresh = Subscriber(
            app_id=app.id, contact_id=contact.id, email=contact.email, email_key=contact.email_key, **details
        )
        fresh.search_text = search_text_of(fresh.email, fresh.name)
        try:
            return await fresh.insert()
        except DuplicateKeyError:
            continue


async def speaks_against_evidence(contact: Contact) -> bool:
    """Whether to be told of a consent is not enough, and the person has to confirm it: after an opt-out of all mail,
    and where the address bounced, complained or was blocked."""
    return contact.global_opt_out or bool((await suppressions_of([contact.email]))[contact.email])


async def ask_to_confirm(app: App, contact: Contact, subscriber: Subscriber, evidence: Evidence, by: Actor) -> None:
    """Writes to the person, ever more seldom while they do not answer. What they agreed to so far is not touched:
    somebody else may have typed in their address, and the name too.

    A link works before the mail with it is planned, and the mail is named for the one before it: whoever dies in
    between, or does this at the same time, does no harm.
    """
    now = clock.now()
    await _wait_for_confirmation(subscriber)
    if contact.consents.newsletter.state is ConsentState.NOT_SPECIFIED:
        await record_consent(contact, NEWSLETTER, ConsentState.PENDING, evidence, now, by=by)
    last = subscriber.confirmation_sent_at
    if last is not None and now - last < await _pause(app, subscriber, now):
        return
    token = random_token()
    await Subscriber.change({"_id": subscriber.id}, _with_link(token, now))
    await queue_mail(
        SENDER,
        app,
        CONFIRMATION,
        with_fields(contact, {"name": plain_name(contact.name)}),
        secret_values={"confirm_url": confirmation_url(app.id, token)},
        language=subscriber.language,
        source=f"{CONFIRMATION}:{subscriber.id}:{iso(last) if last else 'first'}",
    )
    await Subscriber.change({"_id": subscriber.id}, {"$max": {"confirmationSentAt": now}})


async def let_in(contact: Contact, subscriber: Subscriber, evidence: Evidence, at: datetime, by: Actor) -> Subscriber:
    """Makes somebody active, by what `evidence` says. Membership comes before consent: an opt-out that comes later
    finds it."""
    active = await activate(subscriber)
    if contact.consents.newsletter.state is not ConsentState.OPTED_IN:
        await record_consent(contact, NEWSLETTER, ConsentState.OPTED_IN, evidence, at, by=by)
        active = found(await Subscriber.find_one({"_id": subscriber.id}), "Subscriber")
    return active


async def activate(subscriber: Subscriber) -> Subscriber:
    """Doing it again has no second effect."""
    inactive = {"_id": subscriber.id, "status": {"$ne": SubscriberStatus.ACTIVE.value}}
    active = {"status": SubscriberStatus.ACTIVE.value, "subscribedAt": clock.now()}
    return await Subscriber.change(inactive, touched(active)) or subscriber


def confirmation_url(app_id: str, token: str) -> str:
    return f"{runtime().settings.public_url.rstrip('/')}/{app_id}/newsletter/confirm/{token}"


def plain_name(name: str) -> str:
    """A name that can be printed in a mail to somebody who may not have written it; empty for what is none: it might be
    read as a message, or made a link by a mail program."""
    is_plain = len(name) <= LONGEST_NAME and PLAIN_NAME.fullmatch(name) and not LIKE_A_HOST.search(name)
    return name if is_plain else ""


async def _pause(app: App, subscriber: Subscriber, now: datetime) -> timedelta:
    """After the mails that asked them of late."""
    asked = {"contactId": subscriber.contact_id, "createdAt": {"$gt": now - A_WHILE}}
    mails = await Delivery.find({**asked, "appId": app.id, "content": f"template:{CONFIRMATION}"}).count()
    return BETWEEN_MAILS[min(max(mails, 1), len(BETWEEN_MAILS)) - 1]


async def _learn(known: Subscriber, details: Mapping[str, Any]) -> Subscriber:
    missing = {name: value for name, value in details.items() if value and not getattr(known, name)}
    tags = [tag for tag in details.get("tags", ()) if tag not in known.tags]
    learnt = known.model_copy(update={**missing, "tags": known.tags + tags})
    if learnt == known:
        return known
    changes = {Subscriber.model_fields[name].alias or name: value for name, value in missing.items() if name != "tags"}
    changes["searchText"] = search_text_of(learnt.email, learnt.name)
    update = touched(changes) | {"$addToSet": {"tags": {"$each": tags}}}
    return found(await Subscriber.change({"_id": known.id}, update), "Subscriber")


async def _wait_for_confirmation(subscriber: Subscriber) -> None:
    """Whose address bounced stays so until they confirm: then mail reached them."""
    others = [SubscriberStatus.PENDING.value, SubscriberStatus.BOUNCED.value]
    waiting = {"status": SubscriberStatus.PENDING.value}
    await Subscriber.change({"_id": subscriber.id, "status": {"$nin": others}}, touched(waiting))


def _with_link(token: str, now: datetime) -> dict[str, Any]:
    link = Confirmation(digest=fingerprint(token), expires_at=now + VALID).model_dump(by_alias=True)
    return {"$push": {"confirmations": {"$each": [link], "$slice": -LINKS_KEPT}}}
