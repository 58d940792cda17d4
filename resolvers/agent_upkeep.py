"""Drafts that nobody sent in time."""

from core import clock
from core.access import allow
from core.actor import Actor
from models.agent_actions import SENDABLE, AgentAction, AgentActionStatus, AgentChange, AgentChangeKind
from models.base import touched


@allow()
async def expire_agent_drafts(actor: Actor) -> int:
    """Ends drafts whose time is over, and returns how many there were."""
    now = clock.now()
    entry = AgentChange(kind=AgentChangeKind.EXPIRED, at=now, by=actor.label)
    old = {"status": {"$in": [status.value for status in SENDABLE]}, "expiresAt": {"$lte": now}}
    ended = touched({"status": AgentActionStatus.EXPIRED.value}) | {
        "$push": {"history": entry.model_dump(by_alias=True)},
        "$inc": {"version": 1},
    }
    result = await AgentAction.get_pymongo_collection().update_many(old, ended)
    return result.modified_count
