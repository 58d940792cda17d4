"""`allover serve` is told to end: what is under way is finished, what would go on for ever is closed, and clients can
tell."""

import asyncio
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
from pymongo import MongoClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from commands.database import ADDRESS
from core.actor import Role
from models.users import User
from tests.cli.running import RunningServer
from tests.cli.test_serve import log_in
from tests.factories.people import HASH, PASSWORD

SUBSCRIPTION = "subscription { emailJobCounts { total } }"
SERVICE_RESTART = 1012
BOUND_SECONDS = 15.0


def token_of_an_owner(folder: Path, server: RunningServer) -> str:
    """Of one who is written into the server's database: a command of its own would take seconds to start."""
    email = "ann@example.com"
    owner = User(email=email, email_key=email, first_name="Ann", role=Role.OWNER, password_hash=HASH)
    with MongoClient[dict[str, Any]]((folder / ADDRESS).read_text()) as database:
        database["allover"][User.Settings.name].insert_one(owner.model_dump(by_alias=True))
    return log_in(server, owner.email, PASSWORD)


async def subscribed(server: RunningServer, token: str) -> ClientConnection:
    """A socket that has had its first event."""
    socket = await connect(f"{server.url.replace('http', 'ws')}/graphql", subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
    messages: list[dict[str, Any]] = [
        {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}},
        {"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}},
    ]
    for message in messages:
        await socket.send(orjson.dumps(message).decode())
        await socket.recv()
    return socket


async def close_code(socket: ClientConnection) -> int | None:
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def half_a_request(server: RunningServer) -> tuple[socket.socket, bytes]:
    """A login whose body is still on its way, and the rest of it."""
    body = orjson.dumps({"email": "ann@example.com", "password": PASSWORD})
    url = httpx.URL(server.url)
    connection = socket.create_connection((url.host, url.port or 0))
    head = (
        f"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body[:10])
    return connection, body[10:]


async def test_requests_are_finished_and_subscriptions_closed(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server:
        token = await asyncio.to_thread(token_of_an_owner, tmp_path, server)
        websocket = await subscribed(server, token)
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(base_url=server.url, headers=headers, timeout=BOUND_SECONDS) as http,
            http.stream("POST", "/graphql", json={"query": SUBSCRIPTION}) as stream,
        ):
            chunks = stream.aiter_bytes()
            received = await anext(chunks)
            connection, rest = half_a_request(server)
            await asyncio.sleep(0.2)  # nothing tells when the server has begun to read
            told = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            received += b"".join([chunk async for chunk in chunks])
            code = await close_code(websocket)
            connection.sendall(rest)
            answer = await asyncio.to_thread(connection.recv, 100)
        connection.close()
        await asyncio.to_thread(server.process.communicate, timeout=BOUND_SECONDS)
    assert (code, server.process.returncode) == (SERVICE_RESTART, 0)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"event: next" in received
    assert b"complete" not in received
    assert time.monotonic() - told < BOUND_SECONDS
