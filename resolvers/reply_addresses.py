"""Where answers are received: an address that says what it answers, a ticket or a mail, and that nobody can guess."""

from dataclasses import dataclass
from typing import Final

from beanie import PydanticObjectId

from core.runtime import runtime
from mail.links import ReplyTokens

MAILBOX: Final = "reply"
OF_TICKETS: Final = "ticket_reply"
OF_MAIL: Final = "mail_reply"
"""What the keys of their tokens are for: the one is never taken for the other."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an address was made for: one of both."""

    ticket_id: PydanticObjectId | None = None
    delivery_id: PydanticObjectId | None = None


def reply_address(ticket_id: PydanticObjectId) -> str | None:
    """Such as `reply+<token>@in.example.com`; None where no mail is received."""
    return _address(OF_TICKETS, ticket_id)


def mail_reply_address(delivery_id: PydanticObjectId) -> str | None:
    """Where the answer to one mail goes; None where no mail is received."""
    return _address(OF_MAIL, delivery_id)


def answered_by(address: str) -> Answered | None:
    """What an address was made for; None for any that was not made here."""
    settings = runtime().settings
    local, _, domain = address.strip().rpartition("@")
    mailbox, _, token = local.partition("+")
    ours = (settings.inbound_domain or "").lower()
    if not ours or domain.lower() != ours or mailbox.lower() != MAILBOX:
        return None
    if ticket := ReplyTokens(settings.keys(OF_TICKETS)).read(token):
        return Answered(ticket_id=PydanticObjectId(ticket))
    mail = ReplyTokens(settings.keys(OF_MAIL)).read(token)
    return Answered(delivery_id=PydanticObjectId(mail)) if mail else None


def _address(purpose: str, identity: PydanticObjectId) -> str | None:
    settings = runtime().settings
    if settings.inbound_domain is None:
        return None
    return f"{MAILBOX}+{ReplyTokens(settings.keys(purpose)).issue(identity)}@{settings.inbound_domain}"
