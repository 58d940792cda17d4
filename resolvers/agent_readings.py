"""What customers mean: the agent reads what they wrote last. What it is sure of needs nobody."""

from typing import Annotated, Any, Final

from beanie import PydanticObjectId
from pydantic import Field

from core import clock
from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Input
from core.runtime import runtime
from mail.inbound.classification import Classification
from mail.writers import WriterProblem
from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentReading,
)
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.agent_drafts import PER_PERSON, VALID_FOR
from resolvers.agent_writing import change, failure, spent, writer
from resolvers.ticket_scope import visible_ticket

SURE: Final = 0.75
LONGEST_TEXT: Final = 8_000
"""Characters that are read and kept."""


class AgentClassify(Input):
    """What the customer wrote last in a ticket."""

    ticket_id: Annotated[str, Field(max_length=64)]


@allow(SUPPORT)
async def classify_customer_message(actor: Actor, data: AgentClassify) -> AgentAction:
    """Says what a customer means by what they wrote last in a ticket. What the agent is not sure of is left to a
    person. Fails as drafting does."""
    ticket = await visible_ticket(actor, data.ticket_id)
    if not ticket.email:
        raise InvalidInput("The customer's data was erased", "ticketId")
    await runtime().limits.count(PER_PERSON, actor.id)
    said = {"appId": ticket.app_id, "ticketId": ticket.id, "isCustomer": True}
    last = await TicketMessage.find(said).sort("-createdAt", "-_id").first_or_none()
    text = (last.content if last else ticket.message)[:LONGEST_TEXT]
    asked = writer()
    try:
        read = await asked.read(text)
    except WriterProblem as problem:
        fields = {
            "status": AgentActionStatus.FAILED,
            "decision": AgentDecision.ESCALATE,
            "problem": problem.message,
            "usage": spent(problem.usage),
        }
        failed = await _kept(actor, ticket, last, text, asked.name, AgentChangeKind.FAILED, fields).insert()
        raise failure(problem, failed.id) from None
    is_sure = read.confidence >= SURE and read.classification != Classification.UNKNOWN
    reading = AgentReading(classification=read.classification, confidence=read.confidence, reasons=[*read.reasons])
    settled = {
        "status": AgentActionStatus.APPROVED if is_sure else AgentActionStatus.DRAFTED,
        "decision": AgentDecision.AUTO if is_sure else AgentDecision.ESCALATE,
        "reading": reading,
        "reasons": [] if is_sure else ["It is not sure what the customer means"],
        "usage": spent(read.usage),
    }
    return await _kept(actor, ticket, last, text, asked.name, AgentChangeKind.WRITTEN, settled).insert()


def _kept(
    actor: Actor,
    ticket: Ticket,
    message: TicketMessage | None,
    text: str,
    by: str,
    kind: AgentChangeKind,
    fields: dict[str, Any],
) -> AgentAction:
    now = clock.now()
    return AgentAction(
        id=PydanticObjectId(),
        app_id=ticket.app_id,
        type=AgentActionType.CLASSIFY,
        email=ticket.email,
        email_key=ticket.email_key,
        name=ticket.name,
        ticket_id=ticket.id,
        message_id=message.id if message else None,
        contact_id=ticket.contact_id,
        text=text,
        writer=by,
        created_by=actor.label,
        expires_at=now + VALID_FOR,
        history=[change(kind, actor)],
        created_at=now,
        updated_at=now,
        **fields,
    )
