"""Tickets, over REST: `{messageId}` in a path is the ticket's id."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from models.tickets import TicketChangeKind, TicketLinkKind, TicketPriority, TicketSource, TicketStatus, TicketTopic
from resolvers import ticket_bulk, ticket_creation, ticket_stats, tickets
from resolvers.ticket_bulk import TicketsDelete
from resolvers.ticket_creation import TicketCreate
from resolvers.ticket_stats import TicketStatsPeriod
from resolvers.tickets import TicketFilter, TicketSortKey, TicketStatusChange, TicketUpdate
from rest_compat.attachments import new_files
from rest_compat.edge import (
    AppId,
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Message,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)
from rest_compat.uploads import CurrentFiles

TicketId = Annotated[str, Path(alias="messageId", description="The ticket's `_id`")]
Identity = Annotated[str, BeforeValidator(str)]


class TicketAttachmentWire(Wire):
    url: str
    key: str
    filename: str
    mimetype: str
    size: int
    uploaded_at: Moment


class TicketRatingWire(Wire):
    score: int
    comment: str
    at: Moment


class TicketWire(StoredWire):
    """What staff keep among themselves is empty for everybody else: tags, who works on it, when it is due."""

    app_id: str
    number: int
    reference: str
    shop_id: Identity | None
    shop_domain: str | None
    topic: TicketTopic
    email: str
    name: str
    language: str | None
    subject: str
    message: str
    status: TicketStatus
    priority: TicketPriority
    source: TicketSource
    attachments: list[TicketAttachmentWire]
    assignee_id: Identity | None
    tags: list[str]
    merged_into_id: Identity | None
    due_at: Moment | None
    resolved_at: Moment | None
    closed_at: Moment | None
    last_message_at: Moment
    rating: TicketRatingWire | None


class TicketChangeWire(Wire):
    kind: TicketChangeKind
    at: Moment
    by: str
    before: str | None
    after: str | None
    reason: str | None


class TicketLinkWire(Wire):
    kind: TicketLinkKind
    ticket_id: Identity


class TicketWithHistoryWire(TicketWire):
    """`history` begins with what came first."""

    links: list[TicketLinkWire]
    history: list[TicketChangeWire]


class RecentTicketWire(Wire):
    id: Annotated[str, BeforeValidator(str), Field(serialization_alias="_id")]
    subject: str
    email: str
    status: TicketStatus
    priority: TicketPriority
    created_at: Moment


class DayCountWire(Wire):
    date: date
    count: int


class TicketStatsWire(Wire):
    """`averageResolutionTime` is in milliseconds, 0 where nothing was resolved."""

    total: int
    by_status: Mapping[TicketStatus, int]
    by_topic: Mapping[TicketTopic, int]
    by_priority: Mapping[TicketPriority, int]
    recent_activity: list[RecentTicketWire]
    volume_over_time: list[DayCountWire]
    average_resolution_time: Annotated[float, BeforeValidator(lambda value: value or 0)]


class DeletedTickets(Message):
    deleted_count: int


class TicketListing(Listing, TicketFilter):
    sort_keys = TicketSortKey


async def list_all_tickets(actor: CurrentActor, query: Annotated[TicketListing, Query()]) -> Paged[TicketWire]:
    """The tickets of all apps."""
    found = await tickets.list_tickets(actor, query.window, query, query.order)
    return await page_of(TicketWire, found, query.window)


async def get_any_ticket(actor: CurrentActor, ticket_id: TicketId) -> Data[TicketWithHistoryWire]:
    """One ticket, whichever app it is of."""
    return Data(data=TicketWithHistoryWire.of(await tickets.get_ticket(actor, ticket_id)))


async def update_any_ticket(
    actor: CurrentActor, ticket_id: TicketId, body: TicketUpdate
) -> DataMessage[TicketWithHistoryWire]:
    """Change what is sent, leave the rest."""
    ticket = await tickets.update_ticket(actor, ticket_id, body)
    return DataMessage(data=TicketWithHistoryWire.of(ticket), message="Ticket updated")


async def delete_any_ticket(actor: CurrentActor, ticket_id: TicketId) -> Message:
    """Delete a ticket with all that was said in it."""
    ticket = await tickets.delete_ticket(actor, ticket_id)
    return Message(message=f"Ticket {ticket.reference} deleted")


async def change_any_ticket_status(
    actor: CurrentActor, ticket_id: TicketId, body: TicketStatusChange
) -> DataMessage[TicketWithHistoryWire]:
    """Move a ticket to another status."""
    ticket = await tickets.change_ticket_status(actor, ticket_id, body)
    return DataMessage(data=TicketWithHistoryWire.of(ticket), message=f"Ticket is {ticket.status}")


async def show_ticket_stats(
    actor: CurrentActor, app_id: AppId, query: Annotated[TicketStatsPeriod, Query()]
) -> Data[TicketStatsWire]:
    """How many tickets the app has, and how they came in and were resolved in the last days."""
    return Data(data=TicketStatsWire.of(await ticket_stats.ticket_stats(actor, app_id, query)))


async def create_ticket(
    actor: CurrentActor, app_id: AppId, body: TicketCreate, files: CurrentFiles
) -> DataMessage[TicketWithHistoryWire]:
    """Begin a ticket: for staff, an app's backend and its end users."""
    ticket = await ticket_creation.create_ticket(actor, app_id, body, new_files(files))
    return DataMessage(data=TicketWithHistoryWire.of(ticket), message=f"Ticket {ticket.reference} created")


