"""Requests of tickets and what is said in them."""

from typing import Any, Final

from tests.contract.requests.calling import APP, SHOP, Caller, Parameters, Request
from tests.contract.requests.company import a_shop
from tests.factories.api_keys import backend_of
from tests.factories.attachments import uploaded

TICKET: Final[dict[str, Any]] = {
    "subject": "The banner does not show",
    "message": "Since this morning the banner is gone from our start page.",
    "email": "ada@tea.example.com",
    "name": "Ada",
    "topic": "bug",
    "priority": "high",
}
CLOSED: Final = {"status": "closed", "reason": "It was a test"}


async def a_ticket(caller: Caller) -> Parameters:
    """Of a shop that has the app."""
    shop = await a_shop(caller)
    created = await caller.created(f"/{APP}/tickets", {**TICKET, **shop})
    return {"messageId": created["_id"]}


async def an_answered_ticket(caller: Caller) -> Parameters:
    """Which is resolved."""
    ticket = await a_ticket(caller)
    said = {"content": "It is back: please reload the page.", "status": "resolved"}
    await caller.created(f"/{APP}/tickets/{ticket['messageId']}/messages", said)
    return ticket


async def a_closed_ticket(caller: Caller) -> Parameters:
    ticket = await a_ticket(caller)
    await caller.send("PATCH", f"/tickets/{ticket['messageId']}/status", CLOSED)
    return ticket


async def an_attachment(_: Caller) -> Parameters:
    (attachment,) = await uploaded(backend_of(APP), APP)
    return {"id": attachment.key}


REQUESTS: Final[dict[str, Request]] = {
    "GET /tickets/": Request(a_ticket),
    "GET /tickets/{messageId}": Request(a_ticket),
    "PATCH /tickets/{messageId}": Request(a_ticket, {"priority": "urgent", "tags": ["Black Friday"]}),
    "DELETE /tickets/{messageId}": Request(a_ticket),
    "PATCH /tickets/{messageId}/status": Request(a_ticket, CLOSED),
    "GET /{appId}/tickets/stats": Request(an_answered_ticket),
    "POST /{appId}/tickets/": Request(a_shop, TICKET | {"shopDomain": SHOP}, empty=("body.data.attachments",)),
    "GET /{appId}/tickets/": Request(a_ticket),
    "DELETE /{appId}/tickets/": Request(a_closed_ticket, {"status": "closed"}),
    "GET /{appId}/tickets/{messageId}": Request(a_ticket),
    "PATCH /{appId}/tickets/{messageId}": Request(a_ticket, {"topic": "setup"}),
    "DELETE /{appId}/tickets/{messageId}": Request(a_ticket),
    "PATCH /{appId}/tickets/{messageId}/status": Request(a_ticket, {"status": "pending"}),
    "POST /{appId}/tickets/{messageId}/messages": Request(a_ticket, {"content": "We are looking into it."}),
    "GET /{appId}/tickets/{messageId}/messages": Request(an_answered_ticket),
    "POST /{appId}/tickets/{messageId}/rating": Request(a_ticket, {"score": 5}),
    "GET /{appId}/attachments/{id}": Request(an_attachment),
}
