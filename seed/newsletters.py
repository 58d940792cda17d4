"""Who of the people behind the shops gets which newsletter, as their ledgers have it, and what newsletters begin
from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from beanie import PydanticObjectId

from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact
from models.newsletter_templates import NewsletterTemplate
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import Suppression, SuppressionReason
from resolvers.subscriber_writes import search_text_of
from seed.catalog import APPS
from seed.people import MARKETER, People

NEWSLETTER: Final = ConsentCategory.NEWSLETTER
SOURCES: Final = {"onboarding": 62, "footer": 21, "webinar": 17}
TAGS: Final = ("agency", "beta", "high-volume", "webinar-2026")
STATUSES: Final = {
    ConsentState.PENDING: SubscriberStatus.PENDING,
    ConsentState.OPTED_IN: SubscriberStatus.ACTIVE,
    ConsentState.OPTED_OUT: SubscriberStatus.UNSUBSCRIBED,
}

HTML: Final = """<h1>{title}</h1>
<p>Hello{{% if first_name %}} {{{{ first_name }}}}{{% endif %}},</p>
<p>{text}</p>
<p><a href="https://{app}.example/{path}">{button}</a></p>
<p><small><a href="{{{{ unsubscribe_url }}}}">{{{{ unsubscribe_label }}}}</a></small></p>
"""
TEMPLATES: Final = (
    (
        "Monthly news",
        "What is new in {{ app_name }}",
        "What is new",
        "Three things that we built this month.",
        "Read on",
    ),
    ("Feature launch", "New in {{ app_name }}", "There is something new", "It is in your app now.", "See how it works"),
    ("Holiday tips", "Ready for the holidays?", "Before the holidays", "What our best shops do.", "Get the checklist"),
)


def subscribers(random: Random, known: People) -> list[Subscriber]:
    """Of the apps that they have or had: whoever signed up, whatever became of it."""
    ledgers: defaultdict[PydanticObjectId, list[ConsentEntry]] = defaultdict(list)
    for entry in known.entries:
        if entry.category is NEWSLETTER:
            ledgers[entry.contact_id].append(entry)
    troubles = {one.contact_id: one for one in known.suppressions if one.removed_at is None}
    return [
        subscriber
        for contact in known.contacts
        if (entries := ledgers[contact.id]) and entries[0].state is ConsentState.PENDING
        for subscriber in _subscribed(random, contact, entries, troubles.get(contact.id))
    ]


def newsletter_templates(random: Random, now: datetime) -> Iterator[NewsletterTemplate]:
    """Those of every app."""
    for app in APPS:
        for name, subject, title, text, button in TEMPLATES:
            made = now - timedelta(days=random.randint(20, 300))
            html = HTML.format(title=title, text=text, button=button, app=app.id, path=name.lower().replace(" ", "-"))
            yield NewsletterTemplate(
                app_id=app.id,
                name=name,
                name_key=name.casefold(),
                subject=subject,
                html_content=html,
                created_by=MARKETER,
                created_at=made,
                updated_at=made,
            )


def _subscribed(
    random: Random, contact: Contact, entries: Sequence[ConsentEntry], trouble: Suppression | None
) -> Iterator[Subscriber]:
    """What became of it is the same in all apps: people leave all newsletters at once."""
    agreed = next((entry.at for entry in entries if entry.state is ConsentState.OPTED_IN), None)
    consent = contact.consents.newsletter
    left = consent.at if consent.state is ConsentState.OPTED_OUT else None
    moments = [entry.at for entry in entries] + ([left] if left else [])
    known: dict[str, Any] = {
        "status": _status(contact, agreed, trouble),
        "source": random.choices(list(SOURCES), list(SOURCES.values()))[0],
        "tags": random.sample(TAGS, random.choice((0, 0, 0, 1, 2))),
        "consent_text": entries[0].text,
        "confirmation_sent_at": entries[0].at,
        "subscribed_at": agreed,
        "unsubscribed_at": left,
        "created_at": entries[0].at,
        "updated_at": max(moments),
    }
    for app_id in contact.apps:
        yield Subscriber(
            app_id=app_id,
            contact_id=contact.id,
            email=contact.email,
            email_key=contact.email_key,
            name=contact.name,
            language=contact.language,
            search_text=search_text_of(contact.email, contact.name),
            **known,
        )


def _status(contact: Contact, agreed: datetime | None, trouble: Suppression | None) -> SubscriberStatus:
    """Mail comes back, and is complained of, from those who get it."""
    if agreed is not None and trouble is not None and trouble.since > agreed:
        if trouble.reason is SuppressionReason.HARD_BOUNCE:
            return SubscriberStatus.BOUNCED
        if trouble.reason is SuppressionReason.COMPLAINT:
            return SubscriberStatus.COMPLAINED
    return STATUSES[contact.consents.newsletter.state]
