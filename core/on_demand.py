"""What takes a while to make, and few ask for."""

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")


class OnDemand(Generic[T]):
    """Made once, for whoever asks first: a process that nobody asks starts without."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: list[T] = []

    def now(self) -> T:
        """Whoever calls waits for it."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
        return self._made[0]

    async def get(self) -> T:
        """In a thread, so that others are answered while it is made."""
        return self._made[0] if self._made else await asyncio.to_thread(self.now)


class AppOnDemand:
    """An ASGI application that is made for its first request."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._app = OnDemand(make)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await self._app.get()
        await app(scope, receive, send)
