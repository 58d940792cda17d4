"""Where answers to a ticket's mail are received: an address that says which ticket it is, and that nobody can guess."""

from typing import Final

from beanie import PydanticObjectId

from core.runtime import runtime
from mail.links import ReplyTokens

MAILBOX: Final = "reply"
PURPOSE: Final = "ticket_reply"


def reply_address(ticket_id: PydanticObjectId) -> str | None:
    """Such as `reply+<token>@in.example.com`; None where no mail is received."""
    settings = runtime().settings
    if settings.inbound_domain is None:
        return None
    return f"{MAILBOX}+{ReplyTokens(settings.keys(PURPOSE)).issue(ticket_id)}@{settings.inbound_domain}"


def ticket_behind(address: str) -> PydanticObjectId | None:
    """The ticket that an address was made for; None for any other address."""
    settings = runtime().settings
    local, _, domain = address.strip().rpartition("@")
    mailbox, _, token = local.partition("+")
    ours = (settings.inbound_domain or "").lower()
    if not ours or domain.lower() != ours or mailbox.lower() != MAILBOX:
        return None
    found = ReplyTokens(settings.keys(PURPOSE)).read(token)
    return PydanticObjectId(found) if found else None
