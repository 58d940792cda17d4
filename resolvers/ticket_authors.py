"""Who speaks in a ticket, and what they say, as it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beanie import PydanticObjectId

from core.actor import Actor, Kind
from core.errors import InvalidInput
from core.inputs import key_of_email
from models.ticket_messages import TicketAttachment, TicketMessage
from models.tickets import Ticket
from resolvers.ticket_people import staff_behind


@dataclass(frozen=True, slots=True)
class Author:
    """`label` says who acted: it differs from the author where staff write down what a customer said."""

    label: str
    email: str
    name: str
    is_customer: bool
    user_id: PydanticObjectId | None = None


async def author_by(
    who: Actor, customer: tuple[str, str], *, is_customer: bool | None, email: str | None, name: str | None
) -> Author:
    """Staff speak for themselves, unless `is_customer` says otherwise; everybody else is the customer, whose address
    and name are `customer` where `email` and `name` say nothing. An end user is nobody else.

    Raises `InvalidInput`.
    """
    user = await staff_behind(who)
    if user is not None and not is_customer:
        if email is not None or name is not None:
            raise InvalidInput("authorEmail and authorName are for messages of customers", "authorEmail")
        return Author(who.label, user.email, user.name, is_customer=False, user_id=user.id)
    if is_customer is False and who.kind is Kind.SYSTEM:
        return Author(who.label, "", "", is_customer=False)
    if is_customer is False:
        raise InvalidInput("isCustomer can be false for staff alone", "isCustomer")
    if who.kind is Kind.END_USER:
        own = who.email or ""
        if email is not None and key_of_email(email) != key_of_email(own):
            raise InvalidInput("authorEmail must be your own address", "authorEmail")
        known = customer[1] if key_of_email(customer[0]) == key_of_email(own) else ""
        return Author(who.label, own, name or known, is_customer=True)
    is_requester = email is None or key_of_email(email) == key_of_email(customer[0])
    return Author(who.label, email or customer[0], name or (customer[1] if is_requester else ""), is_customer=True)


def message_by(
    author: Author,
    ticket: Ticket,
    content: str,
    at: datetime,
    *,
    id: PydanticObjectId | None = None,
    is_internal: bool = False,
    mail_id: str | None = None,
    attachments: Sequence[TicketAttachment] = (),
) -> dict[str, Any]:
    """A message in the ticket's conversation."""
    keys = [ticket.email_key, *([key_of_email(author.email)] if author.is_customer else [])]
    message = TicketMessage(
        id=id or PydanticObjectId(),
        app_id=ticket.app_id,
        ticket_id=ticket.id,
        content=content,
        is_customer=author.is_customer,
        is_internal=is_internal,
        author=author.label,
        author_id=author.user_id,
        author_email=author.email,
        author_name=author.name,
        people_keys=list(dict.fromkeys(keys)),
        mail_id=mail_id,
        attachments=list(attachments),
        created_at=at,
        updated_at=at,
    )
    stored: dict[str, Any] = message.model_dump(by_alias=True)
    return stored
