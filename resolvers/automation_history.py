"""What happened to an app's shops in the past that would have started an automation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core import clock
from models.app_events import AppEvent
from models.automation_trackers import AutomationEvent
from models.automations import SCHEDULE
from models.feedback import Feedback
from models.shops import Shop, ShopStatus
from models.tickets import Ticket
from resolvers.automation_steps import PLATFORM_EVENTS

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    at: datetime
    shop_domain: str
    data: Row = field(default_factory=dict)


async def past_of(app_id: str, trigger: str, since: datetime, most: int) -> list[Past]:
    """The newest `most`, the oldest of them first. What the clock would start is the shops of today; of what is kept
    nowhere else, only what some automation listened to is known."""
    if trigger == SCHEDULE:
        living = {"appId": app_id, "status": {"$ne": ShopStatus.REDACTED.value}}
        rows = await Shop.get_pymongo_collection().find(living, {"domain": 1}).sort("_id").limit(most).to_list()
        return [Past(clock.now(), row["domain"]) for row in rows]
    if trigger in KEPT_AS:
        document, at, rest = KEPT_AS[trigger]
    elif trigger in PLATFORM_EVENTS:
        document, at, rest = AutomationEvent, "createdAt", {"name": trigger}
    else:
        document, at, rest = AppEvent, "occurredAt", {"name": trigger}
    query = {"appId": app_id, at: {"$gte": since}, "shopDomain": {"$ne": None}, **rest}
    rows = await document.get_pymongo_collection().find(query).sort(at, -1).limit(most).to_list()
    return [Past(row[at], row["shopDomain"], _data(trigger, row)) for row in reversed(rows)]


KEPT_AS: Final[Mapping[str, tuple[type[Ticket] | type[Feedback], str, dict[str, Any]]]] = {
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
