"""Whether work gets done: what waits, what was given up, and when the clock last struck."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase

from commands.doctor.findings import Finding, bad, doubtful, good, unused
from core import clock
from core.settings import Settings
from models.email_jobs import EmailJob, EmailJobStatus
from models.ticks import Tick
from tasks.schedule import KEPT

LONGEST_WAIT: Final = timedelta(minutes=5)
LONGEST_SILENCE: Final = timedelta(minutes=3)
"""Of a clock that strikes every minute."""


async def examine_work(collections: AsyncDatabase[dict[str, Any]], settings: Settings) -> AsyncIterator[Finding]:
    """Read as it is stored, since the doctor is no running platform."""
    jobs = collections[EmailJob.Settings.name]
    yield _dead(await jobs.count_documents({"status": EmailJobStatus.DEAD.value}))
    due = {"status": EmailJobStatus.PENDING.value, "scheduledAt": {"$lte": clock.now()}}
    yield _waiting(await jobs.find_one(due, sort=[("scheduledAt", 1)]))
    yield _clock(await collections[Tick.Settings.name].find_one({}, sort=[("expiresAt", DESCENDING)]), settings)


def _dead(count: int) -> Finding:
    if not count:
        return good("Dead jobs", "none")
    return doubtful("Dead jobs", f"{count:,}: look why (`emailJobs(filter: {{status: DEAD}})`), then put them back")


def _waiting(oldest: dict[str, Any] | None) -> Finding:
    if oldest is None:
        return good("Due jobs", "none waits")
    waits = clock.now() - oldest["scheduledAt"]
    told = f"the oldest ({oldest['type']}) has waited for {_words(waits)}"
    if waits > LONGEST_WAIT:
        return doubtful("Due jobs", f"{told}: start a worker, or more of them")
    return good("Due jobs", told)


def _clock(last: dict[str, Any] | None, settings: Settings) -> Finding:
    if last is None:
        finding = bad if settings.is_production else unused
        return finding("Scheduler", "has not struck within an hour: start one, or the server, which has its own")
    silence = clock.now() - (last["expiresAt"] - KEPT)
    told = f"struck {_words(silence)} ago"
    if silence <= LONGEST_SILENCE:
        return good("Scheduler", told)
    return (bad if settings.is_production else unused)(
        "Scheduler", f"{told}: start one, or the server, which has its own"
    )


def _words(span: timedelta) -> str:
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