async def list_tickets(
    actor: CurrentActor, app_id: AppId, query: Annotated[TicketListing, Query()]
) -> Paged[TicketWire]:
    """The app's tickets; for an end user their own."""
    found = await tickets.list_tickets(actor, query.window, query, query.order, app_id)
    return await page_of(TicketWire, found, query.window)


async def delete_tickets(
    actor: CurrentActor, app_id: AppId, query: Annotated[TicketsDelete, Query()], body: TicketsDelete | None = None
) -> DeletedTickets:
    """Delete the tickets that are named by their ids, or that have all that is asked for, in the query or the body."""
    if body is not None and query.model_fields_set:
        raise InvalidInput("Say which tickets to delete either in the query or in the body", "ids")
    deleted = await ticket_bulk.delete_tickets(actor, app_id, body or query)
    return DeletedTickets(message=f"{deleted} tickets deleted", deleted_count=deleted)


async def get_ticket(actor: CurrentActor, app_id: AppId, ticket_id: TicketId) -> Data[TicketWithHistoryWire]:
    """One ticket of the app."""
    return Data(data=TicketWithHistoryWire.of(await tickets.get_ticket(actor, ticket_id, app_id)))


async def update_ticket(
    actor: CurrentActor, app_id: AppId, ticket_id: TicketId, body: TicketUpdate
) -> DataMessage[TicketWithHistoryWire]:
    """Change what is sent, leave the rest."""
    ticket = await tickets.update_ticket(actor, ticket_id, body, app_id)
    return DataMessage(data=TicketWithHistoryWire.of(ticket), message="Ticket updated")


async def delete_ticket(actor: CurrentActor, app_id: AppId, ticket_id: TicketId) -> Message:
    """Delete a ticket with all that was said in it."""
    ticket = await tickets.delete_ticket(actor, ticket_id, app_id)
    return Message(message=f"Ticket {ticket.reference} deleted")


async def change_ticket_status(
    actor: CurrentActor, app_id: AppId, ticket_id: TicketId, body: TicketStatusChange
) -> DataMessage[TicketWithHistoryWire]:
    """Move a ticket to another status."""
    ticket = await tickets.change_ticket_status(actor, ticket_id, body, app_id)
    return DataMessage(data=TicketWithHistoryWire.of(ticket), message=f"Ticket is {ticket.status}")
