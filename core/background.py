"""Tasks that run until somebody stops them."""

import asyncio
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
