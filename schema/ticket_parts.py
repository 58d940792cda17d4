"""What tickets are made of, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry

from models import tickets as stored
from models.tickets import TicketChangeKind, TicketLinkKind
from resolvers.ticket_clocks import due_at
from schema.edge import described

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
