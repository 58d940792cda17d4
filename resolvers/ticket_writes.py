"""How tickets are written: read, decide, and write if nobody changed meanwhile what the decision was made by, else
again.

What happened is kept in the ticket by the same write, until all that follows from it was done: whoever dies in between
loses nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from core import clock
from core.mongo import Filter
from models.tickets import Ticket
from resolvers.ticket_events import announce, follow
from resolvers.ticket_states import derived

Decide = Callable[[Ticket], Ticket]
"""What a ticket is to become, from what it is. It may be called several times."""

MOMENTS: Final = ("last_message_at", "last_customer_message_at", "last_staff_message_at")
"""They only grow, so that messages that change nothing else need not wait for each other."""
UNGUARDED: Final = frozenset({*MOMENTS, "events", "version", "updated_at"})


async def write_ticket(identity: Filter, decide: Decide) -> Ticket | None:
    """The ticket as it is afterwards, and all that follows from what happened is done, or left to the clock. None where
    there is no such ticket."""
    while True:
        current = await Ticket.find_one(identity)
        if current is None:
            return None
        wanted = derived(decide(current))
        update = _update(current, wanted)
        if update is None:
            return current
        written = await Ticket.change({"_id": current.id, "version": current.version}, update)
        if written is not None:
            await follow(written, wanted.events[len(current.events) :])
            await announce(written)
            return written


def _update(current: Ticket, wanted: Ticket) -> dict[str, Any] | None:
    """None where nothing changes."""
    changes = _differences(current, wanted)
    moments = {
        _stored_name(name): moment
        for name in MOMENTS
        if isinstance(moment := getattr(wanted, name), datetime) and moment != getattr(current, name)
    }
    events = [_stored(event) for event in wanted.events[len(current.events) :]]
    if not (changes or moments or events):
        return None
    return {
        "$set": changes,
        "$max": moments | {"updatedAt": clock.now()},
        **({"$push": {"events": {"$each": events}}} if events else {}),
        **({"$inc": {"version": 1}} if changes else {}),
    }


def _differences(current: Ticket, wanted: Ticket) -> dict[str, Any]:
    """What is to be set, by stored names."""
    return {
        _stored_name(name): _stored(getattr(wanted, name))
        for name in Ticket.model_fields
        if name not in UNGUARDED and getattr(current, name) != getattr(wanted, name)
    }


def _stored_name(name: str) -> str:
    return Ticket.model_fields[name].alias or name


def _stored(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    return [_stored(item) for item in value] if isinstance(value, list) else value
