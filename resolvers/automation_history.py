"""What happened to an app's shops in the past that would have started an automation."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from core.mongo import Filter, beyond, order_of
from core.pages import Cursor, Sort
from models.app_events import AppEvent
from models.automation_trackers import AutomationEvent
from models.automations import SCHEDULE
from models.base import Record, Stored
from models.feedback import Feedback
from models.shops import Shop, ShopStatus
from models.tickets import Ticket
from resolvers.automation_steps import PLATFORM_EVENTS

BATCH: Final = 500
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    at: datetime
    shop_domain: str
    data: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """Where it is found, and in which order. What the clock would start are the shops of today; of what is kept nowhere
    else, only what some automation listened to is known."""

    trigger: str
    document: type[Record]
    query: Filter
    sort: Sort
    since: datetime
    until: datetime

    @classmethod
    def of(cls, app_id: str, trigger: str, since: datetime, until: datetime) -> Self:
        """Between two moments; the clock would start at the second."""
        if trigger == SCHEDULE:
            living = {"appId": app_id, "status": {"$ne": ShopStatus.REDACTED.value}}
            return cls(trigger, Shop, living, Sort("domain"), since, until)
        if trigger in KEPT_AS:
            document, at, rest = KEPT_AS[trigger]
        elif trigger in PLATFORM_EVENTS:
            document, at, rest = AutomationEvent, "createdAt", {"name": trigger}
        else:
            document, at, rest = AppEvent, "occurredAt", {"name": trigger}
        query = {"appId": app_id, at: {"$gte": since, "$lte": until}, "shopDomain": {"$ne": None}, **rest}
        return cls(trigger, document, query, Sort(at), since, until)

    async def count(self, most: int) -> int:
        """One more than `most` stands for all that are more."""
        return await self.document.get_pymongo_collection().count_documents(self.query, limit=most + 1)

    async def newest(self, most: int, *, are_more: bool) -> AsyncIterator[list[Past]]:
        """So many at most, the oldest of them first, a batch at a time. `are_more` says that the oldest of all are to
        be left out."""
        collection = self.document.get_pymongo_collection()
        last = await self._before_newest(most) if are_more and self.trigger != SCHEDULE else None
        while most > 0:
            query = {"$and": [self.query, beyond(last, self.sort, descending=False)]} if last else self.query
            found = collection.find(query).sort(order_of(self.sort, backward=False)).limit(min(most, BATCH))
            if not (rows := await found.to_list()):
                return
            yield [self._past(row) for row in rows]
            most, last = most - len(rows), self._place(rows[-1])

    async def _before_newest(self, most: int) -> Cursor | None:
        collection = self.document.get_pymongo_collection()
        found = collection.find(self.query, {self.sort.field: 1}).sort(order_of(self.sort, backward=True))
        return next((self._place(row) for row in await found.skip(most).limit(1).to_list()), None)

    def _place(self, row: Row) -> Cursor:
        return Cursor(row[self.sort.field], row["_id"])

    def _past(self, row: Row) -> Past:
        if self.trigger == SCHEDULE:
            return Past(self.until, row["domain"])
        return Past(row[self.sort.field], row["shopDomain"], _data(self.trigger, row))


KEPT_AS: Final[Mapping[str, tuple[type[Stored], str, dict[str, Any]]]] = {
    "ticket.created": (Ticket, "createdAt", {}),
    "ticket.resolved": (Ticket, "resolvedAt", {}),
    "ticket.rated": (Ticket, "createdAt", {"rating": {"$ne": None}}),
    "feedback.received": (Feedback, "createdAt", {}),
}
"""Where it is found, by which moment, and by what else."""


def _data(trigger: str, row: Row) -> Row:
    """As automations are told of it."""
    match trigger:
        case "feedback.received":
            return {"type": row["type"], "rating": row["rating"]}
        case "ticket.rated":
            return {"score": row["rating"]["score"]}
        case "ticket.created" | "ticket.resolved":
            return {"priority": row["priority"], "topic": row["topic"], "status": row["status"]}
        case _:
            data: Row = row["data"]
            return data
