"""What clients are told when something fails, and what only staff are told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from starlette.responses import Response as HTTPResponse
from structlog.testing import capture_logs

from tests.schema.serving.calling import RESPONSE_JSON, client, post
from tests.schema.serving.small_company import STAFF, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[AsyncClient]:
    async with client(desk) as http:
        yield http


async def test_staff_may_introspect_in_production(api: AsyncClient) -> None:
    response = await post(api, "{ __schema { queryType { name } } }", Authorization=STAFF)
    assert response.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def test_nobody_else_may_introspect_in_production(api: AsyncClient) -> None:
    await post(api, "{ __schema { queryType { name } } }", Authorization=STAFF)
    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Shop") { name } }'):
        response = await post(api, query, Accept=RESPONSE_JSON)
        assert response.status_code == 400
        assert "introspection" in response.json()["errors"][0]["message"]


async def test_everybody_may_introspect_in_development(desk: Desk) -> None:
    async with client(desk, production=False) as api:
        response = await post(api, "{ __schema { queryType { name } } }")
    assert "errors" not in response.json()


async def test_suggestions_are_for_staff(api: AsyncClient) -> None:
    hint = "Did you mean"
    assert hint in (await post(api, "{ greetin }", Authorization=STAFF)).text
    assert hint not in (await post(api, "{ greetin }")).text
    query = "query($n: [Int!]!) { total(numbers: $n) }"
    assert hint not in (await post(api, query, variables={"n": "x"})).text


async def test_a_domain_error_keeps_its_message_code_and_field(api: AsyncClient) -> None:
    response = await post(api, "{ conflict greeting }")
    assert response.status_code == 200
    answer = response.json()
    assert answer["data"] == {"conflict": None, "greeting": "Hello you"}
    assert answer["errors"] == [
        {
            "message": "The name is taken",
            "locations": [{"line": 1, "column": 3}],
            "path": ["conflict"],
            "extensions": {"code": "CONFLICT", "field": "input.name"},
        }
    ]


async def test_input_that_no_resolver_corrected_names_its_field(api: AsyncClient) -> None:
    (error,) = (await post(api, "{ invalid }")).json()["errors"]
    assert error["message"] == "text: String should have at most 20 characters"
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "text"}


async def test_what_nobody_expected_is_logged_once_and_masked(api: AsyncClient) -> None:
    with capture_logs() as logs:
        response = await post(api, "{ broken }")
    (log,) = logs
    assert "hunter2" not in response.text
    assert response.json()["errors"][0]["message"] == f"Internal error (id {log['error_id']})"
    assert response.json()["errors"][0]["extensions"] == {"code": "INTERNAL"}
    assert str(log["exc_info"]) == "the password is hunter2"


async def test_what_fails_outside_of_execution_is_masked_too(desk: Desk) -> None:
    async def once(*_: Any) -> HTTPResponse:
        raise RuntimeError("the password is hunter2")

    with capture_logs() as logs:
        async with client(desk, once=once) as api:
            response = await post(api, 'mutation { note(text: "x") }', **{"Idempotency-Key": "k"})
    assert response.status_code == 500
    assert response.json()["errors"][0]["message"] == f"Internal error (id {logs[0]['error_id']})"
