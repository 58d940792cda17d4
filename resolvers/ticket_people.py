"""Who is behind a ticket: the person that asks, the shop that it is about, and who works on it."""

from typing import Any

from beanie import PydanticObjectId

from core.actor import Actor, Kind
from core.errors import InvalidInput
from core.ids import object_id
from core.inputs import key_of_email
from models.contacts import Contact
from models.shops import Shop
from models.users import User
from resolvers.subscriber_writes import contact_at

SUPPORTING = ("owner", "admin", "support")


async def requester(email: str, name: str, language: str | None) -> dict[str, Any]:
    """The requester's part of a ticket. They are a contact from then on, of whom no consent is known."""
    contact = await contact_at(email, name=name, language=language)
    return {
        "email": email,
        "email_key": key_of_email(email),
        "name": name or contact.name,
        "language": language or contact.language,
        "contact_id": contact.id,
    }


async def shop_of(
    app_id: str, contact_id: PydanticObjectId, shop_id: str | None, domain: str | None, by: Actor
) -> dict[str, Any]:
    """The shop's part of a ticket: the one that is named, else the one that the requester has the app in. An end user
    names none but their own."""
    contact = await Contact.get(contact_id)
    own = [shop.domain for shop in contact.shops if shop.app_id == app_id] if contact else []
    if shop_id is None and domain is None:
        domain = own[0] if len(own) == 1 else None
    if shop_id is None and domain is None:
        return {}
    field, named = ("shopId", {"_id": object_id(shop_id)}) if shop_id else ("shopDomain", {"domain": domain})
    shop = await Shop.find_one({"appId": app_id, **named})
    if by.kind is Kind.END_USER and (shop is None or shop.domain not in own):
        raise InvalidInput(f"{field} is not a shop of yours", field)
    if shop is None and field == "shopId":
        raise InvalidInput("shopId is no shop of this app", field)
    return {"shop_id": shop.id if shop else None, "shop_domain": shop.domain if shop else domain}


async def assignable(user_id: str) -> PydanticObjectId:
    """The id of a member of staff who may work on tickets. Raises `InvalidInput` naming `assigneeId`."""
    identity = object_id(user_id)
    user = await User.get(identity) if identity else None
    if user is None or not user.is_active or user.role.value not in SUPPORTING:
        raise InvalidInput("assigneeId is nobody who works on tickets", "assigneeId")
    return PydanticObjectId(user.id)


async def staff_behind(who: Actor) -> User | None:
    """The member of staff who acts."""
    identity = object_id(who.id)
    return await User.get(identity) if who.is_staff and identity else None
