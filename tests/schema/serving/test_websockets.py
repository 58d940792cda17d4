"""Subscriptions over graphql-transport-ws, against a real server with a real client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from schema.serving.limits import Limits
from schema.serving.pace import Pace
from tests.schema.serving.serving import served, until
from tests.schema.serving.small_company import STAFF, Desk, application

PROTOCOL = Subprotocol("graphql-transport-ws")


class Client:
    """One websocket, as JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def receive(self) -> Any:
        async with asyncio.timeout(5):
            return orjson.loads(await self.connection.recv())

    async def subscribe(self, identity: str, query: str) -> None:
        await self.send({"id": identity, "type": "subscribe", "payload": {"query": query}})

    async def closed(self) -> tuple[int, str]:
        """The code and reason that the server closes with, whatever it says before."""
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@asynccontextmanager
async def connected(desk: Desk, *, initialised: bool = True, **knobs: Any) -> AsyncIterator[Client]:
    async with (
        served(application(desk, **knobs)) as address,
        connect(f"ws://{address}/graphql", subprotocols=[PROTOCOL]) as connection,
    ):
        client = Client(connection)
        if initialised:
            await client.send({"type": "connection_init", "payload": {"Authorization": STAFF}})
            assert await client.receive() == {"type": "connection_ack"}
        yield client


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_subscription_sends_its_answers_and_completes(desk: Desk) -> None:
    async with connected(desk) as client:
        await client.subscribe("a", "subscription { count(to: 2) }")
        messages = [await client.receive() for _ in range(3)]
    cost = {"extensions": {"cost": {"requested": 0, "limit": 5000}}}
    assert messages == [
        {"id": "a", "type": "next", "payload": {"data": {"count": 1}} | cost},
        {"id": "a", "type": "next", "payload": {"data": {"count": 2}} | cost},
        {"id": "a", "type": "complete"},
    ]
    assert desk.open_streams == 0


async def test_each_event_is_executed_with_a_context_of_its_own(desk: Desk) -> None:
    async with connected(desk) as client:
        await client.subscribe("a", "subscription { count(to: 3) }")
        for _ in range(4):
            await client.receive()
    assert desk.contexts == 1 + 1 + 3


async def test_several_subscriptions_share_a_socket(desk: Desk) -> None:
    async with connected(desk) as client:
        await client.subscribe("a", "subscription { forever }")
        await client.subscribe("b", "subscription { count(to: 1) }")
        seen = [(message["id"], message["type"]) for message in [await client.receive() for _ in range(3)]]
    assert sorted(seen) == [("a", "next"), ("b", "complete"), ("b", "next")]


async def test_pings_are_answered_before_and_after_initialisation(desk: Desk) -> None:
    async with connected(desk, initialised=False) as client:
        await client.send({"type": "ping"})
        assert await client.receive() == {"type": "pong"}
        await client.send({"type": "connection_init"})
        assert await client.receive() == {"type": "connection_ack"}
        await client.send({"type": "pong"})
        await client.send({"type": "ping"})
        assert await client.receive() == {"type": "pong"}


async def test_completing_a_subscription_ends_its_generator_and_frees_its_id(desk: Desk) -> None:
    async with connected(desk) as client:
        await client.subscribe("a", "subscription { forever }")
        await client.receive()
        await client.send({"id": "a", "type": "complete"})
        await until(lambda: desk.open_streams == 0)
        await client.subscribe("a", "subscription { count(to: 1) }")
        assert (await client.receive())["payload"]["data"] == {"count": 1}


async def test_a_client_that_goes_away_ends_its_subscriptions(desk: Desk) -> None:
    async with connected(desk) as client:
        for identity in "abc":
            await client.subscribe(identity, "subscription { forever }")
            await client.receive()
        assert desk.open_streams == 3
        client.connection.transport.abort()
        await until(lambda: desk.open_streams == 0)


async def test_a_credential_that_is_not_valid_closes_the_socket(desk: Desk) -> None:
    async with connected(desk, initialised=False) as client:
        await client.send({"type": "connection_init", "payload": {"Authorization": "Bearer forged"}})
        assert await client.closed() == (4401, "The token is not valid")


async def test_a_caller_that_is_refused_closes_the_socket(desk: Desk) -> None:
    async with connected(desk, initialised=False) as client:
        await client.send({"type": "connection_init", "payload": {"Authorization": "Bearer busy"}})
        assert await client.closed() == (4403, "Slow down")


async def test_what_nobody_expected_closes_the_socket_masked(desk: Desk) -> None:
    with capture_logs() as logs:
        async with connected(desk, initialised=False) as client:
            await client.send({"type": "connection_init", "payload": {"Authorization": "Bearer broken"}})
            assert await client.closed() == (1011, f"Internal error (id {logs[0]['error_id']})")


