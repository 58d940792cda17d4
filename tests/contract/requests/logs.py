"""Requests of logs."""

from typing import Any, Final

from tests.contract.requests.calling import APP, SHOP, Caller, Parameters, Request

ENTRY: Final[dict[str, Any]] = {
    "level": "error",
    "module": "orders",
    "shopDomain": SHOP,
    "message": "Order 1234 was not synchronised",
    "data": {"orderId": 1234},
    "error": {
        "name": "TypeError",
        "message": "order.lines is undefined",
        "stack": "TypeError: order.lines is undefined\n    at sync (/app/orders.js:12:5)",
        "type": "TypeError",
        "isErrorInstance": True,
    },
}


async def a_log(caller: Caller) -> Parameters:
    await caller.created(f"/{APP}/logs", {"entries": [ENTRY]})
    found = (await caller.send("GET", f"/{APP}/logs")).json()
    return {"logId": found["data"][0]["_id"]}


REQUESTS: Final[dict[str, Request]] = {
    "GET /{appId}/logs/stats": Request(a_log),
    "GET /{appId}/logs/shop-domains": Request(a_log),
    "GET /{appId}/logs/modules": Request(a_log),
    "GET /{appId}/logs/over-time": Request(a_log),
    "GET /{appId}/logs/": Request(a_log),
    "DELETE /{appId}/logs/": Request(a_log, query="?level=error"),
    "POST /{appId}/logs/": Request(body={"entries": [ENTRY]}),
    "GET /{appId}/logs/{logId}": Request(a_log),
    "DELETE /{appId}/logs/{logId}": Request(a_log),
}
