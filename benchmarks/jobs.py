"""How many jobs are claimed and completed in a second: `python -m benchmarks.jobs`.

One and two workers, each a process, do jobs whose handler does nothing. The floor is a process that does no more than
the two writes of a job (`find_one_and_update` to claim it, and again to end it) on the same documents and indexes, in
the same run: in one loop, and in as many loops as a worker does jobs at once. All of it on the embedded database.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import SecretStr
from pymongo import ASCENDING, DESCENDING

from core import clock, logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.email_jobs import EmailJob
from tasks.jobs import AT_ONCE, Pace, doing_jobs

JOBS: Final = 3000
KIND: Final = "nothing"
READY: Final = "ready\n"
PACE: Final = Pace(look=0.05)

Work = Callable[[], Awaitable[None]]


def main() -> None:
    loop, loops = _measure("loop", processes=1), _measure("loops", processes=1)
    sys.stdout.write(f"{'':40}{'jobs/s':>8}{'of a loop':>12}{'of loops':>12}\n")
    for title, per_second in (
        ("two find_one_and_update each, 1 loop", loop),
        (f"two find_one_and_update each, {AT_ONCE} loops", loops),
        ("jobs, 1 worker", _measure("worker", processes=1)),
        ("jobs, 2 workers", _measure("worker", processes=2)),
    ):
        sys.stdout.write(f"{title:40}{per_second:8.0f}{per_second / loop:12.2f}{per_second / loops:12.2f}\n")


def _measure(role: str, processes: int) -> float:
    """Jobs per second."""
    with EmbeddedMongo() as database:
        asyncio.run(_leave(database.url))
        command = [sys.executable, "-m", "benchmarks.jobs", role, database.url]
        workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == READY
        started = time.perf_counter()
        for worker in workers:
            worker.communicate("go\n")
        return JOBS / (time.perf_counter() - started)


async def _leave(url: str) -> None:
    async with running(_settings(url), url, DOCUMENTS):
        now = clock.now()
        await EmailJob.insert_many(
            [EmailJob(type=KIND, max_attempts=5, scheduled_at=now, visible_at=now) for _ in range(JOBS)]
        )


def _settings(url: str) -> Settings:
    return Settings(mongodb_url=SecretStr(url), log_level="ERROR")


async def _work(url: str, work: Work) -> None:
    """Begins when told, and ends when nothing is open any more."""
    logs.configure(_settings(url))
    async with running(_settings(url), url, DOCUMENTS):
        sys.stdout.write(READY)
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await work()


async def _do_jobs() -> None:
    async def nothing(_: EmailJob) -> None:
        pass

    async with doing_jobs({KIND: nothing}, pace=PACE):
        while await EmailJob.find_one({"open": True}) is not None:
            await asyncio.sleep(0.02)


async def _write_only() -> None:
    jobs = EmailJob.get_pymongo_collection()
    order = [("priority", DESCENDING), ("visibleAt", ASCENDING)]
    due = {"open": True, "visibleAt": {"$lte": clock.now()}}
    claimed = {"$set": {"status": "processing", "leaseToken": "token", "visibleAt": clock.now()}}
    while (job := await jobs.find_one_and_update(due, claimed, sort=order)) is not None:
        ended = {"$set": {"status": "completed", "open": False, "completedAt": clock.now()}}
        await jobs.find_one_and_update({"_id": job["_id"], "leaseToken": "token"}, ended)


async def _write_only_at_once() -> None:
    await asyncio.gather(*(_write_only() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["loop", url]:
            asyncio.run(_work(url, _write_only))
        case ["loops", url]:
            asyncio.run(_work(url, _write_only_at_once))
        case ["worker", url]:
            asyncio.run(_work(url, _do_jobs))
        case _:
            main()
