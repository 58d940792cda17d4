"""What our processes run on: uvloop, which does the same as asyncio's own event loop for less of the processor's time,
and without pauses for what stays anyway."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from core.measurements import LAG_SECONDS

try:
    import uvloop
except ImportError:  # it does not exist everywhere
    uvloop = None  # type: ignore[assignment]  # which is then looked at before it is used

T = TypeVar("T")

LOOK_SECONDS: Final = 0.5


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        return runner.run(main)


def settled() -> None:
    """To be called once, when a process that goes on for long is ready: what it has loaded stays, so the collector of
    cyclic garbage need not look through it again and again, while everybody waits for a tenth of a second."""
    gc.collect()
    gc.freeze()


async def watch_lag() -> None:
    """Measures how late the event loop is, until it is cancelled: what keeps it busy keeps everybody waiting."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        LAG_SECONDS.observe(max(loop.time() - due, 0.0))
