"""Requests about how the apps are doing."""

from typing import Any, Final

from tests.contract.requests.calling import APP, Caller, Parameters, Request
from tests.contract.requests.company import INSTALL, PLAN
from tests.factories.metrics import count_everything

PAYING: Final[dict[str, Any]] = INSTALL | {"data": INSTALL["data"] | {"plan": "monthly"}}


async def a_paying_shop(caller: Caller) -> Parameters:
    """One that workers have counted."""
    await caller.created(f"/{APP}/plans", PLAN | {"id": "monthly", "trialDays": 0})
    await caller.created(f"/{APP}/events/app-installed", PAYING)
    await count_everything()
    return {}


REQUESTS: Final[dict[str, Request]] = {
    "GET /metrics/aggregate/dashboard": Request(a_paying_shop),
    "GET /metrics/aggregate/shops-over-time": Request(a_paying_shop),
    "GET /metrics/aggregate/top-shops": Request(a_paying_shop),
    "GET /metrics/aggregate/activity": Request(a_paying_shop),
    "GET /metrics/aggregate/summary": Request(a_paying_shop),
    "GET /{appId}/metrics/dashboard": Request(a_paying_shop),
    "GET /{appId}/metrics/shops-over-time": Request(a_paying_shop),
    "GET /{appId}/metrics/top-shops": Request(a_paying_shop),
    "GET /{appId}/metrics/activity": Request(a_paying_shop),
    "GET /{appId}/metrics/custom": Request(a_paying_shop),
}
