"""Does the jobs: takes those that are due, runs their handlers under leases that are kept alive, and says how it went.

Word that a job is due is a message that may be lost; every worker looks by itself every few seconds.
"""

import asyncio
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from pydantic import JsonValue
from pymongo.errors import PyMongoError

from core.actor import Actor
from core.background import heard, stopped
from core.backoff import backoff
from core.errors import DomainError, RateLimited, Unavailable
from core.measurements import count_job, worker_looked
from core.runtime import runtime
from core.tracing import span
from models.email_jobs import EmailJob
from resolvers import job_leases
from resolvers.automation_backtests import BACKTEST
from resolvers.automation_clock import RUN
from resolvers.campaign_jobs import CHUNK, START
from resolvers.job_leases import DUE, LEASE, LeaseLost
from resolvers.slack_messages import POST

WORKER: Final = Actor.system("worker")
AT_ONCE: Final = 8
"""Jobs of one process at a time."""
CLEAN_UP_SECONDS: Final = 1.0
"""What a handler that is cancelled has to end in."""

Handler = Callable[[EmailJob], Awaitable[Mapping[str, JsonValue] | None]]
"""Does the work of one job and returns its result; what it notes in the job's `progress` is stored with the lease. It
may run again for the same job, also after it had done all but say so: what it does must be safe to repeat.
`DomainError` means that doing it again would not help, unless it is `Unavailable` or `RateLimited`; any other exception
is tried again."""

LIMITS: Final[Mapping[str, int]] = {BACKTEST: 1, RUN: 1, START: 1, CHUNK: 2, POST: 2}
"""Jobs of a type that one process does at a time, where that is fewer than `AT_ONCE`: what takes minutes must not keep
a single mail waiting."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds: how long a lease lasts, how often it is renewed, how often a worker looks for jobs without having
    been told, and how long a worker that stops lets its jobs go on before it hands them back. `backoff` says how long a
    job waits after its attempt of that number."""

    lease: float = LEASE.total_seconds()
    heartbeat: float = 15.0
    look: float = 5.0
    grace: float = 3.0
    backoff: Callable[[int], timedelta] = backoff


@asynccontextmanager
async def doing_jobs(
    handlers: Mapping[str, Handler], *, at_once: int = AT_ONCE, pace: Pace = Pace()
) -> AsyncIterator[None]:
    """Within the block, jobs are done by this process. At its end, those under way are handed back."""
    runner = Runner(handlers, at_once, pace)
    running = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        runner.finish()
        await asyncio.wait({running}, timeout=pace.grace + 2 * CLEAN_UP_SECONDS)
        await stopped(running)


class Runner:
    """The jobs of one process."""

    def __init__(self, handlers: Mapping[str, Handler], at_once: int, pace: Pace) -> None:
        self._handlers = handlers
        self._at_once = at_once
        self._pace = pace
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._finishing = False
        self._word = asyncio.Event()

    async def run(self) -> None:
        """Until `finish` is called."""
        async with runtime().topics.signal(DUE) as self._word:
            while not self._finishing:
                worker_looked()
                self._word.clear()
                if len(self._under_way) >= self._at_once or not await self._begin():
                    await self._hear()
        await self._wind_up()

    def finish(self) -> None:
        """Takes no more jobs, and lets `run` end."""
        self._finishing = True
        self._word.set()

    async def _hear(self) -> None:
        """Until there is word, a job has ended, or it is time to look anyway."""
        await heard(self._word, self._pace.look)

    async def _begin(self) -> bool:
        """Whether there was a job to take."""
        lease, asked = timedelta(seconds=self._pace.lease), asyncio.get_running_loop().time()
        try:
            job = await job_leases.claim(WORKER, self._owner, self._free_types(), lease)
        except PyMongoError as error:
            log.warning("jobs.not_claimed", error=repr(error))
            return False
        if job is None:
            return False
        task = asyncio.create_task(self._do(job, until=asked + self._pace.lease))
        self._under_way[task] = job.type
        task.add_done_callback(self._ended)
        return True

    def _free_types(self) -> list[str]:
        """Those of which another job may begin."""
        running = Counter(self._under_way.values())
        return [name for name in self._handlers if running[name] < LIMITS.get(name, self._at_once)]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._word.set()

    async def _do(self, job: EmailJob, until: float) -> None:
        """Whatever happens: what can't be said now, the end of the lease says."""
        with (
            structlog.contextvars.bound_contextvars(job_id=str(job.id), job_type=job.type),
            span(f"job {job.type}", parent=job.trace),
        ):
            started, outcome = time.perf_counter(), "outcome_not_stored"
            try:
                outcome = await self._attempt(job, until)
            except LeaseLost:
                outcome = "lease_lost"
                log.info("jobs.lease_lost")
            except PyMongoError as error:
                log.warning("jobs.outcome_not_stored", error=repr(error))
            finally:
                count_job(job.type, outcome, time.perf_counter() - started)

    async def _attempt(self, job: EmailJob, until: float) -> str:
        """How it ended."""
        try:
            await job_leases.complete(WORKER, job, await self._work(job, until))
        except LeaseLost:
            raise
        except asyncio.CancelledError as error:
            if not self._finishing:
                return await self._settle(job, error)
            await job_leases.hand_back(WORKER, job)
            return "handed_back"
        except Exception as error:
            return await self._settle(job, error)
        return "completed"

    async def _settle(self, job: EmailJob, error: BaseException) -> str:
        """A fault: tried again later where that may help. How it ended: as the job's status, then."""
        if isinstance(error, DomainError) and not isinstance(error, Unavailable | RateLimited):
            log.warning("jobs.failed", error=error.message)
            return (await job_leases.fail(WORKER, job, error.message)).status.value
        log.warning("jobs.postponed", error=repr(error), attempt=job.attempts)
        wait = timedelta(seconds=error.retry_after) if isinstance(error, RateLimited) else timedelta()
        said = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
        later = await job_leases.retry_later(WORKER, job, said, max(wait, self._pace.backoff(job.attempts)))
        return "postponed" if later.open else later.status.value

    async def _work(self, job: EmailJob, until: float) -> Mapping[str, JsonValue] | None:
        """What the handler returns or raises; it is stopped when the lease is lost. `until` is the lease's end by the
        event loop's clock."""
        work = asyncio.ensure_future(self._handlers[job.type](job))
        try:
            async with asyncio.timeout_at(until) as lease:
                while not (await asyncio.wait({work}, timeout=self._pace.heartbeat))[0]:
                    await self._renew(job, lease)
        except TimeoutError:
            raise LeaseLost("It could not be renewed") from None
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=CLEAN_UP_SECONDS)
        return work.result()

    async def _renew(self, job: EmailJob, lease: asyncio.Timeout) -> None:
        asked = asyncio.get_running_loop().time()
        try:
            await job_leases.heartbeat(WORKER, job, timedelta(seconds=self._pace.lease), job.progress)
        except PyMongoError as error:
            log.warning("jobs.lease_not_renewed", error=repr(error))
        else:
            lease.reschedule(asked + self._pace.lease)

    async def _wind_up(self) -> None:
        """Lets jobs end, and hands back those that don't."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._pace.grace)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
