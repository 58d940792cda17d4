"""Tickets, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.actor import Kind
from core.pages import Range
from models import tickets as stored
from models.tickets import TicketPriority, TicketSource, TicketStatus, TicketTopic
from resolvers import ticket_creation, ticket_messages, tickets
from resolvers.agent_actions import NEWEST_ACTIONS, AgentActionFilter, list_agent_actions
from resolvers.deliveries import deliveries_about
from resolvers.ticket_creation import TicketCreate
from resolvers.ticket_scope import sees_all
from resolvers.tickets import TicketFilter, TicketSortKey, TicketStatusChange, TicketUpdate
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact
from schema.deliveries import Delivery
from schema.edge import Info, UserError, described, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.shops import Shop
from schema.ticket_messages import TicketAttachment, TicketMessage
from schema.ticket_parts import TicketChange, TicketClock, TicketLink, TicketPerson, TicketRating
from schema.users import User

if TYPE_CHECKING:
    from schema.agent_actions import AgentAction
    from schema.merchants import Merchant

LazyAgentAction = Annotated["AgentAction", strawberry.lazy("schema.agent_actions")]

strawberry.enum(TicketStatus)
strawberry.enum(TicketPriority)
strawberry.enum(TicketTopic)
strawberry.enum(TicketSource)
strawberry.enum(TicketSortKey)


@strawberry.type(
    description="What a customer asks an app's support for. What staff keep among themselves is empty for others."
)
class Ticket:
    id: ID
    app_id: ID
    number: int
    reference: str
    subject: str
    message: str = strawberry.field(description="What it began with: the first of its messages.")
    email: str
    name: str
    language: str | None
    status: TicketStatus
    priority: TicketPriority
    topic: TicketTopic
    source: TicketSource
    tags: list[str]
    shop_domain: str | None
    attachments: list[TicketAttachment]
    first_response: TicketClock
    resolution: TicketClock
    due_at: datetime | None = strawberry.field(description="When the next of its clocks runs out.")
    resolved_at: datetime | None
    closed_at: datetime | None
    last_message_at: datetime
    people: list[TicketPerson] = strawberry.field(description="Who is kept informed besides the requester.")
    merged_into_id: ID | None
    rating: TicketRating | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(
        stored.Ticket,
        Loaders.apps,
        lambda one: one.app_id,
        "Null for end users.",
        seen_by=lambda actor: actor.kind is not Kind.END_USER,
    )

    shop: Shop | None = loaded(
        stored.Ticket,
        Loaders.shops,
        lambda one: (one.app_id, one.shop_domain) if one.shop_domain else None,
        "The shop that it is about; for staff alone.",
        seen_by=sees_all,
    )

    merchant: Annotated["Merchant", strawberry.lazy("schema.merchants")] | None = loaded(
        stored.Ticket,
        Loaders.merchants,
        lambda one: one.shop_domain,
        "The shop in all the apps; for staff alone.",
        seen_by=sees_all,
    )

    @described("The mail of its conversation, the newest first. For staff.")
    async def deliveries(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Delivery]:
        window = Range.of(first, after, last, before)
        return Connection.of(await deliveries_about(info.context.actor, cast(stored.Ticket, self), window))

    contact: Contact | None = loaded(
        stored.Ticket, Loaders.contacts, lambda one: one.contact_id, "Who asks; for staff alone.", seen_by=sees_all
    )

    assignee: User | None = loaded(
        stored.Ticket, Loaders.users, lambda one: one.assignee_id, "Who works on it; for staff alone."
    )

    @described("Other tickets of the app that it refers to; for staff alone.")
    def links(self) -> list[TicketLink]:
        return cast(list[TicketLink], cast(stored.Ticket, self).links)

    linked_from: list[Annotated["Ticket", strawberry.lazy("schema.tickets")]] = loaded(
        stored.Ticket,
        Loaders.tickets_linked_to,
        lambda one: one.id,
        "The tickets that refer to it; for staff alone.",
        seen_by=sees_all,
        absent=(),
    )

    merged_into: Annotated["Ticket", strawberry.lazy("schema.tickets")] | None = loaded(
        stored.Ticket,
        Loaders.tickets,
        lambda one: one.merged_into_id,
        "The ticket in which it goes on since it was merged; for staff alone.",
        seen_by=sees_all,
    )

    @described("What happened to it, the newest first.")
    def history(self) -> list[TicketChange]:
        return cast(list[TicketChange], cast(stored.Ticket, self).history[::-1])

    @described("What was said, from its beginning; staff see their notes too.")
    async def messages(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        reverse: bool = False,
    ) -> Connection[TicketMessage]:
        window = Range.of(first, after, last, before)
        actor = info.context.actor
        ticket = cast(stored.Ticket, self)
        found = await ticket_messages.messages_in(actor, ticket, window, newest_first=reverse)
        return Connection.of(found)

    @described("What the e-mail agent drafted for it, and how it read it, the newest first; null for all but staff.")
    async def agent_actions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[LazyAgentAction] | None:
        if not sees_all(info.context.actor):
            return None
        window, filters = (
            Range.of(first, after, last, before),
            AgentActionFilter.model_validate({"ticketId": str(self.id)}),
        )
        return Connection.of(await list_agent_actions(info.context.actor, window, filters, NEWEST_ACTIONS))


def ticket(document: stored.Ticket) -> Ticket:
    """The document has all that the type shows."""
    return cast(Ticket, document)


@strawberry.input(
    description="`email` is the customer's; an end user is the customer. With `isCustomer` false the message is "
    "staff's own to the customer, who gets it by mail. `shopId` or `shopDomain` names the shop that it is about."
)
class TicketCreateInput:
    subject: str
    message: str
    email: Maybe[str | None]
    name: Maybe[str]
    language: Maybe[str | None]
    topic: Maybe[TicketTopic]
    priority: Maybe[TicketPriority]
    shop_id: Maybe[str | None]
    shop_domain: Maybe[str | None]
    assignee_id: Maybe[str | None]
    tags: Maybe[list[str]]
    is_customer: Maybe[bool]
    attachment_ids: Maybe[list[str]]


@strawberry.input
class TicketUpdateInput:
    subject: Maybe[str]
    name: Maybe[str]
    language: Maybe[str | None]
    status: Maybe[TicketStatus]
    priority: Maybe[TicketPriority]
    topic: Maybe[TicketTopic]
    assignee_id: Maybe[str | None]
    tags: Maybe[list[str]]


@strawberry.input
class TicketStatusChangeInput:
    status: TicketStatus
    reason: Maybe[str | None]


@strawberry.input(
    description="`status` is one or several. `email` is the requester's address; `isOverdue` are those one of whose "
    "clocks has run out, `dueBefore` those where it will have by then."
)
class TicketFilterInput:
    app_id: Maybe[str | None]
    status: Maybe[list[TicketStatus] | None]
    priority: Maybe[TicketPriority | None]
    topic: Maybe[TicketTopic | None]
    source: Maybe[TicketSource | None]
    assignee_id: Maybe[str | None]
    is_unassigned: Maybe[bool | None]
    tag: Maybe[str | None]
    shop_domain: Maybe[str | None]
    email: Maybe[str | None]
    is_overdue: Maybe[bool | None]
    due_before: Maybe[datetime | None]
    created_from: Maybe[datetime | None]
    created_to: Maybe[datetime | None]
    search: Maybe[str | None]


@strawberry.type
class TicketPayload:
    ticket: Ticket | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TicketDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TicketQueries:
    @query(tickets.get_ticket)
    async def ticket(self, info: Info, id: ID) -> Ticket:
        return ticket(await tickets.get_ticket(info.context.actor, id))

    @query(tickets.list_tickets)
    async def tickets(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: TicketFilterInput | None = None,
        sort_key: TicketSortKey = TicketSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Ticket]:
        window = Range.of(first, after, last, before)
        filters = parse(TicketFilter, filter)
        return Connection.of(
            await tickets.list_tickets(info.context.actor, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class TicketMutations:
    @mutation(ticket_creation.create_ticket)
    async def ticket_create(self, info: Info, app_id: ID, input: TicketCreateInput) -> TicketPayload:
        created = await ticket_creation.create_ticket(info.context.actor, app_id, parse(TicketCreate, input))
        return TicketPayload(ticket=ticket(created))

    @mutation(tickets.update_ticket)
    async def ticket_update(self, info: Info, id: ID, input: TicketUpdateInput) -> TicketPayload:
        updated = await tickets.update_ticket(info.context.actor, id, parse(TicketUpdate, input))
        return TicketPayload(ticket=ticket(updated))

    @mutation(tickets.change_ticket_status)
    async def ticket_status_update(self, info: Info, id: ID, input: TicketStatusChangeInput) -> TicketPayload:
        changed = await tickets.change_ticket_status(info.context.actor, id, parse(TicketStatusChange, input))
        return TicketPayload(ticket=ticket(changed))

    @mutation(tickets.delete_ticket)
    async def ticket_delete(self, info: Info, id: ID) -> TicketDeletePayload:
        deleted = await tickets.delete_ticket(info.context.actor, id)
        return TicketDeletePayload(deleted_id=ID(str(deleted.id)))


@strawberry.type
class TicketSubscriptions:
    @subscription(tickets.watch_tickets)
    async def ticket_changed(self, info: Info, app_id: ID) -> AsyncGenerator[Ticket, None]:
        return cast(AsyncGenerator[Ticket, None], await tickets.watch_tickets(info.context.actor, app_id))
