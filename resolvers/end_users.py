"""The people who sign in to an app: who they are, how a session of theirs begins, and how it ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor, Kind
from core.errors import Unauthenticated, found
from core.ids import object_id
from core.inputs import OMITTED, Input, Locale, Search, ShopDomain
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.tokens import Audience
from models.base import touched
from models.contacts import Contact
from models.deliveries import Delivery
from models.end_users import EndUser
from models.magic_links import MagicLink
from resolvers.apps import visible_app
from resolvers.subscriber_writes import contact_at

SWITCHED_OFF: Final = "You can't sign in to this app any more: ask its support"


class EndUserUpdate(Input):
    """Who is not active can't sign in; what they are signed in with ends."""

    is_active: bool = OMITTED
    language: Locale | None = OMITTED
    shop_domain: ShopDomain | None = OMITTED


class EndUserFilter(Input):
    """`search` looks in the address."""

    search: Search | None = None
    is_active: bool | None = None


class EndUserSortKey(SortKey):
    CREATED_AT = "createdAt"
    LAST_LOGIN_AT = "lastLoginAt"
    EMAIL = "email", "emailKey"


@dataclass(frozen=True, slots=True)
class EndUserSession:
    """A bearer token, until when it is valid, and whose it is."""

    token: str
    expires_at: datetime
    user: EndUser


@allow(end_user=True)
async def current_end_user(actor: Actor) -> EndUser:
    """Who the token of an end user belongs to."""
    return await visible_end_user(actor, actor.id)


@allow(STAFF)
async def get_end_user(actor: Actor, end_user_id: str) -> EndUser:
    """Somebody who signs in to an app."""
    return await visible_end_user(actor, end_user_id)


@allow(STAFF)
async def list_end_users(
    actor: Actor, app_id: str, window: Window, filters: EndUserFilter, sort: Sort
) -> Slice[EndUser]:
    """The people who have signed in to an app."""
    query: dict[str, Any] = {"appId": (await visible_app(actor, app_id)).id}
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["emailKey"] = containing(filters.search)
    return await slice_of(EndUser, query, sort, window)


@allow(SUPPORT)
async def update_end_user(actor: Actor, end_user_id: str, data: EndUserUpdate) -> EndUser:
    """Changes what is sent. Switching somebody off ends their sessions."""
    user = await visible_end_user(actor, end_user_id)
    changes = data.assignments()
    ending = {"$inc": {"tokenVersion": 1}} if changes.get("isActive") is False else {}
    return found(await EndUser.change({"_id": user.id}, touched(changes) | ending), "End user")


@allow(SUPPORT, end_user=True)
async def sign_out_end_user(actor: Actor, end_user_id: str) -> EndUser:
    """Ends every token of an end user; they can sign in again."""
    user = await visible_end_user(actor, end_user_id)
    return found(await EndUser.change({"_id": user.id}, {"$inc": {"tokenVersion": 1}}), "End user")


async def visible_end_user(actor: Actor, end_user_id: str) -> EndUser:
    """Staff see all of them, an end user themselves."""
    identity = object_id(end_user_id)
    is_theirs = actor.kind is not Kind.END_USER or actor.id == end_user_id
    user = await EndUser.get(identity) if identity and is_theirs else None
    return found(user if user is not None and actor.sees_app(user.app_id) else None, "End user")


async def begin_session(link: MagicLink) -> EndUserSession:
    """For whoever had the link, which was redeemed: makes the end user where there is none.

    Raises `Unauthenticated` for one who was switched off.
    """
    identity = {"appId": link.app_id, "emailKey": link.email_key}
    seen = {name: value for name, value in (("language", link.language), ("shopDomain", link.shop_domain)) if value}
    login = touched({"lastLoginAt": clock.now(), **seen}) | {"$inc": {"loginCount": 1}}
    user = await EndUser.change({**identity, "isActive": True}, login) or await _made(link)
    if not user.is_active:
        raise Unauthenticated(SWITCHED_OFF)
    tokens = runtime().tokens
    token = tokens.issue(Audience.END_USER, str(user.id), version=user.token_version, app_id=user.app_id)
    return EndUserSession(token, tokens.read(token).expires_at, user)


async def _made(link: MagicLink) -> EndUser:
    """The end user who was there already, where there is one: somebody else was faster, or they were switched off."""
    contact = await contact_at(link.email, name="", language=link.language)
    fresh = EndUser(
        app_id=link.app_id,
        contact_id=contact.id,
        email=link.email,
        email_key=link.email_key,
        language=link.language or contact.language,
        shop_domain=link.shop_domain or _shop_of(contact, link.app_id),
        login_count=1,
    )
    try:
        made = await fresh.insert()
    except DuplicateKeyError:
        return found(await EndUser.find_one({"appId": link.app_id, "emailKey": link.email_key}), "End user")
    await _claim_mail(link, contact)
    return made


async def _claim_mail(link: MagicLink, contact: Contact) -> None:
    """Mail with links went to somebody who was no contact then: it is found with the contact from now on."""
    links = await MagicLink.find({"appId": link.app_id, "emailKey": link.email_key}).to_list()
    nobodys = {"source": {"$in": [one.mail_source for one in links]}, "contactId": None}
    await Delivery.find(nobodys).update({"$set": {"contactId": contact.id}})


def _shop_of(contact: Contact, app_id: str) -> str | None:
    """The one that has the app and the contact's address."""
    return next((shop.domain for shop in contact.shops if shop.app_id == app_id and shop.has_app), None)
