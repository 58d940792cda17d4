"""The events of mail from which nothing has followed yet, and the mails that they are about: as far as anything follows
from them. As small models, since building whole documents would cost more than all that follows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from pydantic import ConfigDict, Field

from models.base import Part
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryOutreach, DeliveryStatus
from models.email_events import BounceKind, EmailEvent, EmailEventType
from resolvers.email_events import ONCE


class _Read(Part):
    model_config = Part.model_config | ConfigDict(arbitrary_types_allowed=True)

    id: ObjectId = Field(alias="_id")
    app_id: str | None = None
    campaign_id: ObjectId | None = None
    contact_id: ObjectId | None = None


class PendingEvent(_Read):
    """Of an `EmailEvent`."""

    type: EmailEventType
    at: datetime
    source: str
    delivery_id: ObjectId | None = None
    is_machine: bool = False
    bounce: BounceKind | None = None
    url: str | None = None
    detail: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    is_test: bool | None = None

    @property
    def is_plain(self) -> bool:
        """It tells what we did ourselves for a campaign: all was said when it was recorded, and it is only counted."""
        return self.type in ONCE and self.bounce is None and self.campaign_id is not None


class Mail(_Read):
    """Of a `Delivery`."""

    kind: DeliveryKind
    category: ConsentCategory
    outreach: DeliveryOutreach | None = None
    status: DeliveryStatus
    source: str = ""
    attempts: int = 0
    email: str
    response: str | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced_at: datetime | None = None
    complained_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    replied_at: datetime | None = None
    last_event_at: datetime | None = None

    @property
    def is_erased(self) -> bool:
        """As `Delivery.is_erased`."""
        return not self.email

    @property
    def may_be_sent(self) -> bool:
        """Whether it was offered to a server that may have taken it."""
        waits_again = self.status is DeliveryStatus.QUEUED and self.attempts > 0
        return self.status is DeliveryStatus.UNCERTAIN or waits_again


Mails = Mapping[ObjectId | None, Mail]

UNKNOWN: Final = (DeliveryStatus.UNCERTAIN, DeliveryStatus.QUEUED)
"""With one of these a mail that was offered to a server may have been sent."""


async def pending_events(after: ObjectId | None, most: int) -> Sequence[PendingEvent]:
    """In the order in which they were recorded, from behind the event `after`."""
    query: dict[str, Any] = {"pending": True} | ({"_id": {"$gt": after}} if after else {})
    found = EmailEvent.get_pymongo_collection().find(query).sort("_id").limit(most)
    return [PendingEvent.model_validate(row) for row in await found.to_list()]


async def mails_of(events: Iterable[PendingEvent]) -> Mails:
    """Those that are not gone, by their ids; of those of plain events only what was for somebody who was erased, and
    what may have been sent without that it was known."""
    told, plain = set[ObjectId](), set[ObjectId]()
    for event in events:
        if event.delivery_id is not None:
            (plain if event.is_plain else told).add(event.delivery_id)
    uncertain = {"status": DeliveryStatus.UNCERTAIN.value}
    waits_again = {"status": DeliveryStatus.QUEUED.value, "attempts": {"$gt": 0}}
    queries: list[dict[str, Any]] = [
        {"_id": {"$in": [*told]}},
        {"_id": {"$in": [*plain - told]}, "$or": [{"email": ""}, uncertain, waits_again]},
    ]
    mails = {}
    for query in queries:
        if query["_id"]["$in"]:
            for row in await Delivery.get_pymongo_collection().find(query).to_list():
                mails[row["_id"]] = Mail.model_validate(row)
    return mails
