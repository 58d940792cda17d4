"""How well an app's support does: how long customers wait, how often longer than they should, and what they say
of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from beanie import PydanticObjectId

from core.access import STAFF, allow
from core.actor import Actor
from models.tickets import Ticket
from resolvers.apps import visible_app
from resolvers.ticket_stats import TicketStatsPeriod, first_day

Expression = Mapping[str, Any]


def _is_there(field: str) -> Expression:
    """Neither null nor missing."""
    return {"$gt": [field, None]}


def _sum_where(condition: Expression, value: Any = 1) -> Expression:
    return {"$sum": {"$cond": [condition, value, 0]}}


SUMS: Final[Mapping[str, Expression]] = {
    "tickets": {"$sum": 1},
    "answered": _sum_where(_is_there("$firstResponse.stoppedAt")),
    "resolved": _sum_where(_is_there("$resolvedAt")),
    "answering": _sum_where(_is_there("$firstResponse.stoppedAt"), "$firstResponse.elapsed"),
    "resolving": _sum_where(_is_there("$resolvedAt"), "$resolution.elapsed"),
    "answered_late": _sum_where(_is_there("$firstResponse.breachedAt")),
    "resolved_late": _sum_where(_is_there("$resolution.breachedAt")),
    "ratings": _sum_where(_is_there("$rating.score")),
    "points": {"$sum": "$rating.score"},
}


@dataclass(frozen=True, slots=True)
class Performance:
    """Of tickets that began in a period, by sums. Times are in milliseconds in which it was staff's turn."""

    sums: Mapping[str, int]

    @property
    def tickets(self) -> int:
        return self.sums["tickets"]

    @property
    def answered(self) -> int:
        return self.sums["answered"]

    @property
    def resolved(self) -> int:
        return self.sums["resolved"]

    @property
    def average_first_response_time(self) -> float | None:
        return self._ratio("answering", "answered")

    @property
    def average_resolution_time(self) -> float | None:
        return self._ratio("resolving", "resolved")

    @property
    def first_response_breach_rate(self) -> float | None:
        """Of all tickets, those whose first answer came, or is, too late: 0 to 1."""
        return self._ratio("answered_late", "tickets")

    @property
    def resolution_breach_rate(self) -> float | None:
        return self._ratio("resolved_late", "tickets")

    @property
    def ratings(self) -> int:
        return self.sums["ratings"]

    @property
    def average_rating(self) -> float | None:
        """1 to 5."""
        return self._ratio("points", "ratings")

    def _ratio(self, part: str, whole: str) -> float | None:
        return self.sums[part] / self.sums[whole] if self.sums[whole] else None


@dataclass(frozen=True, slots=True)
class AssigneePerformance:
    """`user_id` is None for what nobody works on."""

    user_id: PydanticObjectId | None
    performance: Performance


@dataclass(frozen=True, slots=True)
class TicketPerformance:
    total: Performance
    by_assignee: Sequence[AssigneePerformance]


@allow(STAFF)
async def ticket_performance(actor: Actor, app_id: str, period: TicketStatsPeriod) -> TicketPerformance:
    """How well an app's support did with the tickets that began in the last days, in all and by who works on them."""
    await visible_app(actor, app_id)
    began = {"appId": app_id, "createdAt": {"$gte": first_day(period)}, "mergedIntoId": None}
    rows = await Ticket.aggregate([{"$match": began}, {"$group": {"_id": "$assigneeId", **SUMS}}]).to_list()
    sums = {row["_id"]: Counter({name: row[name] for name in SUMS}) for row in rows}
    busiest = sorted(sums, key=lambda user_id: (-sums[user_id]["tickets"], str(user_id)))
    total: Counter[str] = Counter(dict.fromkeys(SUMS, 0))
    for each in sums.values():
        total.update(each)
    return TicketPerformance(
        Performance(total), [AssigneePerformance(user_id, Performance(sums[user_id])) for user_id in busiest]
    )
