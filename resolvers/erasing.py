"""How people are taken out of what stays: each function is for a collection of `personal_data.HOLDINGS`, or says what
then stands in the place of the person."""

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from core import clock
from models.app_events import AppEvent
from models.base import touched
from models.contacts import Consents
from models.deliveries import Delivery
from models.email_events import EmailEvent
from models.shops import Shop
from models.subscribers import SubscriberStatus
from resolvers.attachment_removal import remove_attachments
from resolvers.email_events import PERSONAL, without_address
from resolvers.holdings import Holding, Person
from resolvers.shop_writes import changed, write_shop


async def erase_from_shops(holding: Holding, person: Person) -> int:
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


async def erase_from_app_events(holding: Holding, person: Person) -> int:
    count = 0
    async for batch in holding.batches(person):
        for event in batch:
            await AppEvent.find({"_id": event.id}).update(touched({"data": without_person(person, event.data)}))
        count += len(batch)
    return count


async def erase_attachments(holding: Holding, person: Person) -> int:
    return await remove_attachments(holding.find(person))


async def erase_from_email_events(holding: Holding, person: Person) -> int:
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


def without_person(person: Person, value: Any) -> Any:
    """The same without texts that are about the person."""

    def stays(item: Any) -> bool:
        return not (isinstance(item, str) and person.is_in(item))

    if isinstance(value, dict):
        return {key: without_person(person, item) for key, item in value.items() if stays(item)}
    if isinstance(value, list):
        return [without_person(person, item) for item in value if stays(item)]
    return value


def erased_contact(person: Person) -> Mapping[str, Any]:
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
        "searchWords": [],
        "erasedAt": clock.now(),
        "version": person.contact.version + 1,
    }


def erased_subscriber(person: Person) -> Mapping[str, Any]:
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


def erased_end_user(person: Person) -> Mapping[str, Any]:
    """Not active, so that no token of theirs opens anything."""
    return {
        "email": "",
        "emailKey": f"erased:{person.contact.id}",
        "language": None,
        "shopDomain": None,
        "isActive": False,
    }
