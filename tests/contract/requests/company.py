"""Requests of the company itself: accounts, keys, plans, shops and their events."""

from datetime import timedelta
from typing import Any, Final

from core import clock
from core.inputs import iso
from tests.contract.requests.calling import APP, SHOP, Caller, Parameters, Request
from tests.factories.people import PASSWORD, a_user

PLAN: Final[dict[str, Any]] = {
    "id": "pro_monthly",
    "name": "Pro",
    "price": 40,
    "currency": "USD",
    "interval": "EVERY_30_DAYS",
    "trialDays": 14,
    "features": ["No watermark"],
}
INSTALL: Final[dict[str, Any]] = {
    "shopDomain": SHOP,
    "data": {"name": "Tea and Cakes", "email": "hello@tea.example.com", "country": "GB", "currency": "GBP"},
}


async def a_colleague(_: Caller) -> Parameters:
    return {"id": str((await a_user()).id)}


def key_to_create() -> dict[str, Any]:
    return {
        "appId": APP,
        "name": "Backend",
        "description": "Reports installs",
        "allowedOrigins": ["https://banners.example.com"],
        "expiresAt": iso(clock.now() + timedelta(days=90)),
    }


async def an_api_key(caller: Caller) -> Parameters:
    """One that was used."""
    created = await caller.created("/api-keys", key_to_create())
    used = {"X-API-Key": created["key"], "Origin": "https://banners.example.com"}
    await caller.http.get(f"/{APP}/plans/active", headers=used)
    return {"keyId": created["_id"]}


async def a_plan(caller: Caller) -> Parameters:
    return {"planId": (await caller.created(f"/{APP}/plans", PLAN))["_id"]}


async def a_shop(caller: Caller) -> Parameters:
    await caller.created(f"/{APP}/events/app-installed", INSTALL)
    shops = await caller.send("GET", f"/{APP}/shops")
    return {"shopId": shops.json()["data"][0]["_id"]}


REQUESTS: Final[dict[str, Request]] = {
    "POST /auth/login": Request(body=lambda caller: {"email": caller.owner.email, "password": PASSWORD}),
    "POST /auth/hash-password": Request(body={"password": "a long enough one"}),
    "POST /users/": Request(body={"email": "ada@example.com", "password": "a long enough one", "role": "support"}),
    "GET /users/{id}": Request(a_colleague),
    "PATCH /users/{id}": Request(a_colleague, {"firstName": "Ada", "settings": {"theme": "dark"}}),
    "DELETE /users/{id}": Request(a_colleague),
    "PATCH /users/{id}/password": Request(a_colleague, {"newPassword": "another long one"}),
    "GET /api-keys/": Request(an_api_key),
    "POST /api-keys/": Request(body=lambda _: key_to_create()),
    "GET /api-keys/{keyId}": Request(an_api_key),
    "PATCH /api-keys/{keyId}": Request(an_api_key, {"name": "Backend in Europe"}),
    "DELETE /api-keys/{keyId}": Request(an_api_key),
    "POST /api-keys/{keyId}/revoke": Request(an_api_key),
    "POST /api-keys/{keyId}/regenerate": Request(an_api_key),
    "GET /{appId}/shops/stats": Request(a_shop),
    "GET /{appId}/shops/domains": Request(a_shop),
    "GET /{appId}/shops/": Request(a_shop),
    "GET /{appId}/shops/{shopId}": Request(a_shop),
    "PATCH /{appId}/shops/{shopId}": Request(a_shop, {"name": "Tea & Cakes", "settings": {"tone": "formal"}}),
    "PATCH /{appId}/shops/{shopId}/status": Request(a_shop, {"status": "inactive", "reason": "Asked to pause"}),
    "GET /{appId}/plans/stats": Request(a_plan),
    "GET /{appId}/plans/active": Request(a_plan),
    "GET /{appId}/plans/features": Request(a_plan),
    "GET /{appId}/plans/": Request(a_plan),
    "POST /{appId}/plans/": Request(body=PLAN),
    "GET /{appId}/plans/{planId}": Request(a_plan),
    "PATCH /{appId}/plans/{planId}": Request(a_plan, {"price": 45, "features": ["No watermark", "Priority support"]}),
    "DELETE /{appId}/plans/{planId}": Request(a_plan),
    "PATCH /{appId}/plans/{planId}/toggle": Request(a_plan),
    "POST /{appId}/events/app-installed": Request(body=INSTALL),
    "POST /{appId}/events/{eventName}": Request(
        body={"shopDomain": SHOP, "data": {"banner": "summer sale"}, "idempotencyKey": "1"},
        parameters={"eventName": "banner-published"},
    ),
}
