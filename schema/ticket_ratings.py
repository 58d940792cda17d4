"""How content customers are, in GraphQL."""

from typing import cast

import strawberry
from strawberry import ID, Maybe

from resolvers import ticket_ratings
from resolvers.ticket_ratings import Rating, TicketRate
from schema.edge import Info, UserError, mutation, parse, query
from schema.ticket_parts import TicketRating
from schema.tickets import TicketPayload, ticket


@strawberry.type(description="What a link to rate is for.")
class TicketToRate:
    app_name: str
    reference: str
    subject: str
    language: str
    rating: TicketRating | None

    @classmethod
    def of(cls, asked: Rating) -> "TicketToRate":
        return cls(
            app_name=asked.app.name,
            reference=asked.ticket.reference,
            subject=asked.ticket.subject,
            language=asked.language.value,
            rating=cast(TicketRating | None, asked.ticket.rating),
        )


@strawberry.input(description="`score` is 1 (not content at all) to 5.")
class TicketRateInput:
    score: int
    comment: Maybe[str]


@strawberry.type
class TicketRateByLinkPayload:
    ticket: TicketToRate | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TicketRatingQueries:
    @query(ticket_ratings.get_ticket_rating)
    async def ticket_rating(self, info: Info, app_id: ID, token: str) -> TicketToRate:
        return TicketToRate.of(await ticket_ratings.get_ticket_rating(info.context.actor, app_id, token))


@strawberry.type
class TicketRatingMutations:
    @mutation(ticket_ratings.rate_ticket)
    async def ticket_rate(self, info: Info, id: ID, input: TicketRateInput) -> TicketPayload:
        rated = await ticket_ratings.rate_ticket(info.context.actor, id, parse(TicketRate, input))
        return TicketPayload(ticket=ticket(rated))

    @mutation(ticket_ratings.rate_ticket_by_link)
    async def ticket_rate_by_link(
        self, info: Info, app_id: ID, token: str, input: TicketRateInput
    ) -> TicketRateByLinkPayload:
        data = parse(TicketRate, input)
        rated = await ticket_ratings.rate_ticket_by_link(info.context.actor, app_id, token, data)
        return TicketRateByLinkPayload(ticket=TicketToRate.of(rated))
