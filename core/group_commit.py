"""Group commit: what many wait for at once is written together, and each is told when the write that holds it is
done."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """While a write is under way, what arrives is gathered for the next: alone, an item is written at once; under load,
    many share a write. With `linger` (seconds) each write waits that long for more; `at_once` writes may be under way
    at a time, so that one is prepared while the database does another. It begins beside another only with `beside`
    items: what a write costs is for the most part the same for one and for many."""

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        most: int,
        *,
        linger: float = 0.0,
        at_once: int = 1,
        beside: int = 1,
    ) -> None:
        """`write` takes 1 to `most` items and returns a result for each, in their order."""
        self._write = write
        self._most = most
        self._linger = linger
        self._at_once = at_once
        self._beside = beside
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._writers: set[asyncio.Task[Any] | None] = set()
        self._is_gathering = False
        """Whether one of the writers has not taken its group yet."""

    async def add(self, item: T) -> R:
        """Returns when the item is written; raises what the write raised. A caller who is cancelled meanwhile does not
        take the item back."""
        written: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if not self._is_gathering and len(self._writers) < self._at_once and self._are_enough(self._writers):
            self._is_gathering = True
            writer = asyncio.create_task(self._write_all())
            self._writers.add(writer)
            writer.add_done_callback(self._ended)
        return await written

    def _ended(self, writer: asyncio.Task[None]) -> None:
        """Also where it was cancelled before it began."""
        self._writers.discard(writer)
        self._is_gathering = self._is_gathering and bool(self._writers)

    async def _write_all(self) -> None:
        """Until nothing waits that nobody else gathers."""
        this = asyncio.current_task()
        try:
            while self._waiting:
                await self._write_one(await self._gathered())
                if self._is_gathering or not self._are_enough(self._writers - {this}):
                    break
                self._is_gathering = True
        finally:
            # At once: whoever was just told may add the next item before a callback is called.
            self._writers.discard(this)

    def _are_enough(self, others: Collection[Any]) -> bool:
        return len(self._waiting) >= (self._beside if others else 1)

    async def _gathered(self) -> Sequence[tuple[T, "asyncio.Future[R]"]]:
        try:
            if self._linger and len(self._waiting) < self._most:
                await asyncio.sleep(self._linger)
        finally:
            self._is_gathering = False
        group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        return group

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
