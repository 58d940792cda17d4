"""A mail server that counts each message it takes, and fails now and then: it defers, or hangs up at any point."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Final

MESSAGE_ID: Final = b"\r\nMessage-ID: <"
ID_LENGTH: Final = 24
LARGEST_MESSAGE: Final = 2**20


class Fault(Enum):
    DEFERS_RECIPIENT = auto()
    DEFERS_CONTENT = auto()
    HANGS_UP_AT_RECIPIENT = auto()
    HANGS_UP_WITH_THE_MESSAGE = auto()
    HANGS_UP_WITHOUT_THE_MESSAGE = auto()


class Sink:
    """`taken` counts, by the delivery that Message-ID names, the messages that arrived in full: also those of which
    the sender never heard."""

    def __init__(self, *, failing: float = 0.0) -> None:
        """`failing` is the share of messages that go wrong, more than half of them by a lost connection."""
        self.taken: Counter[str] = Counter()
        self.port = 0
        self._failing = failing
        self._chance = random.Random(7)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._converse, "127.0.0.1", self.port, limit=LARGEST_MESSAGE)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    def _fault(self) -> Fault | None:
        return self._chance.choice(list(Fault)) if self._chance.random() < self._failing else None

    def _take(self, message: bytes) -> None:
        start = message.index(MESSAGE_ID) + len(MESSAGE_ID)
        self.taken[message[start : start + ID_LENGTH].decode()] += 1

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Conversation(reader, writer, self._fault, self._take).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Conversation:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        draw: Callable[[], Fault | None],
        take: Callable[[bytes], None],
    ) -> None:
        self._reader, self._writer, self._draw, self._take = reader, writer, draw, take
        self._fault: Fault | None = None

    async def run(self) -> None:
        self._say(b"220 sink.test ESMTP")
        while line := await self._reader.readline():
            if not await self._answer(line[:4].upper()):
                return

    def _say(self, reply: bytes) -> None:
        self._writer.write(reply + b"\r\n")

    async def _answer(self, verb: bytes) -> bool:
        """Whether the conversation goes on."""
        match verb:
            case b"EHLO":
                self._say(b"250-sink.test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES")
            case b"MAIL" | b"RSET" | b"NOOP":
                self._say(b"250 2.0.0 OK")
            case b"RCPT":
                self._fault = self._draw()
                deferred = self._fault is Fault.DEFERS_RECIPIENT
                self._say(b"450 4.2.1 Try again" if deferred else b"250 2.1.5 OK")
                return self._fault is not Fault.HANGS_UP_AT_RECIPIENT
            case b"DATA":
                return await self._receive()
            case _:
                self._say(b"221 2.0.0 Bye")
                return False
        return True

    async def _receive(self) -> bool:
        if self._fault is Fault.DEFERS_RECIPIENT:
            self._say(b"554 5.5.1 No valid recipients")
            return True
        self._say(b"354 Go ahead")
        message = await self._reader.readuntil(b"\r\n.\r\n")
        if self._fault is Fault.HANGS_UP_WITHOUT_THE_MESSAGE:
            return False
        if self._fault is Fault.DEFERS_CONTENT:
            self._say(b"451 4.3.0 Try again")
            return True
        self._take(message)
        if self._fault is Fault.HANGS_UP_WITH_THE_MESSAGE:
            return False
        self._say(b"250 2.0.0 Taken")
        return True
