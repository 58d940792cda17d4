"""Requests of prospects: people whom the company might win as customers."""

from typing import Any, Final

from tests.contract.requests.calling import Caller, Parameters, Request

PROSPECT: Final[dict[str, Any]] = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "company": "Tea and Cakes",
    "title": "CEO",
    "domain": "tea.example.com",
    "country": "GB",
    "source": "fair",
    "tags": ["tea"],
    "facts": {"employees": 4},
    "score": 70,
}
ROWS: Final = [{"email": "bea@example.com", "name": "Bea"}, {"email": "nobody"}]


async def a_prospect(caller: Caller) -> Parameters:
    return {"id": (await caller.created("/admin/prospects", PROSPECT))["_id"]}


REQUESTS: Final[dict[str, Request]] = {
    "GET /admin/prospects/": Request(a_prospect),
    "POST /admin/prospects/": Request(body=PROSPECT),
    "GET /admin/prospects/stats": Request(a_prospect),
    "POST /admin/prospects/import": Request(body={"prospects": ROWS}),
    "GET /admin/prospects/{id}": Request(a_prospect),
    "PATCH /admin/prospects/{id}": Request(a_prospect, {"status": "qualified", "reason": "Has three shops"}),
    "DELETE /admin/prospects/{id}": Request(a_prospect),
    "GET /admin/prospects/{id}/activity": Request(a_prospect),
    "POST /admin/prospects/{id}/notes": Request(a_prospect, {"note": "Met at the fair"}),
}
