"""Requests of wants: what the apps' users ask and vote for."""

from typing import Any, Final

from tests.contract.requests.calling import APP, SHOP, Caller, Parameters, Request

WANT: Final[dict[str, Any]] = {
    "title": "Schedules",
    "description": "Banners by the week",
    "category": "banners",
    "authorEmail": "ada@example.com",
    "shopDomain": SHOP,
}


async def a_want(caller: Caller) -> Parameters:
    return {"id": (await caller.created(f"/{APP}/wants", WANT))["_id"]}


REQUESTS: Final[dict[str, Request]] = {
    "GET /{appId}/wants/": Request(a_want),
    "POST /{appId}/wants/": Request(body=WANT),
    "GET /{appId}/wants/{id}": Request(a_want),
    "POST /{appId}/wants/{id}/vote": Request(a_want, {"voterEmail": "ada@example.com", "shopDomain": SHOP}),
    "GET /admin/{appId}/wants/stats": Request(a_want),
    "GET /admin/{appId}/wants/": Request(a_want),
    "GET /admin/{appId}/wants/{id}": Request(a_want),
    "PATCH /admin/{appId}/wants/{id}": Request(a_want, {"title": "Schedules by the week", "answer": "We like it"}),
    "DELETE /admin/{appId}/wants/{id}": Request(a_want),
    "PATCH /admin/{appId}/wants/{id}/status": Request(a_want, {"status": "planned", "note": "This spring"}),
    "PATCH /admin/{appId}/wants/{id}/priority": Request(a_want, {"priority": "high"}),
}
