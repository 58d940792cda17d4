"""What is said in tickets, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import ticket_messages as stored
from models.tickets import TicketStatus
from resolvers import ticket_messages
from resolvers.ticket_messages import TicketMessageCreate
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query

if TYPE_CHECKING:
    from schema.tickets import Ticket


@strawberry.type(description="A file of a message.")
class TicketAttachment:
    url: str
    key: str
    filename: str
    mimetype: str
    size: int
    uploaded_at: datetime


@strawberry.type(description="A message between customer and staff, or a note among staff.")
class TicketMessage:
    id: ID
    ticket_id: ID
    content: str
    is_customer: bool
    is_internal: bool = strawberry.field(description="A note, which nobody but staff sees.")
    author_email: str
    author_name: str
    attachments: list[TicketAttachment]
    created_at: datetime


def ticket_message(document: stored.TicketMessage) -> TicketMessage:
    """The document has all that the type shows."""
    return cast(TicketMessage, document)


@strawberry.input(
    description="With `isInternal` it is a note, which nobody but staff sees. `isCustomer`, `authorEmail` and "
    "`authorName` are for what a customer said elsewhere; `status` is what staff move the ticket to by the same step."
)
class TicketMessageCreateInput:
    content: str
    is_internal: Maybe[bool]
    is_customer: Maybe[bool | None]
    author_email: Maybe[str | None]
    author_name: Maybe[str | None]
    status: Maybe[TicketStatus | None]
    attachment_ids: Maybe[list[str]]


@strawberry.type(
    description="`ticket` is the one in which the conversation goes on: a new one, where the old had ended."
)
class TicketMessageCreatePayload:
    ticket_message: TicketMessage | None = None
    ticket: Annotated["Ticket", strawberry.lazy("schema.tickets")] | None = None
    message: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TicketMessageQueries:
    @query(ticket_messages.list_ticket_messages)
    async def ticket_messages(
        self,
        info: Info,
        ticket_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        reverse: bool = False,
    ) -> Connection[TicketMessage]:
        window = Range.of(first, after, last, before)
        found = await ticket_messages.list_ticket_messages(info.context.actor, ticket_id, window, newest_first=reverse)
        return Connection.of(found)


@strawberry.type
class TicketMessageMutations:
    @mutation(ticket_messages.add_ticket_message)
    async def ticket_message_create(
        self, info: Info, ticket_id: ID, input: TicketMessageCreateInput
    ) -> TicketMessageCreatePayload:
        said = await ticket_messages.add_ticket_message(
            info.context.actor, ticket_id, parse(TicketMessageCreate, input)
        )
        return TicketMessageCreatePayload(
            ticket_message=ticket_message(said.message), ticket=cast("Ticket", said.ticket), message=said.sentence
        )
