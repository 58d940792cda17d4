"""What the e-mail agent did, and the one way in which that changes."""

from typing import Any, Final

from pydantic import Field

from core.access import STAFF, allow
from core.actor import Actor
from core.errors import Conflict, found
from core.ids import object_id
from core.inputs import Email, Input, key_of_email
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.agent_actions import (
    HISTORY_KEPT,
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChange,
    AgentDecision,
)
from models.base import touched


class AgentActionFilter(Input):
    """`email` is whom it is about."""

    app_id: str | None = Field(None, max_length=64)
    type: AgentActionType | None = None
    status: AgentActionStatus | None = None
    decision: AgentDecision | None = None
    prospect_id: str | None = Field(None, max_length=64)
    ticket_id: str | None = Field(None, max_length=64)
    email: Email | None = None


class AgentActionSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"


NEWEST_ACTIONS: Final = AgentActionSortKey.CREATED_AT.order(descending=True)


@allow(STAFF)
async def list_agent_actions(
    actor: Actor, window: Window, filters: AgentActionFilter, sort: Sort
) -> Slice[AgentAction]:
    """What the e-mail agent drafted, answered and classified, for all apps."""
    query: dict[str, Any] = {}
    if filters.app_id is not None:
        query["appId"] = filters.app_id
    for name, value in (("type", filters.type), ("status", filters.status), ("decision", filters.decision)):
        if value is not None:
            query[name] = value.value
    for name, text in (("prospectId", filters.prospect_id), ("ticketId", filters.ticket_id)):
        if text is not None:
            # No action is about what has no id.
            query[name] = object_id(text) or text
    if filters.email is not None:
        query["emailKey"] = key_of_email(filters.email)
    return await slice_of(AgentAction, query, sort, window)


@allow(STAFF)
async def get_agent_action(actor: Actor, action_id: str) -> AgentAction:
    """One action of the e-mail agent: what it was told, what it wrote, and what became of it."""
    identity = object_id(action_id)
    return found(await AgentAction.get(identity) if identity else None, "Agent action")


async def write_action(action: AgentAction, entry: AgentChange, **fields: Any) -> AgentAction:
    """The action with other values in some fields, and the entry in its history. Raises `Conflict` where somebody
    changed it since it was read: what a person decides on is what they saw."""
    fields |= {"history": [*action.history, entry][-HISTORY_KEPT:], "version": action.version + 1}
    changes = action.model_copy(update=fields).model_dump(by_alias=True, include=set(fields))
    written = await AgentAction.change({"_id": action.id, "version": action.version}, touched(changes))
    if written is None:
        await get_agent_action(Actor.system("agent"), str(action.id))
        raise Conflict("Somebody changed the action meanwhile: look at it again", "id")
    return written
