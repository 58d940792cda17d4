"""How long work takes that is done over and over in this process."""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

HEAD = f"{'':32}{'per second':>11}{'p50 ms':>8}{'p99 ms':>8}{'most':>8}\n"


async def latencies(work: Callable[[], Awaitable[Any]], rounds: int) -> list[float]:
    """In milliseconds, one after the other."""
    milliseconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        await work()
        milliseconds.append((time.perf_counter() - started) * 1000)
    return milliseconds


async def show_lanes(title: str, work: Callable[[], Awaitable[Any]], rounds: int, at_once: int) -> None:
    """A line below `HEAD`: so many rounds in all, so many at a time."""
    started = time.perf_counter()
    lanes = await asyncio.gather(*(latencies(work, rounds // at_once) for _ in range(at_once)))
    took = time.perf_counter() - started
    milliseconds = [one for lane in lanes for one in lane]
    cuts = statistics.quantiles(milliseconds, n=100)
    sys.stdout.write(
        f"{title:32}{len(milliseconds) / took:11.0f}{cuts[49]:8.1f}{cuts[98]:8.1f}{max(milliseconds):8.1f}\n"
    )
