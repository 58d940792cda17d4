"""A process that dies: at a write of its choice, before or after it reached the database."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from pymongo.asynchronous.collection import AsyncCollection

from tests.mongo_memory import Collection as MemoryCollection

WRITES: Final = (
    "bulk_write",
    "delete_many",
    "delete_one",
    "find_one_and_update",
    "insert_many",
    "insert_one",
    "update_many",
    "update_one",
)


class Killed(BaseException):
    """Nothing of the process runs after it."""


@contextmanager
def dying(writes: int, *, last_arrives: bool) -> Iterator[None]:
    """Within the block, so many writes succeed; the next raises `Killed`, after it was done where `last_arrives`."""
    left = writes

    def mortal(write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def attempt(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left >= 0:
                return await write(*arguments, **options)
            if last_arrives:
                await write(*arguments, **options)
            raise Killed

        return attempt

    with ExitStack() as patches:
        for collection in (AsyncCollection, MemoryCollection):
            replaced: dict[str, Any] = {name: mortal(getattr(collection, name)) for name in WRITES}
            patches.enter_context(patch.multiple(collection, **replaced))
        yield
