"""Tasks that run until somebody stops them, and wait for word meanwhile."""

import asyncio
from contextlib import suppress
from typing import Any, Final

AGAIN_SECONDS: Final = 1.0


async def stopped(task: asyncio.Task[Any]) -> None:
    """Ends a task, however often that takes, and raises what it failed with.

    A cancellation can get lost: a library that is in the middle of connecting may turn it into an error of its own (as
    redis-py does), which a task that survives errors then survives too.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_SECONDS)
    if not task.cancelled():
        task.result()


async def heard(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or for so many seconds. Not by `asyncio.wait_for`, which loses a cancellation that comes
    together with the event (Python 3.11)."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
