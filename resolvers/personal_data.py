"""Where people are found in the database: the one list that erasing and exporting go by.

A collection that holds people whom the apps write to belongs in `HOLDINGS`; one that has addresses of anybody else, or
holds people in passing, in `EXEMPT`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core import clock
from core.addresses import digests_of_email
from core.mongo import Filter
from core.runtime import runtime
from models.api_keys import ApiKey
from models.app_events import AppEvent
from models.apps import App
from models.base import Record, touched
from models.consent_entries import ConsentEntry
from models.contacts import Consents, Contact
from models.data_exports import DataExport
from models.deliveries import Delivery
from models.email_events import EmailEvent
from models.idempotency import IdempotencyRecord
from models.shops import Shop
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import SoftBounces, Suppression
from models.users import User
from models.webhook_events import WebhookEvent
from resolvers.shop_writes import changed, write_shop


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to look for. `names` are what they are called, in lower case; `app_ids` and `domains` their shops'."""

    contact: Contact
    digests: Sequence[str]
    names: frozenset[str]
    app_ids: frozenset[str]
    domains: frozenset[str]

    def is_in(self, text: str) -> bool:
        """Whether a text is the person's name, or has their address somewhere."""
        return self.contact.email_key in text.casefold() or text.casefold() in self.names


@dataclass(frozen=True, slots=True)
class Holding:
    """A collection that holds people: how to find a person's documents by index and, where that is not enough, to tell
    them from others; what the person gets to see of them (by attribute name); and how the person is taken out of
    them."""

    document: type[Record]
    find: Callable[[Person], Filter]
    shown: frozenset[str]
    erase: Callable[["Holding", Person], Awaitable[int]]
    concerns: Callable[[Any, Person], bool] = lambda document, person: True

    @property
    def name(self) -> str:
        return str(self.document.get_collection_name())

    async def documents(self, person: Person) -> list[Any]:
        found = await self.document.find(self.find(person)).to_list()
        return [document for document in found if self.concerns(document, person)]

    async def rows(self, person: Person) -> list[dict[str, Any]]:
        """What the person gets to see, as JSON."""
        return [
            document.model_dump(mode="json", by_alias=True, include=self.shown)
            for document in await self.documents(person)
        ]


async def person_behind(contact: Contact) -> Person:
    shops = await Shop.find({"emailKey": contact.email_key}).to_list()
    names = {contact.name, *(shop.owner or "" for shop in shops)} - {""}
    return Person(
        contact,
        digests_of_email(runtime().settings, contact.email_key),
        frozenset(name.casefold() for name in names),
        frozenset([*contact.apps, *(shop.app_id for shop in shops)]),
        frozenset([*(shop.domain for shop in contact.shops), *(shop.domain for shop in shops)]),
    )


def _setting(values: Callable[[Person], Mapping[str, Any]]) -> Callable[[Holding, Person], Awaitable[int]]:
    """Overwrites fields, by stored name."""

    async def erase(holding: Holding, person: Person) -> int:
        documents = await holding.documents(person)
        named = {"_id": {"$in": [document.id for document in documents]}}
        await holding.document.find(named).update(touched(dict(values(person))))
        return len(documents)

    return erase


async def _erase_from_shops(holding: Holding, person: Person) -> int:
    """The shop goes on, without its address and its owner's name."""

    def decide(shop: Shop | None) -> Shop | None:
        is_theirs = shop is not None and shop.email_key == person.contact.email_key
        return changed(shop, {"email": None, "owner": None}) if shop is not None and is_theirs else None

    shops = await holding.documents(person)
    for shop in shops:
        await write_shop(shop.app_id, shop.domain, decide)
    return len(shops)


async def _erase_from_events(holding: Holding, person: Person) -> int:
    events = await holding.documents(person)
    for event in events:
        await AppEvent.find({"_id": event.id}).update(touched({"data": _without(person, event.data)}))
    return len(events)


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
        "confirmationDigest": None,
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
        frozenset({"category", "state", "at", "legal_basis", "source", "text", "ip", "user_agent"}),
        _setting(lambda person: {"ip": None, "userAgent": None}),
    ),
    Holding(
        DataExport,
        lambda person: {"contactId": person.contact.id},
        frozenset({"created_at", "expires_at", "revoked_at", "views"}),
        _setting(lambda person: {"revokedAt": clock.now(), "views": []}),
    ),
    Holding(
        Delivery,
        lambda person: {"contactId": person.contact.id},
        frozenset(
            {"app_id", "kind", "category", "email", "status", "refusal", "created_at", "sent_at", "delivered_at"}
        ),
        _setting(lambda person: {"email": "", "name": "", "values": {}, "response": None}),
    ),
    Holding(
        EmailEvent,
        lambda person: {"contactId": person.contact.id},
        frozenset({"type", "at", "app_id", "url", "detail", "ip", "user_agent"}),
        _setting(lambda person: {"detail": None, "ip": None, "userAgent": None}),
    ),
    Holding(
        Subscriber,
        lambda person: {"contactId": person.contact.id},
        frozenset({"app_id", "email", "name", "language", "source", "tags", "status", "subscribed_at"}),
        _setting(_erased_subscriber),
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
        _setting(lambda person: {"note": None, "contactId": None}),
    ),
    Holding(
        WebhookEvent,
        lambda person: {"addressDigests": {"$in": [*person.digests]}},
        frozenset({"provider", "topic", "occurred_at", "payload"}),
        _setting(lambda person: {"payload": None, "addressDigests": []}),
    ),
    Holding(
        Contact,
        lambda person: {"_id": person.contact.id},
        frozenset({"email", "name", "language", "country", "shops", "consents", "opted_out_at", "created_at"}),
        _setting(_erased_contact),
    ),
)
"""In the order in which a person is erased. The contact comes last: until then, what was cut off can be done again."""

EXEMPT: Final[Mapping[type[Record], str]] = {
    App: "the company's own addresses",
    ApiKey: "made by staff for an app's backend",
    IdempotencyRecord: "answers to clients, which go away by themselves after 24 hours",
    SoftBounces: "keyed hashes, which go away by themselves after 14 days",
    User: "the company's staff, who are no contacts",
}
