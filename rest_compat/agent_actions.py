"""The e-mail agent, over REST."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

from models.agent_actions import (
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentGoal,
    AgentHold,
    AgentLanguage,
    AgentTone,
)
from resolvers import agent_actions, agent_decisions, agent_drafts, agent_sending, agent_stats
from resolvers.agent_actions import AgentActionFilter, AgentActionSortKey
from resolvers.agent_decisions import AgentActionOverride
from resolvers.agent_drafts import AgentDraftCreate
from resolvers.agent_stats import AgentStatsFilter
from rest_compat.edge import (
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)

AgentActionId = Annotated[str, Path(alias="id")]
DraftedActionId = Annotated[str, Path(alias="actionId")]
Identity = Annotated[str, BeforeValidator(str)]


class AgentFactWire(Wire):
    name: str
    value: str
    vouched: bool


class AgentInputsWire(Wire):
    tone: AgentTone
    goal: AgentGoal
    language: AgentLanguage
    points: str


class AgentDraftWire(Wire):
    subject: str
    body: str
    html_body: str


class AgentCheckWire(Wire):
    name: str
    passed: bool
    blocking: bool
    detail: str


class AgentReadingWire(Wire):
    classification: str
    confidence: float
    reasons: list[str]


class AgentUsageWire(Wire):
    input_tokens: int
    output_tokens: int
    cost: Decimal | None


class AgentChangeWire(Wire):
    kind: AgentChangeKind
    at: Moment
    by: str
    note: str | None


class AgentActionWire(StoredWire):
    app_id: str
    type: AgentActionType
    status: AgentActionStatus
    decision: AgentDecision
    email: str
    name: str
    prospect_id: Identity | None
    contact_id: Identity | None
    ticket_id: Identity | None
    inputs: AgentInputsWire | None
    facts: list[AgentFactWire]
    text: str
    written: AgentDraftWire | None
    draft: AgentDraftWire | None
    checks: list[AgentCheckWire]
    holds: list[AgentHold]
    reading: AgentReadingWire | None
    reasons: list[str]
    problem: str | None
    writer: str
    usage: AgentUsageWire | None
    created_by: str
    decided_by: str | None
    decided_at: Moment | None
    sent_by: str | None
    sent_at: Moment | None
    delivery_id: Identity | None
    is_corrected: bool
    expires_at: Moment
    history: list[AgentChangeWire]


class AgentStatsWire(Wire):
    total: int
    judged: int
    corrected: int
    override_rate: float
    by_type: Mapping[AgentActionType, int]
    by_status: Mapping[AgentActionStatus, int]
    by_decision: Mapping[AgentDecision, int]


class DraftedWire(Wire):
    """A fresh draft. `decision` says whether a person may send it, `reasons` why not."""

    action_id: str
    subject: str
    body: str
    html_body: str
    status: AgentActionStatus
    decision: AgentDecision
    reasons: list[str]


class AgentActionListing(Listing, AgentActionFilter):
    sort_keys = AgentActionSortKey


async def list_agent_actions(
    actor: CurrentActor, query: Annotated[AgentActionListing, Query()]
) -> Paged[AgentActionWire]:
    """What the e-mail agent did."""
    found = await agent_actions.list_agent_actions(actor, query.window, query, query.order)
    return await page_of(AgentActionWire, found, query.window)


async def show_agent_stats(actor: CurrentActor, query: Annotated[AgentStatsFilter, Query()]) -> Data[AgentStatsWire]:
    """How often the e-mail agent is right."""
    return Data(data=AgentStatsWire.of(await agent_stats.agent_stats(actor, query.app_id)))


async def get_agent_action(actor: CurrentActor, action_id: AgentActionId) -> Data[AgentActionWire]:
    """One action, with all that the writer was told."""
    return Data(data=AgentActionWire.of(await agent_actions.get_agent_action(actor, action_id)))


async def override_agent_action(
    actor: CurrentActor, action_id: AgentActionId, body: AgentActionOverride | None = None
) -> DataMessage[AgentActionWire]:
    """Put a person's decision in the place of the agent's."""
    done = await agent_decisions.override_agent_action(actor, action_id, body or AgentActionOverride())
    return DataMessage(data=AgentActionWire.of(done), message="The agent was overridden")


async def draft_email(actor: CurrentActor, body: AgentDraftCreate) -> Data[DraftedWire]:
    """Draft a first mail to a prospect."""
    action = await agent_drafts.draft_email(actor, body)
    draft = action.draft
    return Data(
        data=DraftedWire(
            action_id=str(action.id),
            subject=draft.subject if draft else "",
            body=draft.body if draft else "",
            html_body=draft.html_body if draft else "",
            status=action.status,
            decision=action.decision,
            reasons=action.reasons,
        )
    )


async def send_agent_draft(actor: CurrentActor, action_id: DraftedActionId) -> DataMessage[AgentActionWire]:
    """Send a draft, once."""
    sent = await agent_sending.send_agent_draft(actor, action_id)
    return DataMessage(data=AgentActionWire.of(sent), message=f"The mail to {sent.email} is on its way")
