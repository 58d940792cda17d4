"""Every write takes an `Idempotency-Key`: however many come at once, it is done once, and all get its answer.

That one effect is one run of the work is what the tests of the mechanism are about (`tests/resolvers`); here each write
is seen to pass through it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
import pytest
from httpx import Response

import app as server
from core.actor import Actor
from resolvers.idempotency import Answer, once
from rest_compat import routing
from rest_compat.contract import Endpoint
from rest_compat.routing import WRITES
from schema.fields import RootField
from tests.contract.mutations import MUTATIONS, document_of, rows_of_mutations, values_that_fit, variables_of
from tests.contract.requests import prepared
from tests.contract.requests.calling import Caller
from tests.contract.rows import ROUTES, SERVED, name_of
from tests.factories.people import bearer

FEW: Final = 5
MANY: Final = 50
MANY_OF: Final = {
    "POST /{appId}/plans/", "POST /{appId}/tickets/", "PATCH /{appId}/shops/{shopId}", "DELETE /users/{id}",
    "POST /{appId}/wants/{id}/vote", "POST /api-keys/{keyId}/regenerate",
    "POST /admin/{appId}/newsletter/campaigns/{id}/send",
}  # fmt: skip
"""Rows that come fifty times at once: one of each kind of write. Of the others five tell as much."""
WRITING: Final = [row for row in SERVED if row.method in WRITES and not ROUTES[row.name].signed_by]
ROWS: Final = rows_of_mutations()


class Works:
    """Counts how often the mechanism was asked, and how often work was done."""

    def __init__(self) -> None:
        self.asked = self.done = 0

    async def once(self, actor: Actor, key: str, request: bytes, work: Callable[[], Awaitable[Answer]]) -> Answer:
        async def counted() -> Answer:
            self.done += 1
            return await work()

        self.asked += 1
        return await once(actor, key, request, counted)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Works:
    counting = Works()
    monkeypatch.setattr(routing, "once", counting.once)
    monkeypatch.setattr(server, "once", counting.once)
    return counting


async def at_once(times: int, send: Callable[[], Awaitable[Response]]) -> Response:
    """The one answer that all of them get."""
    answers = await asyncio.gather(*(send() for _ in range(times)))
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    return answers[0]


async def ask(caller: Caller, field: RootField, variables: object) -> Response:
    body = orjson.dumps({"query": document_of(field), "variables": variables})
    headers = {**bearer(caller.owner), "Idempotency-Key": "1", "Content-Type": "application/json"}
    return await caller.http.post("/graphql", content=body, headers=headers)


@pytest.mark.parametrize("endpoint", WRITING, ids=name_of)
async def test_rest(endpoint: Endpoint, caller: Caller, works: Works) -> None:
    call = await prepared(caller, endpoint)
    headers, times = {**bearer(caller.owner), "Idempotency-Key": "1"}, MANY if endpoint.name in MANY_OF else FEW
    answer = await at_once(
        times, lambda: caller.http.request(call.method, call.path + call.query, json=call.body, headers=headers)
    )
    assert answer.status_code == (endpoint.success or ROUTES[endpoint.name].status), answer.text
    assert (works.asked, works.done) == (times, 1)


@pytest.mark.parametrize("field", [field for field in MUTATIONS if field.name in ROWS], ids=lambda field: field.name)
async def test_graphql(field: RootField, caller: Caller, works: Works) -> None:
    variables = variables_of(field, await prepared(caller, ROWS[field.name]))
    answer = await at_once(FEW, lambda: ask(caller, field, variables))
    assert "errors" not in answer.json(), answer.text
    assert answer.json()["data"][field.name]["userErrors"] == []
    assert (works.asked, works.done) == (FEW, 1)


@pytest.mark.parametrize(
    "field", [field for field in MUTATIONS if field.name not in ROWS], ids=lambda field: field.name
)
async def test_graphql_without_a_sample(field: RootField, caller: Caller, works: Works) -> None:
    """What these values mean nothing to is refused; under its key all the same."""
    answer = await at_once(2, lambda: ask(caller, field, values_that_fit(field)))
    assert answer.json().keys() >= {"data"}, answer.text
    assert works.asked == 2


def test_many_mutations_have_a_sample() -> None:
    assert len(ROWS) > len(MUTATIONS) / 3
