"""How the e-mail agent writes, in GraphQL."""

import strawberry

from models.agent_actions import AgentGoal, AgentLanguage, AgentTone

strawberry.enum(AgentGoal)
strawberry.enum(AgentLanguage)
strawberry.enum(AgentTone)

__all__ = ["AgentGoal", "AgentLanguage", "AgentTone"]
