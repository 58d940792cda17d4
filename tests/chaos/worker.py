"""A worker whose jobs leave a trace of each run: `python -m tests.chaos.worker`, configured by the environment.

Prints `ready` when it takes jobs. A job's effect is one conditional insert, so that doing it twice does no harm.
"""

import asyncio
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from core import clock
from core.runtime import running, runtime
from core.settings import load
from models import DOCUMENTS
from models.email_jobs import EmailJob
from tasks.jobs import Handler, Pace, doing_jobs

PACE: Final = Pace(lease=1.0, heartbeat=0.25, look=0.5, grace=1.0, backoff=lambda _: timedelta(seconds=0.1))
WORK_SECONDS: Final = 0.01
STALL_SECONDS: Final = 2 * PACE.lease

EFFECTS: Final = "chaos_effects"
RUNS: Final = "chaos_runs"


async def leave_a_trace(job: EmailJob) -> None:
    runs, effects = runtime().mongo.database[RUNS], runtime().mongo.database[EFFECTS]
    started = {"jobId": job.id, "startedAt": clock.now(), "leasedUntil": job.visible_at}
    await runs.insert_one({"_id": job.lease_token, **started})
    await asyncio.sleep(WORK_SECONDS)
    with suppress(DuplicateKeyError):
        await effects.insert_one({"_id": job.id})
    await runs.update_one({"_id": job.lease_token}, {"$set": {"endedAt": clock.now()}})


async def raise_at_first(job: EmailJob) -> None:
    await leave_a_trace(job)
    if job.attempts == 1:
        raise RuntimeError("on purpose, after the work was done")


async def stall_at_first(job: EmailJob) -> None:
    """Keeps the whole process from doing anything, heartbeats too, for longer than the lease."""
    if job.attempts == 1:
        time.sleep(STALL_SECONDS)
    await leave_a_trace(job)


async def never_end(_: EmailJob) -> None:
    await asyncio.Event().wait()


HANDLERS: Final[dict[str, Handler]] = {
    "trace": leave_a_trace,
    "raise": raise_at_first,
    "stall": stall_at_first,
    "endless": never_end,
}


async def main() -> None:
    settings, told = load(), asyncio.Event()
    assert settings.mongodb_url is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    async with (
        running(settings, settings.mongodb_url.get_secret_value(), DOCUMENTS),
        doing_jobs(HANDLERS, pace=PACE),
    ):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await told.wait()


if __name__ == "__main__":
    asyncio.run(main())
