"""What the jobs in the database look like to those who watch from outside."""

import asyncio
from typing import Final

from pymongo.errors import PyMongoError

from core.access import allow
from core.actor import Actor
from core.measurements import DATABASE_UP, DEAD_JOBS, OLDEST_DUE_JOB, OPEN_JOBS
from core.runtime import is_running
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers.email_jobs import oldest_pending_age

PATIENCE_SECONDS: Final = 2.0
KEPT_SECONDS: Final = 5.0
"""However often somebody asks, the database is asked no more often."""

_fresh_until = 0.0


@allow()
async def measure_jobs(actor: Actor) -> None:
    """Sets the gauges. Where the database does not answer they say so: what they showed before is not shown on."""
    global _fresh_until  # noqa: PLW0603 - one set of gauges per process
    now = asyncio.get_running_loop().time()
    if now < _fresh_until:
        return
    _fresh_until = now + KEPT_SECONDS
    OPEN_JOBS.clear()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            is_up = is_running() and await _measure()
    except (PyMongoError, TimeoutError):
        is_up = False
    DATABASE_UP.set(is_up)
    if not is_up:
        DEAD_JOBS.set(float("nan"))
        OLDEST_DUE_JOB.set(float("nan"))


async def _measure() -> bool:
    by_type = {"$group": {"_id": {"type": "$type", "status": "$status"}, "jobs": {"$sum": 1}}}
    for row in await EmailJob.aggregate([{"$match": {"open": True}}, by_type]).to_list():
        OPEN_JOBS.labels(row["_id"]["type"], row["_id"]["status"]).set(row["jobs"])
    DEAD_JOBS.set(await EmailJob.find({"status": EmailJobStatus.DEAD.value}).count())
    OLDEST_DUE_JOB.set(await oldest_pending_age() or 0.0)
    return True
