"""Where a conversation goes on when a customer writes: in the ticket, in the one that it was merged into, or in a new
one that follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from beanie import PydanticObjectId

from core.errors import found
from models.apps import App
from models.base import touched
from models.ticket_messages import TicketAttachment, TicketMessage
from models.tickets import Ticket, TicketLink, TicketLinkKind, TicketPriority
from resolvers.ticket_authors import Author, message_by
from resolvers.ticket_events import keep_message
from resolvers.ticket_opening import open_ticket
from resolvers.ticket_states import takes_messages_of_customer, with_message
from resolvers.ticket_writes import write_ticket


@dataclass(frozen=True, slots=True)
class Said:
    """A message and the ticket that it is in. `continues` is the ticket that it was meant for, where that had ended."""

    ticket: Ticket
    message: TicketMessage
    continues: Ticket | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        if self.continues is None:
            return "Message added"
        return f"{self.continues.reference} has ended: the message went to {self.ticket.reference}"


class _EndedMeanwhile(Exception):
    """The ticket does not take messages of customers any more."""


async def say(
    ticket: Ticket,
    author: Author,
    content: str,
    at: datetime,
    *,
    message_id: PydanticObjectId | None = None,
    mail_id: str | None = None,
    attachments: Sequence[TicketAttachment] = (),
) -> Said:
    """Adds what a customer writes, wherever the conversation goes on."""
    identity, current = message_id or PydanticObjectId(), ticket

    def said(where: Ticket) -> Said:
        kept = message_by(author, where, content, at, id=identity, mail_id=mail_id, attachments=attachments)
        return Said(where, TicketMessage.model_validate(kept), ticket if where.id != ticket.id else None)

    while True:
        if target := await _target(current):
            current = target
        elif takes_messages_of_customer(current, at):
            message = message_by(author, current, content, at, id=identity, mail_id=mail_id, attachments=attachments)
            try:
                return said(await _added(current, message, author, at))
            except _EndedMeanwhile:
                current = found(await Ticket.get(current.id), "Ticket")
        else:
            follow_up_id = await _follow_up_id(current)
            following = await Ticket.get(follow_up_id)
            if following is None:
                fields = _follow_up(current, content)
                app = found(await App.get(current.app_id), "App")
                following = await open_ticket(
                    app, author, at, fields, id=follow_up_id, message_id=identity, mail_id=mail_id,
                    attachments=attachments,
                )  # fmt: skip
                if following is not None:
                    return said(following)
            current = following or found(await Ticket.get(follow_up_id), "Ticket")


async def _added(ticket: Ticket, message: dict[str, object], author: Author, at: datetime) -> Ticket:
    """Where somebody died after the message was in the ticket, it is added to the conversation as they had it."""
    waiting: list[dict[str, object]] = []

    def decide(current: Ticket) -> Ticket:
        if current.merged_into_id is not None or not takes_messages_of_customer(current, at):
            raise _EndedMeanwhile
        said = [event.message for event in current.events if event.message]
        waiting[:] = [one for one in said if one["_id"] == message["_id"]]
        return current if waiting else with_message(current, message, author.label, at)

    written = found(await write_ticket({"_id": ticket.id}, decide), "Ticket")
    for one in waiting:
        await keep_message(one)
    return written


async def _target(ticket: Ticket) -> Ticket | None:
    """What it was merged into. Merged tickets stay closed, so asking for the target's ends."""
    return await Ticket.get(ticket.merged_into_id) if ticket.merged_into_id else None


async def _follow_up_id(ticket: Ticket) -> PydanticObjectId:
    """Of the one ticket that follows this one, whoever asks first, and whether it is there yet or not."""
    fresh = touched({"followUpId": PydanticObjectId()})
    claimed = await Ticket.change({"_id": ticket.id, "followUpId": None}, fresh)
    current = claimed or found(await Ticket.get(ticket.id), "Ticket")
    return current.follow_up_id or PydanticObjectId()


def _follow_up(ticket: Ticket, content: str) -> dict[str, object]:
    """What a new ticket takes over from the one that it follows."""
    taken_over = (
        "subject", "email", "email_key", "name", "language", "contact_id", "people", "shop_id", "shop_domain",
        "topic", "source", "assignee_id", "tags",
    )  # fmt: skip
    link = TicketLink(kind=TicketLinkKind.FOLLOW_UP, ticket_id=ticket.id)
    return {
        **{name: getattr(ticket, name) for name in taken_over},
        "message": content,
        "priority": TicketPriority.MEDIUM,
        "links": [link],
    }
