"""Where people are found in the database: the one list that erasing and exporting go by.

A collection that holds people whom the apps write to belongs in `HOLDINGS`; one that has addresses of anybody else, or
holds people in passing, in `EXEMPT`.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic.alias_generators import to_camel

from core import clock
from models.api_keys import ApiKey
from models.app_events import AppEvent
from models.apps import App
from models.base import Record, touched
from models.consent_entries import ConsentEntry
from models.contacts import Consents, Contact
from models.data_exports import DataExport
from models.deliveries import Delivery
from models.email_events import EmailEvent
from models.email_rollups import ContactRollup
from models.idempotency import IdempotencyRecord
from models.newsletter_templates import NewsletterTemplate
from models.shops import Shop
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import SoftBounces, Suppression
from models.ticks import Turn
from models.users import User
from models.webhook_events import WebhookEvent
from resolvers.email_events import PERSONAL, without_address
from resolvers.holdings import Holding, Person, overwriting, sent_to_stranger
from resolvers.shop_writes import changed, write_shop


async def _erase_from_shops(holding: Holding, person: Person) -> int:
    """The shop goes on, without its address and its owner's name."""

    def decide(shop: Shop | None) -> Shop | None:
        is_theirs = shop is not None and shop.email_key == person.contact.email_key
        return changed(shop, {"email": None, "owner": None}) if shop is not None and is_theirs else None

    count = 0
    async for batch in holding.batches(person):
        for shop in batch:
            await write_shop(shop.app_id, shop.domain, decide)
        count += len(batch)
    return count


async def _erase_from_events(holding: Holding, person: Person) -> int:
    count = 0
    async for batch in holding.batches(person):
        for event in batch:
            await AppEvent.find({"_id": event.id}).update(touched({"data": _without(person, event.data)}))
        count += len(batch)
    return count


async def _erase_from_email_events(holding: Holding, person: Person) -> int:
    """What a link led to is known of everybody who got it, unless it has an address in it."""
    count = 0
    async for batch in holding.batches(person):
        named = {"_id": {"$in": [event.id for event in batch]}}
        await EmailEvent.find(named).update(touched(dict.fromkeys(map(to_camel, PERSONAL))))
        count += len(batch)
        for event in batch:
            if event.url is not None and (url := without_address(event.url)) != event.url:
                await EmailEvent.find({"_id": event.id}).update(touched({"url": url}))
    await _forget_earlier_mail(person)
    return count


async def _forget_earlier_mail(person: Person) -> None:
    """Of mail from before the person was a contact, by which they were found until now. There is one of each source to
    nobody."""
    for identity in person.earlier_mail:
        nobody_s = {"addressDigest": None, "source": f"erased:{identity}"}
        await Delivery.find({"_id": identity}).update(touched(nobody_s))


def _without(person: Person, value: Any) -> Any:
    """The same without texts that are about the person."""

    def stays(item: Any) -> bool:
        return not (isinstance(item, str) and person.is_in(item))

    if isinstance(value, dict):
        return {key: _without(person, item) for key, item in value.items() if stays(item)}
    if isinstance(value, list):
        return [_without(person, item) for item in value if stays(item)]
    return value


def _erased_contact(person: Person) -> Mapping[str, Any]:
    """What is left stands for somebody of whom nothing is known, so that statistics still add up."""
    return {
        "email": "",
        "emailKey": f"erased:{person.contact.id}",
        "name": "",
        "language": None,
        "country": None,
        "shops": [],
        "apps": [],
        "consents": Consents().model_dump(by_alias=True),
        "optedOutAt": None,
        "searchText": "",
        "erasedAt": clock.now(),
        "version": person.contact.version + 1,
    }


def _erased_subscriber(person: Person) -> Mapping[str, Any]:
    return {
        "email": "",
        "emailKey": f"erased:{person.contact.id}",
        "name": "",
        "referralUrl": None,
        "searchText": "",
        "status": SubscriberStatus.UNSUBSCRIBED.value,
        "consentText": None,
        "confirmations": [],
    }


HOLDINGS: Final = (
    Holding(
        AppEvent,
        lambda person: {"appId": {"$in": [*person.app_ids]}, "shopDomain": {"$in": [*person.domains]}},
        frozenset({"app_id", "name", "shop_domain", "occurred_at", "data"}),
        _erase_from_events,
        lambda event, person: _without(person, event.data) != event.data,
    ),
    Holding(
        ConsentEntry,
        lambda person: {"contactId": person.contact.id},
        frozenset({"category", "state", "at", "legal_basis", "source", "text", "ip", "user_agent", "confirmed"}),
        overwriting(lambda person: {"ip": None, "userAgent": None}),
    ),
    Holding(
        DataExport,
        lambda person: {"contactId": person.contact.id},
        frozenset({"created_at", "expires_at", "revoked_at", "views"}),
        overwriting(lambda person: {"revokedAt": clock.now(), "views": []}),
    ),
    Holding(
        Delivery,
        lambda person: {"$or": [{"contactId": person.contact.id}, sent_to_stranger(person.digests)]},
        frozenset(
            {"app_id", "kind", "category", "email", "status", "refusal", "created_at", "sent_at", "delivered_at"}
        ),
        overwriting(lambda person: {"email": "", "name": "", "values": {}, "sealedValues": None, "response": None}),
    ),
    Holding(
        EmailEvent,
        lambda person: {"$or": [{"contactId": person.contact.id}, {"deliveryId": {"$in": [*person.earlier_mail]}}]},
        frozenset({"type", "at", "app_id", "url", "detail", "ip", "user_agent"}),
        _erase_from_email_events,
    ),
    Holding(
        Subscriber,
        lambda person: {"contactId": person.contact.id},
        frozenset(
            {
                "app_id",
                "email",
                "name",
                "language",
                "source",
                "tags",
                "status",
                "consent_text",
                "subscribed_at",
                "unsubscribed_at",
            }
        ),
        overwriting(_erased_subscriber),
    ),
    Holding(
        Shop,
        lambda person: {"emailKey": person.contact.email_key},
        frozenset({"app_id", "domain", "name", "email", "owner", "country", "locale", "status", "installed_at"}),
        _erase_from_shops,
    ),
    Holding(
        Suppression,
        lambda person: {"digest": {"$in": [*person.digests]}},
        frozenset({"reason", "scope", "since", "source", "note", "removed_at"}),
        overwriting(lambda person: {"note": None, "contactId": None}),
    ),
    Holding(
        WebhookEvent,
        lambda person: {"addressDigests": {"$in": [*person.digests]}},
        frozenset({"provider", "topic", "occurred_at", "payload"}),
        overwriting(lambda person: {"payload": None, "addressDigests": []}),
    ),
    Holding(
        Contact,
        lambda person: {"_id": person.contact.id},
        frozenset({"email", "name", "language", "country", "shops", "consents", "opted_out_at", "created_at"}),
        overwriting(_erased_contact),
    ),
)
"""In the order in which a person is erased. The contact comes last: until then, what was cut off can be done again."""

EXEMPT: Final[Mapping[type[Record], str]] = {
    App: "the company's own addresses",
    ApiKey: "made by staff for an app's backend",
    NewsletterTemplate: "written by staff, for nobody in particular",
    ContactRollup: "numbers, counted from the events",
    IdempotencyRecord: "answers to clients, which go away by themselves after 24 hours",
    SoftBounces: "keyed hashes, which go away by themselves after 14 days",
    Turn: "names of processes, for as long as it is their turn",
    User: "the company's staff, who are no contacts",
}
