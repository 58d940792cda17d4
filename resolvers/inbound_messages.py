"""The inbox of all apps, as staff see it: what was received, what it is, and what was done about it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId
from pydantic import Field

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, Unavailable, found
from core.ids import ObjectIdText, object_id
from core.inputs import OMITTED, Email, Input, Moment, Text, key_of_email
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from mail.inbound import read, shown
from models.base import touched
from models.contacts import Contact
from models.inbound_messages import (
    InboundClassification,
    InboundMatch,
    InboundMessage,
    InboundProvider,
    InboundStatus,
)
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.inbound_processing import ARRIVED
from resolvers.inbound_reading import raw_of
from resolvers.inbound_receiving import ATTEMPTS, KEEPER, LOOK_AFTER, PROCESS, name_of_job, payload_of_job
from resolvers.job_leases import enqueue

LONGEST_SHOWN: Final = 500_000
"""Characters of a whole text."""


class InboundMessageFilter(Input):
    """`email` is the sender's. `search` looks into sender and subject."""

    status: InboundStatus | None = None
    classification: InboundClassification | None = None
    provider: InboundProvider | None = None
    app_id: str | None = Field(None, max_length=64)
    contact_id: ObjectIdText | None = None
    ticket_id: ObjectIdText | None = None
    delivery_id: ObjectIdText | None = None
    email: Email | None = None
    search: Text | None = Field(None, min_length=1, max_length=100)
    received_from: Moment | None = None
    received_to: Moment | None = None


class InboundMessageSortKey(SortKey):
    RECEIVED_AT = "createdAt"


NEWEST_MAIL: Final = InboundMessageSortKey.RECEIVED_AT.order(descending=True)


class InboundMessageClassify(Input):
    """`classification` is what a person says it is: what follows from that is done."""

    classification: InboundClassification


class InboundMessageAssign(Input):
    """What the mail belongs to: a ticket, to which it is added, or a contact, or both."""

    ticket_id: ObjectIdText = OMITTED
    contact_id: ObjectIdText = OMITTED


@dataclass(frozen=True, slots=True)
class InboundContent:
    """All of a mail: `text` with quotations and signature, `html` made fit to be shown, without anything that loads."""

    text: str
    html: str | None


@allow(STAFF)
async def list_inbound_messages(
    actor: Actor, window: Window, filters: InboundMessageFilter, sort: Sort
) -> Slice[InboundMessage]:
    """Mail that was received, of all apps."""
    query: dict[str, Any] = {name: value for name, value in _equal(filters).items() if value is not None}
    received = {"$gte": filters.received_from, "$lt": filters.received_to}
    if bounds := {operator: moment for operator, moment in received.items() if moment is not None}:
        query["createdAt"] = bounds
    if filters.search is not None:
        query["searchText"] = containing(filters.search)
    return await slice_of(InboundMessage, query, sort, window)


@allow(STAFF)
async def get_inbound_message(actor: Actor, message_id: str) -> InboundMessage:
    """One mail that was received."""
    identity = object_id(message_id)
    return found(await InboundMessage.get(identity) if identity else None, "Inbound message")


@allow(STAFF)
async def get_inbound_content(actor: Actor, message_id: str) -> InboundContent | None:
    """All of a mail; None where it is not kept any more."""
    message = await get_inbound_message(actor, message_id)
    try:
        raw = await raw_of(message)
    except Unavailable:
        return None
    return await asyncio.to_thread(_content, raw)


@allow(SUPPORT)
async def reprocess_inbound_message(actor: Actor, message_id: str) -> InboundMessage:
    """Reads a mail again, and does what has not followed from it yet."""
    return await _again(await get_inbound_message(actor, message_id), {})


@allow(SUPPORT)
async def classify_inbound_message(actor: Actor, message_id: str, data: InboundMessageClassify) -> InboundMessage:
    """Corrects what a mail is. What was done before is not undone."""
    message = await get_inbound_message(actor, message_id)
    reasons = [f"A person says so; it was taken for: {message.classification.value}"]
    said = {"classification": data.classification.value, "confidence": 1.0, "reasons": reasons}
    return await _again(message, {**said, "classifiedBy": actor.label})


@allow(SUPPORT)
async def assign_inbound_message(actor: Actor, message_id: str, data: InboundMessageAssign) -> InboundMessage:
    """Says what a mail belongs to: to a ticket it is added."""
    message = await get_inbound_message(actor, message_id)
    if not data.sent():
        raise InvalidInput("Say a ticket or a contact", "ticketId")
    changes: dict[str, Any] = {"matchedBy": InboundMatch.PERSON.value}
    if data.ticket_id is not OMITTED:
        ticket = found(await Ticket.get(ObjectId(data.ticket_id)), "Ticket")
        written = await TicketMessage.find_one({"appId": ticket.app_id, "mailId": message.message_id})
        if written is not None and written.ticket_id != ticket.id:
            raise Conflict("The mail is in another ticket of the app: link or merge the two", "ticketId")
        changes |= {"ticketId": ticket.id, "appId": ticket.app_id}
    if data.contact_id is not OMITTED:
        theirs = {"_id": ObjectId(data.contact_id), "erasedAt": None}
        changes["contactId"] = found(await Contact.find_one(theirs), "Contact").id
    return await _again(message, changes)


@allow(STAFF)
async def watch_inbound_messages(actor: Actor) -> AsyncIterator[InboundMessage]:
    """Each mail when it was read and it is known what it belongs to, from now on."""
    return _arriving()


async def _arriving() -> AsyncIterator[InboundMessage]:
    async with runtime().topics.listen(ARRIVED) as messages:
        async for message in messages:
            arrived = await InboundMessage.get(object_id(message["inboundMessageId"]))
            if arrived is not None:
                yield arrived


async def _again(message: InboundMessage, changes: dict[str, Any]) -> InboundMessage:
    """Lets it be worked off once more, by a job of its own."""
    if message.raw_id is None:
        raise Conflict("The mail itself is not kept any more: nothing can follow from it", "id")
    again = {**changes, "status": InboundStatus.RECEIVED.value, "problem": None, "lookAt": clock.now() + LOOK_AFTER}
    here = {"_id": message.id, "run": message.run, "rawId": message.raw_id}
    changed = await InboundMessage.change(here, touched(again) | {"$inc": {"run": 1}})
    if changed is None:
        raise Conflict("Somebody else has just changed it: look at it again", "id")
    name = name_of_job(changed)
    await enqueue(KEEPER, PROCESS, payload_of_job(changed), dedupe_key=name, max_attempts=ATTEMPTS)
    return changed


def _content(raw: bytes) -> InboundContent:
    mail = read(raw)
    return InboundContent(mail.text[:LONGEST_SHOWN], shown(mail.html) if mail.html is not None else None)


def _equal(filters: InboundMessageFilter) -> dict[str, Any]:
    return {
        "status": filters.status.value if filters.status else None,
        "classification": filters.classification.value if filters.classification else None,
        "provider": filters.provider.value if filters.provider else None,
        "appId": filters.app_id,
        "contactId": ObjectId(filters.contact_id) if filters.contact_id else None,
        "ticketId": ObjectId(filters.ticket_id) if filters.ticket_id else None,
        "deliveryId": ObjectId(filters.delivery_id) if filters.delivery_id else None,
        "senderKey": key_of_email(filters.email) if filters.email else None,
    }
