"""Contacts and their consent, over REST."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.responses import StreamingResponse

from models.contacts import ConsentState, LegalBasis
from resolvers import consent, contacts, gdpr
from resolvers.consent import ConsentChange
from resolvers.contacts import ContactFilter, ContactSortKey
from rest_compat.edge import (
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Message,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)
from rest_compat.personal_data import JSON, streamed

ContactId = Annotated[str, Path(alias="id", description="The contact's `_id`, or its address")]


class ConsentWire(Wire):
    state: ConsentState
    at: Moment | None
    legal_basis: LegalBasis | None
    source: str | None


class ConsentsWire(Wire):
    transactional: ConsentWire
    product: ConsentWire
    newsletter: ConsentWire
    outreach: ConsentWire
    research: ConsentWire


class ContactShopWire(Wire):
    app_id: str
    domain: str
    has_app: bool


class ContactWire(StoredWire):
    email: str
    name: str
    language: str | None
    country: str | None
    shops: list[ContactShopWire]
    consents: ConsentsWire
    global_opt_out: bool
    opted_out_at: Moment | None


class PersonalDataWire(Wire):
    """`collections` has the documents of each collection, as they are stored."""

    email: str
    language: str | None
    gathered_at: datetime
    collections: dict[str, list[dict[str, Any]]]


class ContactListing(Listing, ContactFilter):
    sort_keys = ContactSortKey


async def list_contacts(actor: CurrentActor, query: Annotated[ContactListing, Query()]) -> Paged[ContactWire]:
    """The people whom the apps write to."""
    return await page_of(
        ContactWire, await contacts.list_contacts(actor, query.window, query, query.order), query.window
    )


async def get_contact(actor: CurrentActor, contact_id: ContactId) -> Data[ContactWire]:
    """One contact, with the consent in each category."""
    return Data(data=ContactWire.of(await contacts.get_contact(actor, contact_id)))


async def erase_contact(actor: CurrentActor, contact_id: ContactId) -> Message:
    """Erases a person. The message says in how many documents of each collection they were; somebody who is in very
    many is erased by a job, which the message names."""
    return Message(message=(await gdpr.erase_contact(actor, contact_id)).sentence)


async def change_consent(actor: CurrentActor, contact_id: ContactId, body: ConsentChange) -> DataMessage[ContactWire]:
    """Adds an entry to the ledger, and shows where the contact stands after it."""
    changed = await consent.change_consent(actor, contact_id, body)
    return DataMessage(data=ContactWire.of(changed), message="Consent recorded")


async def opt_out_contact(actor: CurrentActor, contact_id: ContactId) -> DataMessage[ContactWire]:
    """No mail but transactional, until the person opts in to something anew."""
    changed = await consent.opt_out_contact(actor, contact_id)
    return DataMessage(data=ContactWire.of(changed), message="Contact opted out of all but transactional mail")


async def export_contact(actor: CurrentActor, contact_id: ContactId) -> StreamingResponse:
    """All that is stored about a person, however much it is."""
    data = await gdpr.export_contact(actor, contact_id)
    return StreamingResponse(streamed(data, b'{"success":true,"data":', b"}"), media_type=JSON)
