"""Subscriptions over a websocket: the protocol graphql-transport-ws (graphql-ws's PROTOCOL.md).

Queries and mutations go by POST, where idempotency keys and rate limits apply to each of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any, Final, Generic, TypeVar

import orjson
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import DomainError, Unauthenticated
from schema.serving.engine import Context, Engine, Request
from schema.serving.failures import Refused, refusal, refusal_of
from schema.serving.limits import LIMIT_EXCEEDED
from schema.serving.pace import Pace, first_of

PROTOCOL: Final = "graphql-transport-ws"
OPERATIONS: Final = 50
"""Subscriptions at a time on one socket."""
LONGEST_REASON: Final = 123
"""Bytes of a close reason (RFC 6455, section 5.5)."""

Message = dict[str, Any]
C = TypeVar("C", bound=Context)


class Closed(Exception):
    """The socket is to be closed with this code of graphql-transport-ws."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")


class Socket(Generic[C]):
    """One connection. It ends its subscriptions, and waits for their `finally` blocks, when the client goes away."""

    def __init__(
        self,
        websocket: WebSocket,
        engine: Engine,
        context_of: Callable[[WebSocket, dict[str, Any]], Awaitable[C]],
        pace: Pace,
    ) -> None:
        self._websocket = websocket
        self._engine = engine
        self._context_of = context_of
        self._pace = pace
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        try:
            await self._converse()
        except WebSocketDisconnect:
            pass
        except Closed as closed:
            await self._close(closed)
        except Exception as error:
            await self._close(Closed(1011, str(refusal_of(error))))
        finally:
            await self._cancel_operations()

    async def _close(self, closed: Closed) -> None:
        # First, so that nothing is sent after the close.
        await self._cancel_operations()
        with suppress(WebSocketDisconnect):
            await self._websocket.close(closed.code, closed.reason)

    async def _converse(self) -> None:
        offered = PROTOCOL in self._websocket.scope.get("subprotocols", [])
        await self._websocket.accept(PROTOCOL if offered else None)
        if not offered:
            raise Closed(4406, f"The subprotocol must be {PROTOCOL}")
        context = await self._authenticated(await self._initialised())
        await self._send({"type": "connection_ack"})
        await first_of(self._read(context), self._watch(context))

    async def _initialised(self) -> Message:
        try:
            async with asyncio.timeout(self._pace.initialisation):
                message = await self._receive()
                while message["type"] in ("ping", "pong"):
                    await self._pong(message)
                    message = await self._receive()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        if message["type"] != "connection_init":
            raise Closed(4401, "Unauthorized")
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            raise Closed(4400, "The payload of connection_init must be an object")
        return payload

    async def _authenticated(self, payload: Message) -> C:
        try:
            return await self._context_of(self._websocket, payload)
        except Unauthenticated as error:
            raise Closed(4401, error.message) from None
        except DomainError as error:
            raise Closed(4403, error.message) from None

    async def _watch(self, context: C) -> None:
        while True:
            await asyncio.sleep(self._pace.heartbeat)
            if not await context.still_valid():
                raise Closed(4401, "The credential is no longer valid")

    async def _read(self, context: C) -> None:
        while True:
            message = await self._receive()
            match message["type"]:
                case "ping" | "pong":
                    await self._pong(message)
                case "subscribe":
                    await self._subscribe(message, context)
                case "complete":
                    task = self._operations.pop(_id_of(message), None)
                    if task:
                        task.cancel()
                case "connection_init":
                    raise Closed(4429, "Too many initialisation requests")
                case _:
                    raise Closed(4400, "Unknown type of message")

    async def _subscribe(self, message: Message, context: C) -> None:
        identity = _id_of(message)
        if identity in self._operations:
            raise Closed(4409, f"Subscriber for {identity} already exists")
        # Subscriptions whose clean-up is still running count, or a client could pile them up.
        if len(self._tasks) >= OPERATIONS:
            too_many = refusal(f"At most {OPERATIONS} subscriptions run on one connection", LIMIT_EXCEEDED)
            await self._send_refusal(identity, too_many)
            return
        task = asyncio.create_task(self._run(identity, message.get("payload"), context))
        self._operations[identity] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, identity: str, payload: object, context: C) -> None:
        try:
            await self._send_answers(identity, payload, context.renewed())
            self._forget(identity)
            await self._send({"id": identity, "type": "complete"})
        except Refused as refused:
            self._forget(identity)
            await self._send_refusal(identity, refused)
        except WebSocketDisconnect:
            pass
        except Exception as error:
            self._forget(identity)
            await self._send_refusal(identity, refusal_of(error))

    async def _send_answers(self, identity: str, payload: object, context: C) -> None:
        prepared = self._engine.prepare(Request.of(payload), context)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            raise refusal("Queries and mutations are sent by POST")
        async with aclosing(await self._engine.subscribe(prepared)) as answers:
            async for answer in answers:
                await self._send({"id": identity, "type": "next", "payload": answer})

    def _forget(self, identity: str) -> None:
        """Frees the id, unless the client has completed this operation and used the id again."""
        if self._operations.get(identity) is asyncio.current_task():
            del self._operations[identity]

    async def _cancel_operations(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self) -> Message:
        """The next message, whose `type` is a string. Raises `Closed` for anything else."""
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        text = event.get("text")
        if text is None:
            raise Closed(4400, "Messages must be text")
        if len(text) > self._engine.limits.body:
            raise Closed(1009, f"Messages may be {self._engine.limits.body} characters long")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Closed(4400, "Messages must be valid JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closed(4400, "Messages must be objects with a type")
        return message

    async def _pong(self, message: Message) -> None:
        if message["type"] == "ping":
            await self._send({"type": "pong"})

    async def _send_refusal(self, identity: str, refused: Refused) -> None:
        await self._send({"id": identity, "type": "error", "payload": self._engine.refused(refused)["errors"]})

    async def _send(self, message: Message) -> None:
        await self._websocket.send_text(orjson.dumps(message).decode())


def _id_of(message: Message) -> str:
    identity = message.get("id")
    if not isinstance(identity, str) or not identity:
        raise Closed(4400, "The message needs an id")
    return identity
