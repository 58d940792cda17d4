"""How an app's support does, in numbers that indexes count."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input
from models.tickets import Ticket, TicketPriority, TicketStatus, TicketTopic
from resolvers.apps import visible_app

E = TypeVar("E", bound=StrEnum)

DAY: Final = timedelta(days=1)
RECENT: Final = 10


class TicketStatsPeriod(Input):
    """`days` are counted back from today, which is the last of them (UTC)."""

    days: Annotated[int, Field(ge=1, le=366)] = 30


class RecentTicket(BaseModel):
    """Of a ticket no more than a list of what happened last needs."""

    id: Any = Field(alias="_id")
    subject: str
    email: str
    status: TicketStatus
    priority: TicketPriority
    created_at: datetime = Field(alias="createdAt")


@dataclass(frozen=True, slots=True)
class DayCount:
    date: date
    count: int


@dataclass(frozen=True, slots=True)
class TicketStats:
    """Every status, topic and priority is there, also those without tickets, and every day. `average_resolution_time`
    is in milliseconds, of the tickets that were resolved in the period: what their clocks counted, without the time in
    which they waited for somebody else; None where none was."""

    total: int
    by_status: Mapping[TicketStatus, int]
    by_topic: Mapping[TicketTopic, int]
    by_priority: Mapping[TicketPriority, int]
    recent_activity: Sequence[RecentTicket]
    volume_over_time: Sequence[DayCount]
    average_resolution_time: float | None


@allow(STAFF)
async def ticket_stats(actor: Actor, app_id: str, period: TicketStatsPeriod) -> TicketStats:
    """How many tickets an app has, and how they came in and were resolved in the last days."""
    await visible_app(actor, app_id)
    since = first_day(period)
    recent = Ticket.find({"appId": app_id}, projection_model=RecentTicket).sort("-updatedAt", "-_id").limit(RECENT)
    return TicketStats(
        await Ticket.find({"appId": app_id}).count(),
        await _counts(app_id, "status", TicketStatus),
        await _counts(app_id, "topic", TicketTopic),
        await _counts(app_id, "priority", TicketPriority),
        await recent.to_list(),
        await _volume(app_id, since, period.days),
        await _average_resolution(app_id, since),
    )


def first_day(period: TicketStatsPeriod) -> datetime:
    """When the period begins."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - (period.days - 1) * DAY


async def _counts(app_id: str, field: str, values: type[E]) -> dict[E, int]:
    counts = await asyncio.gather(*(Ticket.find({"appId": app_id, field: value.value}).count() for value in values))
    return dict(zip(values, counts, strict=True))


async def _volume(app_id: str, since: datetime, days: int) -> list[DayCount]:
    day = {"$dateToString": {"format": "%Y-%m-%d", "date": "$createdAt"}}
    stages: list[dict[str, Any]] = [
        {"$match": {"appId": app_id, "createdAt": {"$gte": since}}},
        {"$group": {"_id": day, "tickets": {"$sum": 1}}},
    ]
    counts = {row["_id"]: row["tickets"] for row in await Ticket.aggregate(stages).to_list()}
    dates = [(since + number * DAY).date() for number in range(days)]
    return [DayCount(one, counts.get(one.isoformat(), 0)) for one in dates]


async def _average_resolution(app_id: str, since: datetime) -> float | None:
    resolved = {"appId": app_id, "resolvedAt": {"$gte": since}, "mergedIntoId": None}
    stages: list[dict[str, Any]] = [
        {"$match": resolved},
        {"$group": {"_id": None, "average": {"$avg": "$resolution.elapsed"}}},
    ]
    rows = await Ticket.aggregate(stages).to_list()
    return rows[0]["average"] if rows else None
