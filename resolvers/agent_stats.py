"""How often the e-mail agent is right."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input
from models.agent_actions import AgentAction, AgentActionStatus, AgentActionType, AgentDecision
from resolvers.apps import visible_app


class AgentStatsFilter(Input):
    app_id: str | None = Field(None, max_length=64)


@dataclass(frozen=True, slots=True)
class AgentStats:
    """`judged` are the actions that a person decided on, `corrected` those of them in which the person put something of
    their own in the place of what the agent had said."""

    total: int
    judged: int
    corrected: int
    by_type: Mapping[AgentActionType, int]
    by_status: Mapping[AgentActionStatus, int]
    by_decision: Mapping[AgentDecision, int]

    @property
    def override_rate(self) -> float:
        """Of what people decided on, from 0 to 1; 0 where they decided on nothing yet."""
        return round(self.corrected / self.judged, 4) if self.judged else 0.0


@allow(STAFF)
async def agent_stats(actor: Actor, app_id: str | None = None) -> AgentStats:
    """What the e-mail agent did for an app, or for all of them, and how often people changed it."""
    if app_id is not None:
        await visible_app(actor, app_id)
    key = {name: f"${name}" for name in ("type", "status", "decision", "isJudged", "isCorrected")}
    stages = [
        {"$match": {} if app_id is None else {"appId": app_id}},
        {"$group": {"_id": key, "actions": {"$sum": 1}}},
    ]
    by_type, by_status = Counter(dict.fromkeys(AgentActionType, 0)), Counter(dict.fromkeys(AgentActionStatus, 0))
    by_decision = Counter(dict.fromkeys(AgentDecision, 0))
    judged = corrected = 0
    for row in await AgentAction.aggregate(stages).to_list():
        found, count = row["_id"], row["actions"]
        by_type[AgentActionType(found["type"])] += count
        by_status[AgentActionStatus(found["status"])] += count
        by_decision[AgentDecision(found["decision"])] += count
        judged += count if found["isJudged"] else 0
        corrected += count if found["isJudged"] and found["isCorrected"] else 0
    return AgentStats(by_type.total(), judged, corrected, by_type, by_status, by_decision)
