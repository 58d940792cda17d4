"""What people mean: the agent reads what they wrote. What it is sure of needs nobody."""

from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.access import MARKETING, SUPPORT, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.runtime import runtime
from mail.inbound.classification import Classification
from mail.writers import Read, WriterProblem
from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentReading,
)
from models.inbound_messages import InboundMessage
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.agent_drafts import PER_PERSON, VALID_FOR
from resolvers.agent_scope import AgentSource, visible_source
from resolvers.agent_writing import change, failure, spent, writer

SURE: Final = 0.75
UNSURE: Final = "It is not sure what they mean"
LONGEST_TEXT: Final = 8_000
"""Characters that are read and kept."""


@allow(MARKETING | SUPPORT)
async def classify_message(actor: Actor, data: AgentSource) -> AgentAction:
    """Says what somebody means by what they wrote last in a ticket, or by a mail that was received. What the agent is
    not sure of is left to a person. Nothing else follows from it. Fails as drafting does."""
    source = await visible_source(actor, data)
    about, text = await _said(source)
    if not about["email"]:
        raise InvalidInput("Their data was erased", "ticketId")
    await runtime().limits.count(PER_PERSON, actor.id)
    asked = writer()
    about |= {"app_id": source.app_id, "writer": asked.name, "text": text[:LONGEST_TEXT]}
    try:
        read = await asked.read(text[:LONGEST_TEXT])
    except WriterProblem as problem:
        failed = await _kept(actor, AgentChangeKind.FAILED, about | _failed(problem)).insert()
        raise failure(problem, failed.id) from None
    return await _kept(actor, AgentChangeKind.WRITTEN, about | _settled(read)).insert()


async def _said(source: Ticket | InboundMessage) -> tuple[dict[str, Any], str]:
    """Whom it is about, and what they wrote."""
    if isinstance(source, InboundMessage):
        about = {"email": source.sender, "email_key": source.sender_key, "name": source.sender_name}
        return {**about, "inbound_id": source.id, "contact_id": source.contact_id}, source.new_text
    by_customer = {"appId": source.app_id, "ticketId": source.id, "isCustomer": True}
    last = await TicketMessage.find(by_customer).sort("-createdAt", "-_id").first_or_none()
    about = {"email": source.email, "email_key": source.email_key, "name": source.name}
    ids = {"ticket_id": source.id, "message_id": last.id if last else None, "contact_id": source.contact_id}
    return {**about, **ids}, last.content if last else source.message


def _settled(read: Read) -> dict[str, Any]:
    is_sure = read.confidence >= SURE and read.classification != Classification.UNKNOWN
    reading = AgentReading(classification=read.classification, confidence=read.confidence, reasons=[*read.reasons])
    return {
        "status": AgentActionStatus.APPROVED if is_sure else AgentActionStatus.DRAFTED,
        "decision": AgentDecision.AUTO if is_sure else AgentDecision.ESCALATE,
        "reading": reading,
        "reasons": [] if is_sure else [UNSURE],
        "usage": spent(read.usage),
    }


def _failed(problem: WriterProblem) -> dict[str, Any]:
    return {
        "status": AgentActionStatus.FAILED,
        "decision": AgentDecision.ESCALATE,
        "problem": problem.message,
        "usage": spent(problem.usage),
    }


def _kept(actor: Actor, kind: AgentChangeKind, fields: dict[str, Any]) -> AgentAction:
    now = clock.now()
    return AgentAction(
        id=PydanticObjectId(),
        type=AgentActionType.CLASSIFY,
        created_by=actor.label,
        expires_at=now + VALID_FOR,
        history=[change(kind, actor)],
        created_at=now,
        updated_at=now,
        **fields,
    )
