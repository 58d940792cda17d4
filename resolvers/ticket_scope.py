"""Which tickets somebody can see, and what of them: the one way to a ticket.

Staff see all. An app's backend sees the tickets of its app, and an end user those that they have a part in, without
what staff keep among themselves: notes, tags, who works on it, the clocks and the history.
"""

from dataclasses import replace
from typing import Any, Final

from core.actor import Actor, Kind
from core.errors import InvalidInput, found
from core.ids import object_id
from core.inputs import key_of_email
from core.pages import Slice
from models.ticket_messages import TicketMessage
from models.tickets import NEVER, Ticket, TicketClock
from resolvers.apps import visible_app

HIDDEN: Final[dict[str, Any]] = {
    "people": [],
    "people_keys": [],
    "assignee_id": None,
    "tags": [],
    "links": [],
    "merge_claims": [],
    "first_response": TicketClock(),
    "resolution": TicketClock(),
    "next_due": NEVER,
    "alarm_at": NEVER,
    "history": [],
    "events": [],
    "created_by": "",
}
"""What nobody but staff sees, and what stands in its place."""


def sees_all(actor: Actor) -> bool:
    """Staff, and the system itself."""
    return actor.kind in (Kind.STAFF, Kind.SYSTEM)


async def visible_tickets(actor: Actor, app_id: str | None) -> dict[str, Any]:
    """Matches the tickets that the actor can see, of one app or of all. Raises `NotFound` for an unknown app."""
    if app_id is not None:
        await visible_app(actor, app_id)
    query: dict[str, Any] = {}
    if (of_app := app_id or actor.app_id) is not None:
        query["appId"] = of_app
    if actor.kind is Kind.END_USER:
        query["peopleKeys"] = key_of_email(actor.email or "")
    return query


async def visible_ticket(actor: Actor, ticket_id: str, app_id: str | None = None) -> Ticket:
    """As it is stored: to be shown by `shown_to`. Raises `NotFound`."""
    query, identity = await visible_tickets(actor, app_id), object_id(ticket_id)
    return found(await Ticket.find_one({**query, "_id": identity}) if identity else None, "Ticket")


def shown_to(actor: Actor, ticket: Ticket) -> Ticket:
    """Without what the actor must not see."""
    if sees_all(actor):
        return ticket
    copy: Ticket = ticket.model_copy(update=HIDDEN)
    return copy


def message_shown_to(actor: Actor, message: TicketMessage) -> TicketMessage:
    """Customers know who answered, and not at which address."""
    if sees_all(actor) or message.is_customer:
        return message
    copy: TicketMessage = message.model_copy(update={"author_email": ""})
    return copy


def all_shown_to(actor: Actor, tickets: Slice[Ticket]) -> Slice[Ticket]:
    if sees_all(actor):
        return tickets
    return replace(tickets, items=[shown_to(actor, ticket) for ticket in tickets.items])


def only_staff(actor: Actor, **given: object) -> None:
    """Raises `InvalidInput` naming the first of the fields that somebody else sent."""
    for name, value in given.items():
        if value and not sees_all(actor):
            raise InvalidInput(f"{name} is for staff alone", name)
