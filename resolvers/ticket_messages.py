"""What is said in tickets: answers, what customers write, and notes among staff."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from beanie import PydanticObjectId
from limits import RateLimitItemPerHour
from pydantic import Field

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput, found
from core.inputs import Email, Input, key_of_email
from core.mongo import slice_of
from core.pages import Slice, SortKey, Window
from core.runtime import runtime
from core.scopes import Scope
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketStatus
from resolvers.attachments import NewFile
from resolvers.ticket_attachments import Attached, attached
from resolvers.ticket_authors import Author, author_by, message_by
from resolvers.ticket_continuation import Said, say
from resolvers.ticket_inputs import AttachmentIds, MessageText, PersonName
from resolvers.ticket_scope import message_shown_to, only_staff, sees_all, shown_to, visible_ticket
from resolvers.ticket_states import with_message
from resolvers.ticket_writes import write_ticket
from resolvers.tickets import check_step

PER_PERSON: Final = RateLimitItemPerHour(120, namespace="ticket_messages_person")


class TicketMessageCreate(Input):
    """With `isInternal` it is a note, which nobody but staff sees. `isCustomer`, `authorEmail` and `authorName` are for
    what a customer said elsewhere; `status` is what staff move the ticket to by the same step."""

    content: MessageText
    is_internal: bool = False
    is_customer: bool | None = None
    author_email: Email | None = None
    author_name: PersonName | None = None
    status: TicketStatus | None = None
    attachment_ids: AttachmentIds = Field(default_factory=list)


class TicketMessageSortKey(SortKey):
    CREATED_AT = "createdAt"


@allow(STAFF, api_key=Scope.TICKETS_READ, end_user=True)
async def list_ticket_messages(
    actor: Actor, ticket_id: str, window: Window, *, app_id: str | None = None, newest_first: bool = False
) -> Slice[TicketMessage]:
    """What was said in a ticket. Staff see their notes too."""
    ticket = await visible_ticket(actor, ticket_id, app_id)
    return await messages_in(actor, ticket, window, newest_first=newest_first)


@allow(STAFF, api_key=Scope.TICKETS_READ, end_user=True)
async def messages_in(
    actor: Actor, ticket: Ticket, window: Window, *, newest_first: bool = False
) -> Slice[TicketMessage]:
    """What was said in a ticket that the actor can see."""
    query = {"appId": ticket.app_id, "ticketId": ticket.id} | ({} if sees_all(actor) else {"isInternal": False})
    sort = TicketMessageSortKey.CREATED_AT.order(descending=newest_first)
    messages = await slice_of(TicketMessage, query, sort, window)
    return replace(messages, items=[message_shown_to(actor, message) for message in messages.items])


@allow(SUPPORT, api_key=Scope.TICKETS_WRITE, end_user=True)
async def add_ticket_message(
    actor: Actor,
    ticket_id: str,
    data: TicketMessageCreate,
    app_id: str | None = None,
    files: Sequence[NewFile] = (),
) -> Said:
    """Adds an answer of staff, who mail it to the customer; a note; or what a customer writes, which opens the ticket
    again where it was resolved less than 14 days ago, and else begins a new one. Files may come along, besides those
    that were uploaded before.

    Raises `Conflict` where staff answer in a ticket that is closed.
    """
    ticket = await visible_ticket(actor, ticket_id, app_id)
    only_staff(actor, isInternal=data.is_internal, status=data.status)
    if data.is_internal and data.is_customer:
        raise InvalidInput("A note is not a customer's", "isInternal")
    if actor.kind is Kind.END_USER:
        await runtime().limits.count(PER_PERSON, ticket.app_id, key_of_email(actor.email or ""))
    author = await author_by(
        actor,
        (ticket.email, ticket.name),
        is_customer=False if data.is_internal else data.is_customer,
        email=data.author_email,
        name=data.author_name,
    )
    keys = {ticket.email_key, *([key_of_email(author.email)] if author.is_customer else [])}
    async with attached(
        actor, ticket.app_id, data.attachment_ids, files, people_keys=keys, is_internal=data.is_internal
    ) as brought:
        if author.is_customer:
            said = await say(
                ticket, author, data.content, clock.now(), message_id=brought.message_id, attachments=brought.files
            )
            return Said(shown_to(actor, said.ticket), said.message, said.continues)
        return await _answered(actor, ticket, author, data, brought)


@allow(SUPPORT)
async def answer_ticket(actor: Actor, ticket_id: str, content: str, *, message_id: PydanticObjectId) -> Said:
    """Adds an answer of staff under an id that is known before: doing it again has no second effect. Raises `Conflict`
    as `add_ticket_message` does."""
    ticket = await visible_ticket(actor, ticket_id)
    if (known := await TicketMessage.get(message_id)) is not None:
        return Said(ticket, known)
    author = await author_by(actor, (ticket.email, ticket.name), is_customer=False, email=None, name=None)
    return await _answered(actor, ticket, author, TicketMessageCreate(content=content), Attached(message_id, ()))


async def _answered(actor: Actor, ticket: Ticket, author: Author, data: TicketMessageCreate, brought: Attached) -> Said:
    now, after = clock.now(), data.status
    message = message_by(
        author,
        ticket,
        data.content,
        now,
        id=brought.message_id,
        is_internal=data.is_internal,
        attachments=brought.files,
    )

    def decide(current: Ticket) -> Ticket:
        if current.merged_into_id is not None:
            raise Conflict("The ticket was merged into another one: write there", "id")
        if current.status is TicketStatus.CLOSED and not data.is_internal:
            raise Conflict("The ticket is closed: open it to answer", "status")
        if any(event.message and event.message["_id"] == message["_id"] for event in current.events):
            return current
        if after is not None:
            check_step(current, after)
        return with_message(current, message, actor.label, now, status=after)

    written = found(await write_ticket({"_id": ticket.id}, decide), "Ticket")
    return Said(written, TicketMessage.model_validate(message))
