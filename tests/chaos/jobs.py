"""Workers are killed, again and again, while they do jobs: `python -m tests.chaos.jobs` (`make chaos`).

Two workers at a time, on the embedded database. Where redis-server is installed, Redis is emptied, killed
and started again all the while.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from collections import defaultdict
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from pydantic import SecretStr

from core import logs
from core.actor import Actor
from core.runtime import running, runtime
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers import job_leases
from tests.chaos.processes import worker
from tests.chaos.redis_server import RedisServer, coming_and_going
from tests.chaos.worker import EFFECTS, RUNS

SYSTEM: Final = Actor.system("chaos")
WORKERS: Final = 2
PATIENCE_SECONDS: Final = 300.0
DATABASE: Final = "chaos"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`repeated` counts the runs beyond the first of a job, `recovery` the seconds from the last kill to the end."""

    jobs: int
    kills: int
    completed: int
    effects: int
    repeated: int
    overlapping: int
    seconds: float
    recovery: float

    @property
    def is_right(self) -> bool:
        return self.completed == self.effects == self.jobs and not self.overlapping


async def survive(url: str, *, jobs: int, kills: int, redis: RedisServer | None = None) -> Outcome:
    """Leaves the jobs, kills as many workers, and waits until all jobs are done."""
    settings = Settings(
        mongodb_url=SecretStr(url), mongodb_database=DATABASE, redis_url=SecretStr(redis.url) if redis else None
    )
    started, chance = time.monotonic(), random.Random(7)
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        coming_and_going(redis) if redis else nullcontext(),
        running(settings, url, DOCUMENTS),
    ):
        killing = [_killing(settings, kills // WORKERS, chance) for _ in range(WORKERS)]
        await asyncio.gather(_leave(jobs), *killing)
        killed = time.monotonic()
        async with _worker(settings), _worker(settings):
            while await EmailJob.find({"open": True}).count():
                await asyncio.sleep(0.1)
        ended = time.monotonic()
        return await _outcome(jobs, kills, seconds=ended - started, recovery=ended - killed)


async def _leave(jobs: int) -> None:
    """One in fifty raises at first, three stall; each can be interrupted often."""
    for number in range(jobs):
        kind = "stall" if number % (jobs // 3) == 10 else "raise" if number % 50 == 0 else "trace"
        await job_leases.enqueue(SYSTEM, kind, {"number": number}, max_attempts=100)


async def _killing(settings: Settings, kills: int, chance: random.Random) -> None:
    for _ in range(kills):
        async with _worker(settings) as process:
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            process.kill()


def _worker(settings: Settings) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """A process that takes jobs."""
    assert settings.mongodb_url is not None
    address = {"MONGODB_URL": settings.mongodb_url.get_secret_value(), "MONGODB_DATABASE": DATABASE}
    if settings.redis_url is not None:
        address["REDIS_URL"] = settings.redis_url.get_secret_value()
    return worker("tests.chaos.worker", address)


async def _outcome(jobs: int, kills: int, *, seconds: float, recovery: float) -> Outcome:
    database = runtime().mongo.database
    runs: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    async for run in database[RUNS].find().sort("startedAt"):
        runs[run["jobId"]].append(run)
    return Outcome(
        jobs=jobs,
        kills=kills,
        completed=await EmailJob.find({"status": EmailJobStatus.COMPLETED.value}).count(),
        effects=await database[EFFECTS].count_documents({}),
        repeated=sum(len(of_job) - 1 for of_job in runs.values()),
        overlapping=sum(map(_overlaps, runs.values())),
        seconds=seconds,
        recovery=recovery,
    )


def _overlaps(runs: list[dict[str, Any]]) -> bool:
    """Whether one of them began, under a lease, while the one before it still ran under a lease that was not over.

    A process that stalled begins what it had claimed before, when its lease is over and the job is in other hands: no
    lease keeps it from that, and it is why what a job does must be safe to repeat.
    """
    return any(
        later["startedAt"] < min(run["leasedUntil"], run.get("endedAt", run["leasedUntil"]))
        for run, later in pairwise(runs)
        if later["startedAt"] <= later["leasedUntil"]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    logs.configure(Settings(log_level="ERROR"))
    program = shutil.which("redis-server")
    redis = RedisServer(program) if program else None
    with EmbeddedMongo() as database:
        outcome = asyncio.run(survive(database.url, jobs=arguments.jobs, kills=arguments.kills, redis=redis))
    sys.stdout.write(f"{outcome}\n{'Right.' if outcome.is_right else 'WRONG.'}\n")
    sys.exit(not outcome.is_right)


if __name__ == "__main__":
    main()
