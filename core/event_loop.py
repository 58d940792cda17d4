"""The event loop that our processes run on: uvloop, which does the same for less of the processor's time."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

try:
    import uvloop
except ImportError:  # it does not exist everywhere
    uvloop = None  # type: ignore[assignment]  # which is then looked at before it is used

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        return runner.run(main)
