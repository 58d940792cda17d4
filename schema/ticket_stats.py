"""How an app's support does, in GraphQL."""

from datetime import date
from typing import cast

import strawberry
from strawberry import ID, Maybe

from models.tickets import TicketPriority, TicketStatus, TicketTopic
from resolvers import ticket_stats
from resolvers.ticket_stats import TicketStatsPeriod
from schema.edge import Info, described, parse, query


@strawberry.type
class TicketStatusCount:
    status: TicketStatus
    count: int


@strawberry.type
class TicketTopicCount:
    topic: TicketTopic
    count: int


@strawberry.type
class TicketPriorityCount:
    priority: TicketPriority
    count: int


@strawberry.type
class TicketDayCount:
    date: date
    count: int


@strawberry.type(description="How an app's support does. Averages are over the period.")
class TicketStats:
    total: int
    average_resolution_time: float | None = strawberry.field(
        description="Milliseconds that the clocks counted of tickets that were resolved."
    )
    volume_over_time: list[TicketDayCount] = strawberry.field(description="New tickets by day (UTC).")

    @described("Also those without tickets.")
    def by_status(self) -> list[TicketStatusCount]:
        counts = cast(ticket_stats.TicketStats, self).by_status
        return [TicketStatusCount(status=status, count=count) for status, count in counts.items()]

    @described("Also those without tickets.")
    def by_topic(self) -> list[TicketTopicCount]:
        counts = cast(ticket_stats.TicketStats, self).by_topic
        return [TicketTopicCount(topic=topic, count=count) for topic, count in counts.items()]

    @described("Also those without tickets.")
    def by_priority(self) -> list[TicketPriorityCount]:
        counts = cast(ticket_stats.TicketStats, self).by_priority
        return [TicketPriorityCount(priority=priority, count=count) for priority, count in counts.items()]


@strawberry.input
class TicketStatsPeriodInput:
    days: Maybe[int]


@strawberry.type
class TicketStatsQueries:
    @query(ticket_stats.ticket_stats)
    async def ticket_stats(self, info: Info, app_id: ID, period: TicketStatsPeriodInput | None = None) -> TicketStats:
        found = await ticket_stats.ticket_stats(info.context.actor, app_id, parse(TicketStatsPeriod, period))
        return cast(TicketStats, found)
