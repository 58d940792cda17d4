"""The people whom the apps write to: one contact per address, over all apps."""

from typing import Any

from pydantic import Field

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, NotFound, found
from core.ids import object_id
from core.inputs import OMITTED, Country, Email, Input, Locale, Search, ShortText, key_of_email
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.contacts import ConsentCategory, ConsentState, Contact
from resolvers.contact_writes import insert_contact, with_fields, write_contact


class ContactCreate(Input):
    email: Email
    name: ShortText = ""
    language: Locale | None = None
    country: Country | None = None


class ContactUpdate(Input):
    """The address stays: what was agreed to and what bounced belongs to it."""

    name: ShortText = OMITTED
    language: Locale | None = OMITTED
    country: Country | None = OMITTED


class ContactFilter(Input):
    """`app` is the id of an app that a shop of the contact has or had, `optedInTo` a category that the contact opted in
    to."""

    search: Search | None = None
    app: str | None = Field(None, max_length=64)
    language: Locale | None = None
    country: Country | None = None
    opted_in_to: ConsentCategory | None = None
    global_opt_out: bool | None = None


class ContactSortKey(SortKey):
    CREATED_AT = "createdAt"
    EMAIL = "email", "emailKey"


@allow(STAFF)
async def list_contacts(actor: Actor, window: Window, filters: ContactFilter, sort: Sort) -> Slice[Contact]:
    """The contacts of all apps."""
    query: dict[str, Any] = {"erasedAt": None}
    if filters.app is not None:
        query["apps"] = filters.app
    if filters.language is not None:
        query["language"] = filters.language
    if filters.country is not None:
        query["country"] = filters.country
    if filters.opted_in_to is not None:
        query[f"consents.{filters.opted_in_to.value}.state"] = ConsentState.OPTED_IN.value
    if filters.global_opt_out is not None:
        query["optedOutAt"] = {"$ne": None} if filters.global_opt_out else None
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(Contact, query, sort, window)


@allow(STAFF)
async def get_contact(actor: Actor, contact_id: str) -> Contact:
    """One contact, by its id or its address. Who was erased is not found."""
    identity = object_id(contact_id)
    named = {"_id": identity} if identity else {"emailKey": key_of_email(contact_id)}
    return found(await Contact.find_one({**named, "erasedAt": None}), "Contact")


@allow(MARKETING)
async def create_contact(actor: Actor, data: ContactCreate) -> Contact:
    """Adds a person, of whom no consent is known yet. Raises `Conflict` where the address has a contact."""
    contact = await insert_contact(Contact(email_key=key_of_email(data.email), **data.model_dump()))
    if contact is None:
        raise Conflict("There is a contact with this e-mail address already", "email")
    return contact


@allow(MARKETING)
async def update_contact(actor: Actor, contact_id: str, data: ContactUpdate) -> Contact:
    """Changes what is sent of what is known of a contact."""
    contact = await get_contact(actor, contact_id)

    def decide(current: Contact | None) -> Contact:
        if current is None:
            raise NotFound("Contact not found")
        return with_fields(current, data.sent())

    return found(await write_contact({"_id": contact.id, "erasedAt": None}, decide), "Contact")
