"""The time limits of streams, and the one way in which their parts run beside each other."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds: how long a socket may take to introduce itself, and how often a stream's credential is checked."""

    initialisation: float = 5.0
    heartbeat: float = 15.0


async def first_of(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Runs them until the first one ends, cancels the others and waits for them; raises what the first one raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
