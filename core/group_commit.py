"""Group commit: what many wait for at once is written together, and each is told when the write that holds it is
done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """While one write is under way, what arrives is gathered for the next: alone, an item is written at once; under
    load, many share a write. With `linger` (seconds) each write waits that long for more."""

    def __init__(
        self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int, *, linger: float = 0.0
    ) -> None:
        """`write` takes 1 to `most` items and returns a result for each, in their order."""
        self._write = write
        self._most = most
        self._linger = linger
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: T) -> R:
        """Returns when the item is written; raises what the write raised. A caller who is cancelled meanwhile does not
        take the item back."""
        written: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await written

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                if self._linger and len(self._waiting) < self._most:
                    await asyncio.sleep(self._linger)
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._write_one(group)
        finally:
            self._writing = None

    async def _write_one(self, group: Sequence[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._write([item for item, _ in group])
        except BaseException as error:
            for _, written in group:
                if not written.done():
                    written.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, written), result in zip(group, results, strict=True):
            if not written.done():
                written.set_result(result)
