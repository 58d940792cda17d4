"""Requests of Slack routing."""

from typing import Any, Final

from tests.contract.requests.calling import APP, Caller, Parameters, Request

RULE: Final[dict[str, Any]] = {
    "appId": APP,
    "topic": "installs",
    "channel": "#installs",
    "webhookUrl": "https://hooks.slack.com/services/T0001/B0002/abcdefghijklmnopqrstx7Gf",
    "active": True,
}


async def a_rule(caller: Caller) -> Parameters:
    return {"id": (await caller.created("/admin/slack-routing", RULE))["_id"]}


REQUESTS: Final[dict[str, Request]] = {
    "GET /admin/slack-routing/": Request(a_rule),
    "POST /admin/slack-routing/": Request(body=RULE),
    "PATCH /admin/slack-routing/{id}": Request(a_rule, {"channel": "#new-shops", "active": False}),
    "DELETE /admin/slack-routing/{id}": Request(a_rule),
}
