"""Is the server able to work?"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import psutil

from core import clock
from core.access import allow_all
from core.actor import Actor
from core.runtime import is_running, runtime
from core.stopping import is_stopping

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


@dataclass(frozen=True, slots=True)
class Liveness:
    """`uptime` is in seconds, from the start of the process."""

    uptime: float


class Stage(StrEnum):
    """Where the life of a process is: `unavailable` is one that could work, if what it needs answered."""

    STARTING = "starting"
    READY = "ready"
    UNAVAILABLE = "unavailable"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`database` and `broker` say whether they answer; `broker` is None where Redis is not used."""

    stage: Stage
    database: bool
    broker: bool | None


@allow_all
async def get_liveness(actor: Actor) -> Liveness:
    """Whether the process answers at all, whatever it needs. One that does not is to be ended."""
    return Liveness(_uptime())


@allow_all
async def get_readiness(actor: Actor) -> Readiness:
    """Whether the process is to be sent work: its indexes are there, the database answers, and it is not about to end.
    One that is not ready may be in a moment, and is to be left alone. Redis is told of, and no process starts without
    it; but they do without it when it is lost, and would only all go with it."""
    if not is_running():
        return Readiness(Stage.STARTING, database=False, broker=None)
    database, broker = await _answers()
    if is_stopping():
        return Readiness(Stage.STOPPING, database, broker)
    return Readiness(Stage.READY if database else Stage.UNAVAILABLE, database, broker)


@allow_all
async def get_health(actor: Actor) -> Health:
    """Whether the server and its data stores answer. Names no host and no secret."""
    answers = [answer for answer in await _answers() if answer is not None]
    return Health(
        timestamp=clock.now(),
        uptime=_uptime(),
        memory=_memory(),
        databases=Databases(connected=sum(answers), total=len(answers)),
    )


async def _answers() -> tuple[bool, bool | None]:
    """Of the database, and of Redis where it is used."""
    return await asyncio.gather(runtime().mongo.answers(PATIENCE_SECONDS), runtime().topics.answers(PATIENCE_SECONDS))


def _uptime() -> float:
    return round(time.monotonic() - _started, 1)


def _memory() -> Memory:
    used = _process.memory_full_info()
    return Memory(rss=used.rss, heap_used=used.uss, heap_total=used.vms, external=max(0, used.rss - used.uss))
