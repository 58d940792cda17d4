"""The log of what became of each mail. Whoever learns something about a mail records an event, and nothing else: what
follows from it is done by the workers (`resolvers/email_effects.py`)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from bson import ObjectId
from pydantic import Field
from pydantic.alias_generators import to_camel

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.errors import found
from core.ids import ObjectIdText, object_id
from core.inputs import Input, Moment
from core.mongo import insert_new_stored, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEvent, EmailEventType

PENDING: Final = "email_events.pending"
"""The topic of word that there are events from which nothing has followed yet."""
MOST_OF_A_MESSAGE: Final = 1_000
"""Events of one mail that are shown."""
RFC_MESSAGE_ID: Final = re.compile(r"<?([0-9a-f]{24})@[^<>@\s]+>?")
PERSONAL: Final = frozenset({"detail", "ip", "user_agent"})
"""What an event may say of the person (by attribute name): of somebody who was erased it is not kept."""
STORED_PERSONAL: Final = frozenset(map(to_camel, PERSONAL))
ONCE: Final = frozenset({EmailEventType.QUEUED, EmailEventType.SENT, EmailEventType.SUPPRESSED, EmailEventType.FAILED})
"""What happens to a delivery at most once."""


class EmailEventFilter(Input):
    """`source` is who told, such as `resend` or `tracking`. `createdFrom` is included, `createdTo` is not."""

    type: EmailEventType | None = None
    campaign_id: ObjectIdText | None = None
    contact_id: ObjectIdText | None = None
    app_id: str | None = Field(None, max_length=64)
    delivery_id: ObjectIdText | None = None
    source: str | None = Field(None, max_length=64)
    is_machine: bool | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None


class EmailEventSortKey(SortKey):
    CREATED_AT = "createdAt"


@allow(STAFF)
async def list_email_events(actor: Actor, window: Window, filters: EmailEventFilter, sort: Sort) -> Slice[EmailEvent]:
    """What became of each mail."""
    query: dict[str, Any] = {name: value for name, value in _equal(filters).items() if value is not None}
    created = {"$gte": filters.created_from, "$lt": filters.created_to}
    if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
        query["createdAt"] = bounds
    return await slice_of(EmailEvent, query, sort, window)


@allow(STAFF)
async def list_message_events(actor: Actor, message_id: str) -> Sequence[EmailEvent]:
    """What became of one mail, in the order in which it happened. The mail is named by its id, by what its provider
    calls it, or by its Message-ID (RFC 5322), with or without angle brackets."""
    rfc = RFC_MESSAGE_ID.fullmatch(message_id.strip())
    identity = object_id(rfc[1] if rfc else message_id)
    if identity is None:
        identity = found(await Delivery.find_one({"providerId": message_id}), "Message").id
    of_message = EmailEvent.find({"deliveryId": identity}).sort("at", "_id").limit(MOST_OF_A_MESSAGE)
    events = await of_message.to_list()
    if not events:
        found(await Delivery.get(identity), "Message")
    return events


def event_about(
    delivery: Delivery,
    type: EmailEventType,
    *,
    source: str,
    at: datetime | None = None,
    dedupe_key: str | None = None,
    **details: Any,
) -> EmailEvent:
    """An event of a delivery, to be recorded; it happened now where nothing else is said.

    What happens to a delivery once is known by that, where no other `dedupe_key` is given. `source` of `sent` is the
    provider's name: whether that provider reports deliveries decides how they are counted. Of somebody who was erased
    it says nothing personal.
    """
    said = {to_camel(name): value for name, value in details.items()}
    stored = stored_event_about(delivery, type, source=source, at=at, dedupeKey=dedupe_key, **said)
    event: EmailEvent = EmailEvent.model_validate(stored)
    return event


def stored_event_about(
    delivery: Delivery, type: EmailEventType, *, source: str, at: datetime | None = None, **details: Any
) -> dict[str, Any]:
    """As `event_about`, as it is stored: of many, the models would cost more than the write. `details` by their stored
    names."""
    if delivery.is_erased:
        details = {name: value for name, value in details.items() if name not in STORED_PERSONAL}
    now = clock.now()
    event = {
        "_id": ObjectId(),
        "createdAt": now,
        "updatedAt": now,
        "type": type.value,
        "at": at or now,
        "source": source,
        "appId": delivery.app_id,
        "deliveryId": delivery.id,
        "campaignId": delivery.campaign_id,
        "contactId": delivery.contact_id,
        "isMachine": False,
        "isTest": delivery.kind is DeliveryKind.TEST or None,
        **details,
    }
    if type in ONCE and event.get("dedupeKey") is None:
        event["dedupeKey"] = f"{type.value}:{delivery.id}"
    return {name: value for name, value in event.items() if value is not None}


def without_address(url: str) -> str:
    """An address of the web without its query and fragment, where an e-mail address stands in them."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="", fragment="")) if "@" in unquote(parts.query + parts.fragment) else url


async def record_event(event: EmailEvent) -> bool:
    """Whether the event is new: one with the same `dedupe_key` is kept once."""
    return await record_events([event]) == 1


async def record_events(events: Sequence[EmailEvent]) -> int:
    """Keeps events and returns how many of them are new; of those with the same `dedupe_key` the first stays.

    They are kept when this returns; what follows from them happens within seconds. Give some 500 at a time.
    """
    return await insert_events([_stored(event) for event in events])


async def insert_events(documents: Sequence[dict[str, Any]]) -> int:
    """As `record_events`, of documents as they are stored."""
    for document in documents:
        document["pending"] = True
    new = sum(await insert_new_stored(EmailEvent, documents))
    if new:
        await runtime().topics.publish(PENDING, {})
    return new


def _equal(filters: EmailEventFilter) -> dict[str, Any]:
    return {
        "type": filters.type.value if filters.type else None,
        "campaignId": ObjectId(filters.campaign_id) if filters.campaign_id else None,
        "contactId": ObjectId(filters.contact_id) if filters.contact_id else None,
        "appId": filters.app_id,
        "deliveryId": ObjectId(filters.delivery_id) if filters.delivery_id else None,
        "source": filters.source,
        "isMachine": filters.is_machine,
    }


def _stored(event: EmailEvent) -> dict[str, Any]:
    stored: dict[str, Any] = event.model_dump(by_alias=True, exclude_none=True)
    return stored | {name: stored[name].value for name in ("type", "bounce") if name in stored}
