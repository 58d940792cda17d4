"""How two tickets become one: the one is closed and points at the other, where the conversation goes on.

Whoever merges claims the target first, and a ticket that is claimed is not merged itself: so tickets that are merged
into each other at the same time all stay where they are, and no chain of them ends where it began.
"""

from datetime import timedelta
from typing import Final

from core import clock
from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, found
from core.ids import ObjectIdText
from core.inputs import Input
from models.tickets import MergeClaim, Ticket, TicketChangeKind, TicketEventKind, TicketStatus
from resolvers.ticket_scope import visible_ticket
from resolvers.ticket_states import changed, recorded, with_event, with_status
from resolvers.ticket_writes import write_ticket

CLAIM_HOLDS: Final = timedelta(minutes=1)
"""A claim that is older belongs to somebody who died."""


class TicketMerge(Input):
    """`intoId` is the ticket that stays."""

    into_id: ObjectIdText


@allow(SUPPORT)
async def merge_ticket(actor: Actor, ticket_id: str, data: TicketMerge) -> Ticket:
    """Moves all that was said in a ticket into another one of the app, closes it, and keeps its customer informed.
    Returns the ticket that stays.

    Raises `Conflict` where one of them was merged before, or is being merged.
    """
    source = await visible_ticket(actor, ticket_id)
    target = await visible_ticket(actor, data.into_id)
    if source.app_id != target.app_id:
        raise NotFound("The app has no ticket intoId", "intoId")
    if source.id == target.id:
        raise InvalidInput("A ticket can't be merged into itself", "intoId")
    _not_merged(source, "id")
    await _claim(source, target)
    try:
        await write_ticket({"_id": source.id}, lambda current: _merged(current, target, actor.label))
    except Conflict:
        await _release(source, target)
        raise
    return found(await Ticket.get(target.id), "Ticket")


def _merged(source: Ticket, target: Ticket, by: str) -> Ticket:
    """Decides about the source, as it is now."""
    now = clock.now()
    _not_merged(source, "id")
    if any(now - claim.at < CLAIM_HOLDS for claim in source.merge_claims):
        raise Conflict("Another ticket is being merged into this one: try again", "id")
    closed = with_status(source, TicketStatus.CLOSED, by, now)
    pointing = recorded(
        changed(closed, merged_into_id=target.id), TicketChangeKind.MERGED, by, now, after=str(target.id)
    )
    return with_event(pointing, TicketEventKind.MERGED, now)


async def _claim(source: Ticket, target: Ticket) -> None:
    """Raises `Conflict` where nothing can be merged into the target."""
    claim = MergeClaim(ticket_id=source.id, at=clock.now()).model_dump(by_alias=True)
    free = {"_id": target.id, "mergedIntoId": None, "status": {"$ne": TicketStatus.CLOSED.value}}
    if await Ticket.change(free, {"$push": {"mergeClaims": claim}, "$inc": {"version": 1}}) is None:
        current = found(await Ticket.get(target.id), "Ticket")
        _not_merged(current, "intoId")
        raise Conflict(f"{current.reference} is closed: open it first", "intoId")


async def _release(source: Ticket, target: Ticket) -> None:
    await Ticket.change({"_id": target.id}, {"$pull": {"mergeClaims": {"ticketId": source.id}}})


def _not_merged(ticket: Ticket, field: str) -> None:
    if ticket.merged_into_id is not None:
        raise Conflict(f"{ticket.reference} was merged into another ticket before", field)