async def test_subscribing_before_initialisation_closes_the_socket(desk: Desk) -> None:
    async with connected(desk, initialised=False) as client:
        await client.subscribe("a", "subscription { forever }")
        assert await client.closed() == (4401, "Unauthorized")


async def test_a_client_that_does_not_introduce_itself_is_sent_away(desk: Desk) -> None:
    async with connected(desk, initialised=False, pace=Pace(initialisation=0.05)) as client:
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_a_revoked_credential_ends_running_subscriptions(desk: Desk) -> None:
    async with connected(desk, pace=Pace(heartbeat=0.05)) as client:
        await client.subscribe("a", "subscription { forever }")
        await client.receive()
        desk.revoked = True
        assert await client.closed() == (4401, "The credential is no longer valid")
    assert desk.open_streams == 0


@pytest.mark.parametrize(
    ("message", "closing"),
    [
        (b"{}", (4400, "Messages must be text")),
        ("{", (4400, "Messages must be valid JSON")),
        ("[]", (4400, "Messages must be objects with a type")),
        ({"type": 1}, (4400, "Messages must be objects with a type")),
        ({"type": "other"}, (4400, "Unknown type of message")),
        ({"type": "subscribe", "payload": {}}, (4400, "The message needs an id")),
        ({"type": "complete", "id": 1}, (4400, "The message needs an id")),
        ({"type": "connection_init"}, (4429, "Too many initialisation requests")),
        ({"type": "x" * 2000}, (1009, "Messages may be 1000 characters long")),
    ],
)
async def test_what_the_protocol_does_not_know_closes_the_socket(
    desk: Desk, message: Any, closing: tuple[int, str]
) -> None:
    async with connected(desk, limits=Limits(body=1000)) as client:
        await client.send(message)
        assert await client.closed() == closing


async def test_a_payload_of_initialisation_is_an_object(desk: Desk) -> None:
    async with connected(desk, initialised=False) as client:
        await client.send({"type": "connection_init", "payload": ["x"]})
        assert await client.closed() == (4400, "The payload of connection_init must be an object")


async def test_an_id_is_used_once_at_a_time(desk: Desk) -> None:
    async with connected(desk) as client:
        await client.subscribe("a", "subscription { forever }")
        await client.subscribe("a", "subscription { forever }")
        assert await client.closed() == (4409, "Subscriber for a already exists")
    assert desk.open_streams == 0


async def test_another_subprotocol_is_refused(desk: Desk) -> None:
    async with served(application(desk)) as address, connect(f"ws://{address}/graphql") as connection:
        assert await Client(connection).closed() == (4406, "The subprotocol must be graphql-transport-ws")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (None, "INVALID_QUERY"),
        ({"query": 1}, "INVALID_QUERY"),
        ({"query": "subscription {"}, "INVALID_QUERY"),
        ({"query": "subscription { nothing }"}, "INVALID_QUERY"),
        ({"query": "{ greeting }"}, "INVALID_QUERY"),
        ({"query": 'mutation { note(text: "x") }'}, "INVALID_QUERY"),
        ({"query": "subscription { " + "count " * 21 + "}"}, "LIMIT_EXCEEDED"),
        ({"query": "subscription($n: Int!) { count(to: $n) }", "variables": {"n": "x"}}, "INVALID_INPUT"),
    ],
)
async def test_an_operation_that_is_refused_leaves_the_socket_open(desk: Desk, payload: Any, code: str) -> None:
    async with connected(desk) as client:
        await client.send({"id": "a", "type": "subscribe", "payload": payload})
        message = await client.receive()
        assert (message["id"], message["type"]) == ("a", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        await client.subscribe("a", "subscription { count(to: 1) }")
        assert (await client.receive())["type"] == "next"
    assert desk.notes == []


async def test_the_number_of_subscriptions_on_a_socket_is_bounded(desk: Desk) -> None:
    async with connected(desk) as client:
        for number in range(51):
            await client.subscribe(str(number), "subscription { forever }")
        messages = [await client.receive() for _ in range(51)]
        refused = [message for message in messages if message["type"] == "error"]
        assert [message["id"] for message in refused] == ["50"]
        assert refused[0]["payload"][0]["message"] == "At most 50 subscriptions run on one connection"
    await until(lambda: desk.open_streams == 0)


async def test_a_generator_that_fails_ends_with_a_masked_error(desk: Desk) -> None:
    with capture_logs() as logs:
        async with connected(desk) as client:
            await client.subscribe("a", "subscription { failing }")
            messages = [await client.receive() for _ in range(3)]
    assert [message["type"] for message in messages] == ["next", "next", "complete"]
    (error,) = messages[1]["payload"]["errors"]
    assert error["message"] == f"Internal error (id {logs[0]['error_id']})"
