"""Requests of automations."""

from datetime import timedelta
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from models.automation_trackers import AutomationTracker, TimelineEntry, TimelineKind
from tests.contract.requests.calling import APP, SHOP, Caller, Parameters, Request

CONDITION: Final[dict[str, Any]] = {"field": "plan.handel", "op": "eq", "value": "pro"}
REPLACED: Final[dict[str, Any]] = {
    "slug": "onboarding",
    "name": "Onboarding",
    "description": "The first week",
    "trigger": "app-installed",
    "steps": [{"type": "send_email", "templateKey": "welcome"}, {"type": "wait", "duration": "3d"}],
    "reentry": "after_cooldown",
    "cooldown": "30d",
}
CONFIG: Final[dict[str, Any]] = {"appId": APP, **REPLACED}
CONFIGS: Final = "/admin/automations/configs"


async def a_config(caller: Caller) -> Parameters:
    return {"id": (await caller.created(CONFIGS, CONFIG))["_id"]}


async def a_tracker(caller: Caller) -> Parameters:
    config = await a_config(caller)
    now = clock.now()
    entry = TimelineEntry(at=now, run=1, kind=TimelineKind.ENTERED, sentence="Entered by app-installed")
    tracker = await AutomationTracker(
        app_id=APP,
        config_id=PydanticObjectId(config["id"]),
        shop_id=PydanticObjectId(),
        shop_domain=SHOP,
        version=1,
        step_id="step-2",
        due_at=now + timedelta(days=3),
        entered_at=now,
        timeline=[entry],
    ).insert()
    return {"id": str(tracker.id), "shopDomain": SHOP}


TRACKER: Final = "/admin/automations/{appId}/trackers/{shopDomain}"

REQUESTS: Final[dict[str, Request]] = {
    f"POST {CONFIGS}/validate-condition": Request(body={"condition": CONDITION}),
    f"GET {CONFIGS}": Request(a_config),
    f"POST {CONFIGS}": Request(body=CONFIG),
    f"GET {CONFIGS}/{{id}}": Request(a_config),
    f"PUT {CONFIGS}/{{id}}": Request(a_config, REPLACED),
    f"PATCH {CONFIGS}/{{id}}": Request(a_config, {"description": "The first days", "enabled": True}),
    f"DELETE {CONFIGS}/{{id}}": Request(a_config),
    f"POST {CONFIGS}/{{id}}/toggle": Request(a_config),
    "GET /admin/automations/{appId}/stats": Request(a_tracker),
    "GET /admin/automations/{appId}/trackers": Request(a_tracker),
    f"GET {TRACKER}": Request(a_tracker),
    f"GET {TRACKER}/timeline": Request(a_tracker),
    f"PATCH {TRACKER}": Request(a_tracker, {"action": "pause", "reason": "They asked us to"}),
    f"DELETE {TRACKER}": Request(a_tracker),
}
