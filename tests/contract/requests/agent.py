"""Requests of the e-mail agent."""

from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.errors import found
from models.apps import App
from models.prospects import Prospect
from tests.contract.requests.calling import APP, Caller, Parameters, Request
from tests.factories.agent import an_agent_action
from tests.factories.prospects import a_prospect

PROSPECT_ID: Final = "5f5e10000000000000000ada"
INSTEAD: Final = {"subject": "A question", "body": "What would have to be better in our app? Your answer helps us."}
WANTED: Final[dict[str, Any]] = {
    "prospectId": PROSPECT_ID,
    "appId": APP,
    "tone": "formal",
    "goal": "follow_up",
    "language": "en",
    "points": "We met at the fair.",
}


async def somebody(_: Caller) -> Parameters:
    """Whom a draft can be made for."""
    ada = {"email": "ada@example.com", "email_key": "ada@example.com", "name": "Ada", "created_by": "system:tests"}
    await Prospect(id=PydanticObjectId(PROSPECT_ID), status_changed_at=clock.now(), **ada).insert()
    return {}


async def an_action(_: Caller) -> Parameters:
    """A draft that nobody has decided on."""
    action = await an_agent_action(found(await App.get(APP), "App"), await a_prospect(name="Ada"))
    return {"id": str(action.id), "actionId": str(action.id)}


REQUESTS: Final[dict[str, Request]] = {
    "GET /admin/agent/actions": Request(an_action),
    "GET /admin/agent/actions/stats": Request(an_action),
    "GET /admin/agent/actions/{id}": Request(an_action),
    "POST /admin/agent/actions/{id}/override": Request(an_action, {**INSTEAD, "reason": "Too pushy"}),
    "POST /admin/agent/draft": Request(somebody, WANTED),
    "POST /admin/agent/draft/{actionId}/send": Request(an_action),
}
