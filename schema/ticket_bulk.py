"""What is done to many tickets at once, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from models.tickets import TicketPriority, TicketStatus, TicketTopic
from resolvers import ticket_bulk
from resolvers.ticket_bulk import TicketsDelete, TicketsUpdate
from schema.edge import Info, UserError, mutation, parse
from schema.tickets import Ticket, TicketUpdateInput, ticket


@strawberry.input(
    description="Which tickets: by their ids, or by what they have in common. At least one of these is needed."
)
class TicketsDeleteInput:
    ids: Maybe[list[str] | None]
    status: Maybe[list[TicketStatus] | None]
    topic: Maybe[TicketTopic | None]
    priority: Maybe[TicketPriority | None]
    tag: Maybe[str | None]
    created_to: Maybe[datetime | None]


@strawberry.input(description="`tags` replaces a ticket's tags; `addTags` and `removeTags` leave the others.")
class TicketsUpdateInput(TicketUpdateInput):
    ids: list[str]
    add_tags: Maybe[list[str]]
    remove_tags: Maybe[list[str]]


@strawberry.type
class TicketsDeletePayload:
    deleted_count: int | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="A ticket that stayed as it was, and why.")
class RefusedTicket:
    ticket_id: ID
    message: str


@strawberry.type
class TicketsUpdatePayload:
    tickets: list[Ticket] | None = None
    refused: list[RefusedTicket] | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TicketBulkMutations:
    @mutation(ticket_bulk.update_tickets)
    async def tickets_update(self, info: Info, app_id: ID, input: TicketsUpdateInput) -> TicketsUpdatePayload:
        outcome = await ticket_bulk.update_tickets(info.context.actor, app_id, parse(TicketsUpdate, input))
        return TicketsUpdatePayload(
            tickets=[ticket(one) for one in outcome.tickets], refused=cast(list[RefusedTicket], list(outcome.refused))
        )

    @mutation(ticket_bulk.delete_tickets)
    async def tickets_delete(self, info: Info, app_id: ID, input: TicketsDeleteInput) -> TicketsDeletePayload:
        deleted = await ticket_bulk.delete_tickets(info.context.actor, app_id, parse(TicketsDelete, input))
        return TicketsDeletePayload(deleted_count=deleted)
