"""How well an app's support does, in GraphQL."""

from typing import cast

import strawberry
from strawberry import ID

from resolvers import ticket_performance as resolvers
from resolvers.ticket_stats import TicketStatsPeriod
from schema.edge import Info, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.ticket_stats import TicketStatsPeriodInput
from schema.users import User


@strawberry.type(
    description="Of tickets that began in a period. Times are in milliseconds in which it was staff's turn."
)
class Performance:
    tickets: int
    answered: int
    resolved: int
    average_first_response_time: float | None
    average_resolution_time: float | None
    first_response_breach_rate: float | None = strawberry.field(
        description="Of all tickets, those whose first answer came, or is, too late: 0 to 1."
    )
    resolution_breach_rate: float | None
    ratings: int = strawberry.field(description="How many customers said how content they are.")
    average_rating: float | None = strawberry.field(description="1 to 5.")


@strawberry.type
class AssigneePerformance:
    performance: Performance

    user: User | None = loaded(
        resolvers.AssigneePerformance, Loaders.users, lambda one: one.user_id, "Null for what nobody works on."
    )


@strawberry.type
class TicketPerformance:
    total: Performance
    by_assignee: list[AssigneePerformance] = strawberry.field(description="The busiest first.")


@strawberry.type
class TicketPerformanceQueries:
    @query(resolvers.ticket_performance)
    async def ticket_performance(
        self, info: Info, app_id: ID, period: TicketStatsPeriodInput | None = None
    ) -> TicketPerformance:
        found = await resolvers.ticket_performance(info.context.actor, app_id, parse(TicketStatsPeriod, period))
        return cast(TicketPerformance, found)
