"""Whose the agent's work is, and what it is about."""

from typing import Annotated

from pydantic import Field, model_validator

from core.access import MARKETING, SUPPORT
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput
from core.inputs import Input
from models.agent_actions import AgentAction, AgentActionType
from models.inbound_messages import InboundMessage
from models.tickets import Ticket
from resolvers.inbound_messages import get_inbound_message
from resolvers.ticket_scope import visible_ticket


class AgentSource(Input):
    """What somebody wrote: last in a ticket, or in a mail that was received. One of the two."""

    ticket_id: Annotated[str, Field(max_length=64)] | None = None
    inbound_message_id: Annotated[str, Field(max_length=64)] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "AgentSource":
        if (self.ticket_id is None) == (self.inbound_message_id is None):
            raise ValueError("give either ticketId or inboundMessageId")
        return self


def check_role(actor: Actor, action: AgentAction) -> None:
    """Prospects are marketing's, tickets are support's, and other mail is both's. Raises `Forbidden`."""
    if action.type is AgentActionType.DRAFT:
        _only(actor, MARKETING)
    elif action.ticket_id is not None:
        _only(actor, SUPPORT)


async def visible_source(actor: Actor, data: AgentSource) -> Ticket | InboundMessage:
    """What is named; of a mail that belongs to a ticket, the ticket. Raises `NotFound`, `Forbidden`, and `InvalidInput`
    for a mail that is no app's."""
    ticket_id = data.ticket_id
    if ticket_id is None:
        message = await get_inbound_message(actor, data.inbound_message_id or "")
        if message.ticket_id is None and message.app_id is None:
            raise InvalidInput("The mail belongs to no app: nobody knows who would answer", "inboundMessageId")
        if message.ticket_id is None:
            return message
        ticket_id = str(message.ticket_id)
    _only(actor, SUPPORT)
    return await visible_ticket(actor, ticket_id)


def _only(actor: Actor, roles: frozenset[Role]) -> None:
    if actor.is_staff and actor.role not in roles:
        raise Forbidden(f"The role {actor.role} may not do this")
