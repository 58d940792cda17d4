"""How people are taken out of what the e-mail agent did. What is left still counts."""

from typing import Any, Final

from models.agent_actions import SENDABLE, AgentAction, AgentActionStatus, AgentActionType
from models.base import touched
from resolvers.holdings import Holding, Person

SILENT: Final[dict[str, Any]] = {
    "email": "",
    "name": "",
    "facts": [],
    "text": "",
    "written": None,
    "draft": None,
    "checks": [],
    "reading": None,
    "reasons": [],
    "problem": None,
}


async def _erase(holding: Holding, person: Person) -> int:
    """Nothing that was written to them, or about them, stays; what could still have been sent ends."""
    count = 0
    async for batch in holding.batches(person):
        for action in batch:
            await AgentAction.find({"_id": action.id}).update(_without(action, person))
        count += len(batch)
    return count


def _without(action: AgentAction, person: Person) -> dict[str, Any]:
    inputs = action.inputs.model_copy(update={"points": ""}) if action.inputs else None
    changes = SILENT | {
        "emailKey": f"erased:{person.contact.id}",
        "inputs": inputs.model_dump(by_alias=True) if inputs else None,
        "history": [entry.model_copy(update={"note": None}).model_dump(by_alias=True) for entry in action.history],
    }
    if action.status in SENDABLE and action.type is not AgentActionType.CLASSIFY:
        changes["status"] = AgentActionStatus.EXPIRED.value
    return touched(changes) | {"$inc": {"version": 1}}


AGENT_ACTIONS: Final = Holding(
    AgentAction,
    lambda person: {"emailKey": person.contact.email_key},
    frozenset({"app_id", "type", "status", "email", "name", "facts", "draft", "reading", "created_at"}),
    _erase,
)
