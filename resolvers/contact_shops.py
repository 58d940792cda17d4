"""Contacts follow the shops whose address is theirs."""

from core.inputs import key_of_email
from models.contacts import Contact, ContactShop
from models.shops import Shop
from resolvers.contact_writes import insert_contact, replace_contact, with_fields, write_contact
from resolvers.shop_changes import GONE


async def contact_from_shop(shop: Shop) -> None:
    """Lets the contact at a shop's address follow the shop: who owns it, and which app it has. Doing it again has no
    second effect. What is known of the contact already stays, and consent is never touched."""
    current: Shop | None = shop
    while current is not None and not await _follow(current):
        current = await Shop.find_one({"_id": shop.id})


async def _follow(shop: Shop) -> bool:
    """False where the shop or the contact changed meanwhile: of several writers, the last has read the newest shop."""
    link = _link_to(shop)
    key = key_of_email(shop.email) if shop.email else None
    contact = await Contact.find_one({"emailKey": key}) if key else None
    wanted = following(contact, shop)
    if contact is not None and wanted == contact:
        return True
    newest = await Shop.find_one({"_id": shop.id})
    if newest is None or newest.version != shop.version:
        return False
    if contact is None or len(_without(contact, link)) == len(contact.shops):
        await _take_from_others(link, key)
    if key is None:
        return True
    return await (replace_contact(contact, wanted) if contact else insert_contact(wanted)) is not None


def following(contact: Contact | None, shop: Shop) -> Contact:
    """The contact at a shop's address, once it follows the shop. What is known already is not overwritten: somebody may
    have corrected it."""
    if contact is None:
        contact = Contact(email=shop.email or "", email_key=key_of_email(shop.email or ""))
    link = _link_to(shop)
    facts = {"name": shop.owner, "language": (shop.locale or "").partition("-")[0], "country": shop.country}
    learnt = {name: value for name, value in facts.items() if value and not getattr(contact, name)}
    shops = contact.shops if link in contact.shops else [*_without(contact, link), link]
    return with_fields(contact, {"shops": shops, **learnt})


async def _take_from_others(link: ContactShop, key: str | None) -> None:
    """A shop has one address: who had it before has the shop no more."""
    former = Contact.find({"shops.domain": link.domain, "shops.appId": link.app_id, "emailKey": {"$ne": key}})

    def decide(contact: Contact | None) -> Contact | None:
        return with_fields(contact, {"shops": _without(contact, link)}) if contact else None

    for contact in await former.to_list():
        await write_contact({"_id": contact.id}, decide)


def _link_to(shop: Shop) -> ContactShop:
    return ContactShop(app_id=shop.app_id, domain=shop.domain, has_app=shop.status not in GONE)


def _without(contact: Contact, link: ContactShop) -> list[ContactShop]:
    return [shop for shop in contact.shops if (shop.app_id, shop.domain) != (link.app_id, link.domain)]
