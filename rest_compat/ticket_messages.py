"""What is said in tickets, over REST."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from core.inputs import Input
from core.pages import Page
from resolvers import ticket_messages
from resolvers.ticket_messages import TicketMessageCreate
from rest_compat.attachments import new_files
from rest_compat.edge import AppId, CurrentActor, DataMessage, Paged, StoredWire, page_of
from rest_compat.tickets import Identity, TicketAttachmentWire, TicketId
from rest_compat.uploads import CurrentFiles

AT_ONCE = 1000
"""Clients that know no pages see a whole conversation."""


class TicketMessageWire(StoredWire):
    ticket_id: Identity
    content: str
    is_customer: bool
    is_internal: bool
    author_email: str
    author_name: str
    attachments: list[TicketAttachmentWire]


class TicketMessageListing(Input):
    page: int = Field(1, ge=1, le=1_000_000)
    limit: int = Field(AT_ONCE, ge=1, le=AT_ONCE)


async def add_ticket_message(
    actor: CurrentActor, app_id: AppId, ticket_id: TicketId, body: TicketMessageCreate, files: CurrentFiles
) -> DataMessage[TicketMessageWire]:
    """Add an answer, a note, or what a customer writes; `ticketId` is the ticket in which the conversation goes on."""
    said = await ticket_messages.add_ticket_message(actor, ticket_id, body, app_id, new_files(files))
    return DataMessage(data=TicketMessageWire.of(said.message), message=said.sentence)


async def list_ticket_messages(
    actor: CurrentActor, app_id: AppId, ticket_id: TicketId, query: Annotated[TicketMessageListing, Query()]
) -> Paged[TicketMessageWire]:
    """What was said in the ticket, from its beginning."""
    window = Page(query.page, query.limit)
    found = await ticket_messages.list_ticket_messages(actor, ticket_id, window, app_id=app_id)
    return await page_of(TicketMessageWire, found, window)
