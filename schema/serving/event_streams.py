"""Subscriptions as server-sent events: GraphQL over SSE, distinct connections mode (graphql-sse's PROTOCOL.md)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, Self

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.stopping import until_stopping
from schema.serving.accept import EVENT_STREAM
from schema.serving.engine import Answer
from schema.serving.pace import Pace, first_of

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""nginx would collect events before it passes them on."""
PING: Final = b":\n\n"
COMPLETE: Final = b"event: complete\ndata:\n\n"

Ending = Callable[[], Awaitable[Answer | None]]
"""Asked at every heartbeat: the answer to end the stream with, if it has to end."""


class EventStream(Response):
    """Sends `next` for each answer, a comment at every heartbeat, and `complete` at the end.

    `answers` is closed, so that the subscription's `finally` blocks run, when the client goes away. When the server
    stops, the stream ends without `complete`: the subscription is not over, and the client is to open it again.
    """

    def __init__(self, answers: AsyncGenerator[Answer, None], ending: Ending, pace: Pace) -> None:
        super().__init__(headers=HEADERS, media_type=EVENT_STREAM)
        del self.headers["content-length"]
        self._answers = answers
        self._ending = ending
        self._pace = pace

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """A stream of one answer, for errors before execution."""

        async def answers() -> AsyncGenerator[Answer, None]:
            yield answer

        async def ending() -> None:
            return None

        return cls(answers(), ending, Pace())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await first_of(self._send_answers(send), self._keep_alive(send), _stop(send), _disconnection(receive))

    async def _send_answers(self, send: Send) -> None:
        async with aclosing(self._answers) as answers:
            async for answer in answers:
                await _write(send, _next(answer))
        await _write(send, COMPLETE, more=False)

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._pace.heartbeat)
            ending = await self._ending()
            if ending:
                await _write(send, _next(ending) + COMPLETE, more=False)
                return
            await _write(send, PING)


async def _stop(send: Send) -> None:
    await until_stopping()
    await _write(send, b"", more=False)


async def _disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


def _next(answer: Answer) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(answer) + b"\n\n"
