"""What people decide on the agent's work: they approve, reject, edit or override it."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from core import clock
from core.access import MARKETING, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, found
from core.inputs import OMITTED, Input, LongText, ShortText, Text
from mail.inbound.classification import Classification
from models.agent_actions import (
    SENDABLE,
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentReading,
)
from models.apps import App
from models.prospects import Prospect
from resolvers.agent_actions import get_agent_action, write_action
from resolvers.agent_holds import holds_on
from resolvers.agent_scope import check_role
from resolvers.agent_writing import change, drafted, judgement

Subject = Annotated[Text, Field(min_length=1, max_length=200)]
Body = Annotated[LongText, Field(min_length=1)]
BY_PERSON: Final = "A person overrode it, without a text of their own"


class AgentDraftUpdate(Input):
    """Plain text; an empty line separates paragraphs."""

    subject: Subject = OMITTED
    body: Body = OMITTED

    @model_validator(mode="after")
    def _says_something(self) -> "AgentDraftUpdate":
        if not self.model_fields_set:
            raise ValueError("give a subject, a body or both")
        return self


class AgentActionReject(Input):
    reason: ShortText | None = None


class AgentActionOverride(Input):
    """What counts instead of what the agent said: a text, a classification, or a decision alone. With `suggest` a
    person answers for the agent's own text; without any of these the action is not sent until somebody writes a
    text."""

    subject: Subject = OMITTED
    body: Body = OMITTED
    classification: Classification = OMITTED
    decision: AgentDecision = OMITTED
    reason: ShortText | None = None


@allow(MARKETING | SUPPORT)
async def approve_agent_action(actor: Actor, action_id: str) -> AgentAction:
    """Approves a draft as it is now. Sending it is another step; changing it takes the approval back."""
    action = await _decidable(actor, action_id, AgentActionStatus.DRAFTED)
    if action.decision is AgentDecision.ESCALATE:
        raise InvalidInput(f"It can't be approved as it is: {_why(action)}", "id")
    return await write_action(
        action,
        change(AgentChangeKind.APPROVED, actor),
        status=AgentActionStatus.APPROVED,
        is_judged=True,
        decided_by=actor.label,
        decided_at=clock.now(),
    )


@allow(MARKETING | SUPPORT)
async def reject_agent_action(actor: Actor, action_id: str, data: AgentActionReject) -> AgentAction:
    """Discards a draft for good."""
    action = await _decidable(actor, action_id, *SENDABLE)
    return await write_action(
        action,
        change(AgentChangeKind.REJECTED, actor, data.reason),
        status=AgentActionStatus.REJECTED,
        is_judged=True,
        decided_by=actor.label,
        decided_at=clock.now(),
    )


@allow(MARKETING | SUPPORT)
async def edit_agent_draft(actor: Actor, action_id: str, data: AgentDraftUpdate) -> AgentAction:
    """Changes the text of a draft, which is looked at anew. An approval is taken back: it was of another text."""
    action = await _decidable(actor, action_id, *SENDABLE)
    was_overridden = action.status is AgentActionStatus.OVERRIDDEN
    return await write_action(
        action,
        change(AgentChangeKind.EDITED, actor),
        status=action.status if was_overridden else AgentActionStatus.DRAFTED,
        is_corrected=True,
        is_judged=was_overridden,
        decided_by=actor.label if was_overridden else None,
        decided_at=clock.now() if was_overridden else None,
        **await _rewritten(action, data.subject, data.body),
    )


@allow(MARKETING | SUPPORT)
async def override_agent_action(actor: Actor, action_id: str, data: AgentActionOverride) -> AgentAction:
    """Puts a person's decision in the place of the agent's, once. Raises `Conflict` where the agent's own does not
    count any more: it was sent, rejected, overridden, has failed or expired."""
    action = await get_agent_action(actor, action_id)
    check_role(actor, action)
    is_classification = action.type is AgentActionType.CLASSIFY
    if action.is_final:
        raise Conflict(f"The action is {action.status}: there is nothing left to override", "id")
    said = await (_reclassified if is_classification else _redecided)(action, data)
    return await write_action(
        action,
        change(AgentChangeKind.OVERRIDDEN, actor, data.reason),
        status=AgentActionStatus.OVERRIDDEN,
        is_corrected=True,
        is_judged=True,
        decided_by=actor.label,
        decided_at=clock.now(),
        **said,
    )


async def _decidable(actor: Actor, action_id: str, *statuses: AgentActionStatus) -> AgentAction:
    """A draft with one of the statuses. Raises `Conflict`."""
    action = await get_agent_action(actor, action_id)
    check_role(actor, action)
    if action.type is AgentActionType.CLASSIFY:
        raise Conflict("A classification is no draft: it can be overridden", "id")
    if action.status not in statuses:
        raise Conflict(f"The action is {action.status} already", "id")
    return action


async def _redecided(action: AgentAction, data: AgentActionOverride) -> dict[str, object]:
    if "classification" in data.model_fields_set:
        raise InvalidInput("classification is for actions that classify", "classification")
    if data.decision is AgentDecision.AUTO:
        raise InvalidInput("auto is for classifications alone: a person sends a draft", "decision")
    vouches = data.decision is AgentDecision.SUGGEST
    fields: dict[str, object] = {}
    if vouches or data.model_fields_set & {"subject", "body"}:
        fields = await _rewritten(action, data.subject, data.body)
    if data.decision is AgentDecision.ESCALATE or not fields:
        fields |= {"decision": AgentDecision.ESCALATE, "reasons": [data.reason or BY_PERSON], "holds": []}
    return fields


async def _reclassified(action: AgentAction, data: AgentActionOverride) -> dict[str, object]:
    if data.model_fields_set & {"subject", "body"}:
        raise InvalidInput("A classification has no text", "body")
    if "classification" not in data.model_fields_set:
        return {"decision": data.decision or AgentDecision.ESCALATE, "reasons": [data.reason or "A person overrode it"]}
    reading = AgentReading(classification=data.classification.value, confidence=1, reasons=[data.reason or "a person"])
    return {"decision": AgentDecision.SUGGEST, "reading": reading, "reasons": []}


async def _rewritten(action: AgentAction, subject: str | None, body: str | None) -> dict[str, object]:
    """The fields that follow from a person's text; what they leave out stays."""
    if action.draft is None or action.inputs is None:
        raise Conflict("There is no draft to change", "id")
    draft = drafted(subject or action.draft.subject, body or action.draft.body)
    app = found(await App.get(action.app_id), "App")
    prospect = await Prospect.get(action.prospect_id) if action.prospect_id else None
    holds = await holds_on(prospect) if prospect else {}
    judged = judgement(app, action.inputs, action.facts, draft, list(holds.values()), by_person=True)
    return judged | {"holds": list(holds)}


def _why(action: AgentAction) -> str:
    return "; ".join(action.reasons) or "it needs a person's own words"
