"""The e-mail agent, over REST."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query

from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentGoal,
    AgentHold,
    AgentLanguage,
    AgentTone,
)
from resolvers import agent_actions, agent_decisions, agent_drafts, agent_sending
from resolvers import agent_stats as stats
from resolvers.agent_actions import AgentActionFilter, AgentActionSortKey
from resolvers.agent_decisions import AgentActionOverride
from resolvers.agent_drafts import AgentDraftCreate
from rest_compat.edge import (
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Moment,
    OptionalId,
    Paged,
    StoredWire,
    Wire,
    page_of,
)

AgentActionId = Annotated[str, Path(alias="id")]
DraftId = Annotated[str, Path(alias="actionId")]


class AgentFactWire(Wire):
    name: str
    value: str
    vouched: bool
