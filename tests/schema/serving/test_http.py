"""The endpoint: what it takes, what it answers, and how it fails (what graphql-http audits is in test_audits.py)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
from httpx import AsyncClient
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response as HTTPResponse
from starlette.types import Message
from structlog.testing import capture_logs

from core.errors import Conflict
from schema.serving.accept import Accepted
from schema.serving.limits import Limits
from tests.schema.serving.calling import RESPONSE_JSON, client, post
from tests.schema.serving.small_company import STAFF, Context, Desk, endpoint


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[AsyncClient]:
    async with client(desk) as http:
        yield http


async def test_a_query_is_answered_with_its_cost(api: AsyncClient) -> None:
    response = await post(api, "{ shop { name } }")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == {
        "data": {"shop": {"name": "One"}},
        "extensions": {"cost": {"requested": 1, "limit": 5000}},
    }


async def test_the_answer_is_compact(api: AsyncClient) -> None:
    assert b'{"data":{"greeting":"Hello you"}' in (await post(api, "{ greeting }")).content


async def test_get_takes_queries_with_variables(api: AsyncClient) -> None:
    query = "query Greet($name: String!) { greeting(name: $name) }"
    response = await api.get("/graphql", params={"query": query, "variables": '{"name": "Zoë"}'})
    assert response.json()["data"] == {"greeting": "Hello Zoë"}


async def test_a_document_may_hold_several_operations(api: AsyncClient) -> None:
    body = {"query": "query A { greeting } query B { whoami }", "operationName": "B"}
    assert (await api.post("/graphql", json=body)).json()["data"] == {"whoami": "anonymous"}


async def test_variables_of_the_same_document_are_not_mixed_up(api: AsyncClient) -> None:
    query = "query($name: String!) { greeting(name: $name) }"
    answers = [(await post(api, query, variables={"name": name})).json()["data"] for name in ("a", "b")]
    assert answers == [{"greeting": "Hello a"}, {"greeting": "Hello b"}]


async def test_a_mutation_is_executed(api: AsyncClient, desk: Desk) -> None:
    response = await post(api, 'mutation { note(text: "hi") }')
    assert response.json()["data"] == {"note": 1}
    assert desk.notes == ["hi"]


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("application/graphql-response+json", RESPONSE_JSON),
        ("application/graphql-response+json, application/json;q=0.9", RESPONSE_JSON),
        ("application/json;q=0.1, application/graphql-response+json;q=0.9", RESPONSE_JSON),
        ("application/json, application/graphql-response+json", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/*", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/json; charset=latin1", None),
        ("application/json;q=0", None),
        ("application/json;q=much", None),
        ("text/html", None),
    ],
)
def test_the_media_type_is_negotiated(header: str, media_type: str | None) -> None:
    assert Accepted.of(header).json == media_type


async def test_who_calls_is_known_to_the_resolvers(api: AsyncClient) -> None:
    response = await post(api, "{ whoami }", Authorization=STAFF)
    assert response.json()["data"] == {"whoami": "staff:1"}


async def test_a_credential_that_is_not_valid_is_a_401(api: AsyncClient) -> None:
    response = await post(api, "{ whoami }", Authorization="Bearer forged")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "errors": [{"message": "The token is not valid", "extensions": {"code": "UNAUTHENTICATED"}}]
    }


async def test_too_many_requests_are_a_429(api: AsyncClient) -> None:
    response = await post(api, "{ whoami }", Authorization="Bearer busy")
    assert response.status_code == 429
    assert response.headers["retry-after"] == "3"
    assert response.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED", "retryAfter": 3}


async def test_a_client_that_goes_away_while_sending_is_no_failure_of_ours(desk: Desk) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    with capture_logs() as logs:
        await endpoint(desk)({"type": "http", "method": "POST", "headers": headers}, receive, send)
    assert (sent[0]["status"], logs) == (400, [])


async def test_a_mutation_with_an_idempotency_key_goes_through_once(desk: Desk) -> None:
    seen: list[tuple[str, bytes]] = []

    async def once(
        request: HTTPRequest, context: Context, body: bytes, answer: Callable[[], Awaitable[HTTPResponse]]
    ) -> HTTPResponse:
        seen.append((request.headers["idempotency-key"], body))
        if len(seen) > 1:
            raise Conflict("The Idempotency-Key was used with another body")
        return await answer()

    async with client(desk, once=once) as api:
        key = {"Idempotency-Key": "k1"}
        assert (await post(api, 'mutation { note(text: "a") }', **key)).json()["data"] == {"note": 1}
        refused = await post(api, 'mutation { note(text: "b") }', **key)
        await post(api, "{ greeting }", **key)
        await post(api, "mutation { note(text: [1]) }", **key)
    assert refused.status_code == 409
    assert [key for key, _ in seen] == ["k1", "k1"]
    assert orjson.loads(seen[0][1])["query"] == 'mutation { note(text: "a") }'
    assert desk.notes == ["a"]


@pytest.mark.parametrize("query", ['mutation { note(text: "hi") }', "subscription { count }"])
async def test_get_takes_queries_alone(api: AsyncClient, desk: Desk, query: str) -> None:
    accept = {"Accept": f"{RESPONSE_JSON}, text/event-stream"}
    response = await api.get("/graphql", params={"query": query}, headers=accept)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert desk.notes == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods_are_refused(api: AsyncClient, method: str) -> None:
    response = await api.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/graphql",
        "application/json; charset=latin1",
        "application/jsonp",
    ],
)
async def test_bodies_that_a_form_could_send_are_refused(api: AsyncClient, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = await api.post("/graphql", content=b'{"query": "{ greeting }"}', headers=headers)
    assert response.status_code == 415
    assert "application/json" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not valid JSON"),
        (b"{", "The body is not valid JSON"),
        (b'{"query": "\xff"}', "The body is not valid JSON"),
        (b"[" * 5000, "The body is not valid JSON"),
        (b'[{"query": "{ greeting }"}]', "Batches are not supported"),
        (b'"text"', "Send a JSON object"),
        (b"{}", "query must be a non-empty string"),
        (b'{"query": " "}', "query must be a non-empty string"),
        (b'{"query": 1}', "query must be a non-empty string"),
        (b'{"query": "{ greeting }", "operationName": 1}', "operationName must be a string"),
        (b'{"query": "{ greeting }", "variables": []}', "variables must be an object"),
        (b'{"query": "{ greeting }", "extensions": 0}', "extensions must be an object"),
    ],
)
async def test_a_request_that_is_not_graphql_says_what_is_wrong(api: AsyncClient, body: bytes, message: str) -> None:
    response = await api.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["message"].startswith(message)
    assert error["extensions"] == {"code": "INVALID_QUERY"}


async def test_variables_in_a_url_that_are_not_json_are_refused(api: AsyncClient) -> None:
    response = await api.get("/graphql", params={"query": "{ greeting }", "variables": "{"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "variables is not valid JSON"


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "INVALID_QUERY"),
        ("{ nothing }", None, "INVALID_QUERY"),
        ("fragment a on Shop { name }", None, "INVALID_QUERY"),
        ("query A { greeting } query B { greeting }", None, "INVALID_QUERY"),
        ("{ shop }", None, "INVALID_QUERY"),
        ("query($n: [Int!]!) { total(numbers: $n) }", {"n": ["x"]}, "INVALID_INPUT"),
        ("query($n: [Int!]!) { total(numbers: $n) }", None, "INVALID_INPUT"),
    ],
)
async def test_a_document_that_is_not_valid_is_not_executed(
    api: AsyncClient, query: str, variables: Any, code: str
) -> None:
    strict = await post(api, query, variables=variables, Accept=RESPONSE_JSON)
    lenient = await post(api, query, variables=variables)
    assert (strict.status_code, lenient.status_code) == (400, 200)
    assert "data" not in strict.json()
    assert {error["extensions"]["code"] for error in strict.json()["errors"]} == {code}


async def test_an_unknown_operation_is_named(api: AsyncClient) -> None:
    response = await api.post("/graphql", json={"query": "query A { greeting }", "operationName": "B"})
    assert response.json()["errors"][0]["message"] == "The document has no operation named 'B'"


async def test_a_media_type_that_is_not_served_is_a_406(api: AsyncClient) -> None:
    assert (await post(api, "{ greeting }", Accept="text/html")).status_code == 406


async def test_a_body_that_is_too_long_is_a_413_without_being_read(desk: Desk) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 1000

    async with client(desk, limits=Limits(body=5000)) as api:
        response = await api.post("/graphql", content=body(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.json()["errors"][0]["message"] == "The body is longer than 5000 bytes"
    assert sent < 10


async def test_subscriptions_need_a_stream(api: AsyncClient) -> None:
    response = await post(api, "subscription { count }", Accept=RESPONSE_JSON)
    assert response.status_code == 400
    assert "text/event-stream" in response.json()["errors"][0]["message"]
