"""Is the server able to work?"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psutil

from core import clock
from core.access import allow_all
from core.actor import Actor
from core.runtime import runtime

PATIENCE_SECONDS: Final = 1.0

_started = time.monotonic()
_process = psutil.Process()


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes: resident; of that the process's own; its address space; of the resident what it shares with others,
    such as libraries. Python has no array buffers of their own: always 0."""

    rss: int
    heap_used: int
    heap_total: int
    external: int
    array_buffers: int = 0


@dataclass(frozen=True, slots=True)
class Databases:
    """The data stores that are configured (MongoDB; Redis where it is used), and how many answer within a second."""

    connected: int
    total: int

    @property
    def failed(self) -> int:
        return self.total - self.connected


@dataclass(frozen=True, slots=True)
class Health:
    """`uptime` is in seconds, from the start of the process."""

    timestamp: datetime
    uptime: float
    memory: Memory
    databases: Databases

    @property
    def status(self) -> str:
        return "degraded" if self.databases.failed else "ok"


@allow_all
async def get_health(actor: Actor) -> Health:
    """Whether the server and its data stores answer. Names no host and no secret."""
    mongo, redis = await asyncio.gather(
        runtime().mongo.answers(PATIENCE_SECONDS), runtime().topics.answers(PATIENCE_SECONDS)
    )
    answers = [answer for answer in (mongo, redis) if answer is not None]
    return Health(
        timestamp=clock.now(),
        uptime=round(time.monotonic() - _started, 1),
        memory=_memory(),
        databases=Databases(connected=sum(answers), total=len(answers)),
    )


def _memory() -> Memory:
    used = _process.memory_full_info()
    return Memory(rss=used.rss, heap_used=used.uss, heap_total=used.vms, external=max(0, used.rss - used.uss))
