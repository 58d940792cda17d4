"""Requests of feedback: what people say about the apps."""

from typing import Any, Final

from tests.contract.requests.calling import APP, SHOP, Caller, Parameters, Request

SAID: Final[dict[str, Any]] = {
    "type": "bug",
    "rating": 2,
    "priority": "high",
    "message": "The bar covers the menu",
    "email": "ada@example.com",
    "shopDomain": SHOP,
    "page": "/banners/new",
    "appVersion": "4.2.0",
    "context": {"browser": "Firefox"},
}


async def feedback(caller: Caller) -> Parameters:
    return {"feedbackId": (await caller.created(f"/{APP}/feedback", SAID))["_id"]}


REQUESTS: Final[dict[str, Request]] = {
    "GET /feedback/": Request(feedback),
    "GET /feedback/{feedbackId}": Request(feedback),
    "PATCH /feedback/{feedbackId}": Request(feedback, {"type": "idea", "note": "Called them"}),
    "DELETE /feedback/{feedbackId}": Request(feedback),
    "PATCH /feedback/{feedbackId}/status": Request(feedback, {"status": "resolved"}),
    "GET /{appId}/feedback/stats": Request(feedback),
    "POST /{appId}/feedback/": Request(body=SAID),
    "GET /{appId}/feedback/": Request(feedback),
}
