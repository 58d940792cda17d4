"""Subscriptions as server-sent events, against a real server with a real client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from schema.serving.pace import Pace
from tests.schema.serving.serving import served, until
from tests.schema.serving.small_company import STAFF, Desk, application

QUICK = Pace(heartbeat=0.05)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@asynccontextmanager
async def streamed(
    desk: Desk, query: str, *, accept: str = "text/event-stream", token: str = STAFF, **knobs: Any
) -> AsyncIterator[httpx.Response]:
    headers = {"Accept": accept, "Authorization": token}
    async with (
        served(application(desk, **knobs)) as address,
        httpx.AsyncClient(base_url=f"http://{address}", headers=headers, timeout=5) as http,
        http.stream("POST", "/graphql", json={"query": query}) as response,
    ):
        yield response


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block and not block.startswith(":")]
    return [(name.removeprefix("event: "), orjson.loads(data.removeprefix("data:") or "null")) for name, data in blocks]


async def test_an_event_stream_sends_its_answers_and_completes(desk: Desk) -> None:
    async with streamed(desk, "subscription { count(to: 2) }") as response:
        text = (await response.aread()).decode()
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert [(name, data and data["data"]) for name, data in events(text)] == [
        ("next", {"count": 1}),
        ("next", {"count": 2}),
        ("complete", None),
    ]
    assert desk.open_streams == 0


async def test_an_event_stream_is_kept_alive_by_comments(desk: Desk) -> None:
    async with streamed(desk, "subscription { forever }", pace=QUICK) as response:
        text = ""
        async for chunk in response.aiter_text():
            text += chunk
            if text.count(":\n\n") >= 2:
                break
        await response.aclose()
        await until(lambda: desk.open_streams == 0)


async def test_an_event_stream_ends_its_generator_when_the_client_goes_away(desk: Desk) -> None:
    async with streamed(desk, "subscription { forever }") as response:
        await anext(response.aiter_bytes())
        assert desk.open_streams == 1
        await response.aclose()
        await until(lambda: desk.open_streams == 0)


async def test_a_credential_that_is_not_valid_opens_no_event_stream(desk: Desk) -> None:
    async with streamed(desk, "subscription { forever }", token="Bearer forged") as response:
        assert response.status_code == 401


async def test_a_revoked_credential_ends_an_event_stream(desk: Desk) -> None:
    async with streamed(desk, "subscription { forever }", pace=QUICK) as response:
        desk.revoked = True
        text = (await response.aread()).decode()
    (_, first), (_, last), (name, _) = events(text)
    assert first["data"] == {"forever": 1}
    assert last["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert name == "complete"
    assert desk.open_streams == 0


async def test_an_event_stream_carries_the_error_of_a_document_that_is_refused(desk: Desk) -> None:
    async with streamed(desk, "subscription { nothing }") as response:
        (name, answer), (end, _) = events((await response.aread()).decode())
    assert (response.status_code, name, end) == (200, "next", "complete")
    assert answer["errors"][0]["extensions"] == {"code": "INVALID_QUERY"}


async def test_queries_are_not_answered_as_event_streams(desk: Desk) -> None:
    async with streamed(desk, "{ greeting }") as response:
        (_, answer), _ = events((await response.aread()).decode())
    assert answer["errors"][0]["message"] == "Only subscriptions are answered as text/event-stream"


async def test_a_client_that_takes_both_gets_what_fits_the_operation(desk: Desk) -> None:
    both = "application/json, text/event-stream"
    async with streamed(desk, "{ greeting }", accept=both) as response:
        assert orjson.loads(await response.aread())["data"] == {"greeting": "Hello you"}
    async with streamed(desk, "subscription { count(to: 1) }", accept=both) as response:
        assert events((await response.aread()).decode())[0][1]["data"] == {"count": 1}
