"""Connections: requests come in, and replies go out after what they acknowledge is durable."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import NoReturn, cast

from embedded_mongo.commands import Command, run
from embedded_mongo.engine import Engine
from embedded_mongo.errors import MongoError
from embedded_mongo.values import Document
from embedded_mongo.wire import HEADER, MAXIMUM_MESSAGE_BYTES, Request, read_request, write_reply

logger = logging.getLogger(__name__)


class Outbox:
    """Group commit: the replies to all requests of one turn of the event loop go out after one common commit.

    A reply to a read waits as well, so that nobody sees what a crash could still undo.
    """

    def __init__(self, engine: Engine, fail: Callable[[BaseException], NoReturn]) -> None:
        self._engine = engine
        self._fail = fail
        self._replies: list[tuple[asyncio.Transport, bytes]] = []
        self._is_scheduled = False

    def send(self, transport: asyncio.Transport, reply: bytes | None) -> None:
        """Send a reply once everything up to now is durable; None if the client wants none."""
        if reply is not None and not self._replies and not self._engine.storage.is_pending:
            transport.write(reply)
            return
        if reply is not None:
            self._replies.append((transport, reply))
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Commit and send. If the file can't be written nothing may be answered any more: memory is ahead of it."""
        self._is_scheduled = False
        replies, self._replies = self._replies, []
        try:
            if self._engine.storage.is_pending:
                self._engine.storage.commit()
        except sqlite3.Error as error:
            self._fail(error)
        for transport, reply in replies:
            if not transport.is_closing():
                transport.write(reply)


class Connection(asyncio.Protocol):
    """One client. Messages are answered in the order of their arrival."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox
        self._transport: asyncio.Transport
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # a TCP server's can write; uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= HEADER.size:
            length, identifier, _, operation = HEADER.unpack_from(self._received)
            if not HEADER.size <= length <= MAXIMUM_MESSAGE_BYTES + HEADER.size:
                self._transport.close()
                return
            if len(self._received) < length:
                return
            payload = bytes(self._received[HEADER.size : length])
            del self._received[:length]
            self._answer(identifier, operation, payload)

    def _answer(self, identifier: int, operation: int, payload: bytes) -> None:
        try:
            request = read_request(identifier, operation, payload)
        except MongoError as error:
            broken = Request(identifier, operation, {})
            self._outbox.send(self._transport, write_reply(broken, error.reply()))
            return
        reply = reply_to(self._engine, request)
        self._outbox.send(self._transport, reply if request.wants_reply else None)


def reply_to(engine: Engine, request: Request) -> bytes:
    """Run a request. Whatever goes wrong becomes the reply."""
    try:
        name = next(iter(request.body), "")
        return write_reply(request, run(engine, Command(name, request.body, request.documents)))
    except MongoError as error:
        return write_reply(request, error.reply())
    except Exception as error:
        logger.exception("command failed: %s", next(iter(request.body), ""))
        message = f"the embedded database failed: {type(error).__name__}: {error}"
        failure: Document = {"ok": 0.0, "errmsg": message, "code": 1, "codeName": "InternalError"}
        return write_reply(request, failure)
