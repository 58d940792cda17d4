"""How tickets become one, and refer to each other, in GraphQL."""

import strawberry
from strawberry import ID

from models.tickets import TicketLinkKind
from resolvers import ticket_links, ticket_merging
from resolvers.ticket_links import TicketLinkCreate
from resolvers.ticket_merging import TicketMerge
from schema.edge import Info, mutation, parse
from schema.tickets import TicketPayload, ticket


@strawberry.input(description="`intoId` is the ticket that stays.")
class TicketMergeInput:
    into_id: str


@strawberry.input(
    description="`ticketId` is the other ticket: what this one is related to, a duplicate of, or follows."
)
class TicketLinkCreateInput:
    kind: TicketLinkKind
    ticket_id: str


@strawberry.type
class TicketMergingMutations:
    @mutation(ticket_merging.merge_ticket)
    async def ticket_merge(self, info: Info, id: ID, input: TicketMergeInput) -> TicketPayload:
        target = await ticket_merging.merge_ticket(info.context.actor, id, parse(TicketMerge, input))
        return TicketPayload(ticket=ticket(target))

    @mutation(ticket_links.link_ticket)
    async def ticket_link(self, info: Info, id: ID, input: TicketLinkCreateInput) -> TicketPayload:
        linked = await ticket_links.link_ticket(info.context.actor, id, parse(TicketLinkCreate, input))
        return TicketPayload(ticket=ticket(linked))

    @mutation(ticket_links.unlink_ticket)
    async def ticket_unlink(self, info: Info, id: ID, linked_id: ID) -> TicketPayload:
        unlinked = await ticket_links.unlink_ticket(info.context.actor, id, linked_id)
        return TicketPayload(ticket=ticket(unlinked))
