"""What tickets are made of, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID

from models import tickets as stored
from models.tickets import TicketChangeKind, TicketLinkKind
from resolvers.ticket_clocks import due_at
from schema.edge import described
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.tickets import Ticket

strawberry.enum(TicketChangeKind)
strawberry.enum(TicketLinkKind)


@strawberry.type(
    description="Time that staff may take, in milliseconds: it stands while the ticket waits for somebody else."
)
class TicketClock:
    target: float | None
    elapsed: float = strawberry.field(description="What it counted until it was last stopped or paused.")
    running_since: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None = strawberry.field(description="When it passed its target.")

    @described("When it runs out; null while it stands, and without a target.")
    def due_at(self) -> datetime | None:
        return due_at(cast(stored.TicketClock, self))


@strawberry.type(description="What happened to a ticket. `before` and `after` are values, or ids.")
class TicketChange:
    kind: TicketChangeKind
    at: datetime
    by: str
    before: str | None
    after: str | None
    reason: str | None


@strawberry.type(description="How content the customer was, from 1 to 5.")
class TicketRating:
    score: int
    comment: str
    at: datetime


@strawberry.type(description="Somebody who is kept informed besides the requester.")
class TicketPerson:
    email: str
    name: str
    language: str | None


@strawberry.type(description="From one ticket to another of the app.")
class TicketLink:
    kind: TicketLinkKind
    ticket_id: ID

    ticket: Annotated["Ticket", strawberry.lazy("schema.tickets")] | None = loaded(
        stored.TicketLink, Loaders.tickets, lambda one: one.ticket_id, "Null where it was deleted."
    )
