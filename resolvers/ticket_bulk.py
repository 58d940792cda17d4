"""What is done to many tickets at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import DomainError, InvalidInput
from core.inputs import Input, Moment
from core.mongo import Filter
from models.tickets import Ticket, TicketPriority, TicketTopic
from resolvers.apps import visible_app
from resolvers.ticket_inputs import Ids, Tag, object_ids
from resolvers.ticket_removal import remove_tickets
from resolvers.tickets import Statuses, TicketTagging, change_ticket

CHUNK: Final = 500


class TicketsDelete(Input):
    """Which tickets: by their ids, or by what they have in common. At least one of these is needed."""

    ids: Ids | None = None
    status: Statuses | None = None
    topic: TicketTopic | None = None
    priority: TicketPriority | None = None
    tag: Tag | None = None
    created_to: Moment | None = None


class TicketsUpdate(TicketTagging):
    ids: Ids


@dataclass(frozen=True, slots=True)
class Refused:
    """A ticket that stayed as it was, and why."""

    ticket_id: str
    message: str


@dataclass(frozen=True, slots=True)
class TicketsChanged:
    tickets: Sequence[Ticket]
    refused: Sequence[Refused]


@allow(SUPPORT)
async def delete_tickets(actor: Actor, app_id: str, data: TicketsDelete) -> int:
    """Deletes the tickets of an app that are named, or have all that is asked for, and returns how many. Raises
    `InvalidInput` where nothing is: that would be every ticket."""
    await visible_app(actor, app_id)
    query = {"appId": app_id, **_chosen(data)}
    deleted = 0
    while tickets := await Ticket.find(query).limit(CHUNK).to_list():
        deleted += await remove_tickets(tickets)
    return deleted


@allow(SUPPORT)
async def update_tickets(actor: Actor, app_id: str, data: TicketsUpdate) -> TicketsChanged:
    """Changes what is sent of each of the tickets of an app that are named. One that can't be changed does not keep the
    others from it."""
    await visible_app(actor, app_id)
    found = {ticket.id: ticket for ticket in await Ticket.find(_named(app_id, data.ids)).to_list()}
    changed: list[Ticket] = []
    refused: list[Refused] = []
    for text, identity in zip(data.ids, object_ids(data.ids), strict=True):
        ticket = found.get(identity)
        if ticket is None:
            refused.append(Refused(text, "Ticket not found"))
            continue
        try:
            changed.append(await change_ticket(ticket, data, actor))
        except DomainError as error:
            refused.append(Refused(text, error.message))
    return TicketsChanged(changed, refused)


def _named(app_id: str, ids: Sequence[str]) -> Filter:
    return {"appId": app_id, "_id": {"$in": object_ids(ids)}}


def _chosen(data: TicketsDelete) -> Filter:
    query: dict[str, object] = {}
    if data.ids is not None:
        query["_id"] = {"$in": object_ids(data.ids)}
    if data.status is not None:
        query["status"] = {"$in": [status.value for status in data.status]}
    if data.topic is not None:
        query["topic"] = data.topic.value
    if data.priority is not None:
        query["priority"] = data.priority.value
    if data.tag is not None:
        query["tags"] = data.tag
    if data.created_to is not None:
        query["createdAt"] = {"$lt": data.created_to}
    if not query:
        raise InvalidInput(
            "Say which tickets to delete: give ids, or what they have in common, such as a status", "ids"
        )
    return query
