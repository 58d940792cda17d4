"""What staff see of the jobs, and do about those that did not end well."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from beanie import PydanticObjectId
from pydantic import BaseModel, Field

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.background import heard
from core.errors import Conflict, found
from core.ids import object_id
from core.inputs import Input, Search, Text
from core.mongo import Filter, containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from models.email_jobs import CANCEL, RETRY, EmailJob, EmailJobStatus, Move
from resolvers.job_leases import CHANGED, RELEASED, announce_due

CHUNK: Final = 500
"""Jobs that are put back with one update."""
PAUSE_SECONDS: Final = 1.0
"""Between two counts that a subscriber gets."""
TICK_SECONDS: Final = 15.0
"""Counts are sent that often although nobody said that anything changed: word of it may be lost."""

JobType = Annotated[Text, Field(min_length=1, max_length=100)]


class EmailJobFilter(Input):
    status: EmailJobStatus | None = None
    type: JobType | None = None
    search: Search | None = None


class EmailJobSortKey(SortKey):
    CREATED_AT = "createdAt"
    SCHEDULED_AT = "scheduledAt"


class EmailJobsRetry(Input):
    """Which jobs to put back."""

    type: JobType


@dataclass(frozen=True, slots=True)
class EmailJobCounts:
    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    dead: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.processing + self.completed + self.failed + self.dead

    @property
    def progress(self) -> Self:
        """How far all of them are together."""
        return self

    @property
    def percentage(self) -> int:
        """Of all jobs, those that are completed, rounded down: 100 means all."""
        return 100 * self.completed // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class EmailJobTypeCounts:
    type: str
    counts: EmailJobCounts


@dataclass(frozen=True, slots=True)
class EmailJobStats:
    """`oldest_pending_age`, in seconds: how long the job has been due that has waited longest; None where nothing
    waits."""

    counts: EmailJobCounts
    by_type: Sequence[EmailJobTypeCounts]
    oldest_pending_age: float | None


@allow(STAFF)
async def list_email_jobs(actor: Actor, window: Window, filters: EmailJobFilter, sort: Sort) -> Slice[EmailJob]:
    """Jobs of all apps."""
    query: dict[str, Any] = {}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.type is not None:
        query["type"] = filters.type
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(EmailJob, query, sort, window)


@allow(STAFF)
async def email_job_stats(actor: Actor) -> EmailJobStats:
    """How many jobs there are by status and type, and how long the oldest has been waiting."""
    group = {"$group": {"_id": {"type": "$type", "status": "$status"}, "jobs": {"$sum": 1}}}
    by_type: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in await EmailJob.aggregate([group]).to_list():
        by_type[row["_id"]["type"]][row["_id"]["status"]] = row["jobs"]
    counts = [EmailJobTypeCounts(name, EmailJobCounts(**by_type[name])) for name in sorted(by_type)]
    return EmailJobStats(_sum(counts), counts, await oldest_pending_age())


@allow(STAFF)
async def get_email_job(actor: Actor, job_id: str) -> EmailJob:
    """One job."""
    identity = object_id(job_id)
    return found(await EmailJob.get(identity) if identity else None, "Email job")


@allow(MARKETING)
async def retry_email_job(actor: Actor, job_id: str) -> EmailJob:
    """Puts a failed or dead job back, with all its attempts before it."""
    job = await _take(actor, job_id, RETRY, _fresh(), "only failed and dead jobs can be put back")
    await announce_due()
    return job


@allow(MARKETING)
async def cancel_email_job(actor: Actor, job_id: str) -> EmailJob:
    """Ends a job that is pending or under way: what it has done is not undone, what it has not is left undone."""
    fields = {**RELEASED, "lastError": f"Cancelled by {actor.label}", "completedAt": clock.now()}
    job = await _take(actor, job_id, CANCEL, fields, "it has ended already")
    await runtime().topics.publish(CHANGED, {})
    return job


@allow(MARKETING)
async def retry_email_jobs(actor: Actor, data: EmailJobsRetry) -> int:
    """Puts all failed and dead jobs of a type back, and returns how many. Those that fail meanwhile are not among
    them."""
    ended = {"type": data.type, **RETRY.possible, "completedAt": {"$lte": clock.now()}}
    retried = 0
    while chunk := await EmailJob.find(ended, projection_model=_JobId).limit(CHUNK).to_list():
        put_back = await EmailJob.get_pymongo_collection().update_many(
            {"_id": {"$in": [job.id for job in chunk]}, **ended}, RETRY.update(_fresh())
        )
        retried += put_back.modified_count
        await announce_due()
    return retried


@allow(STAFF)
async def watch_email_job_counts(actor: Actor) -> AsyncIterator[EmailJobCounts]:
    """How many jobs there are by status: now, and whenever that changed, at most once a second."""
    return _changing_counts(actor)


class _JobId(BaseModel):
    id: PydanticObjectId = Field(alias="_id")


async def _changing_counts(actor: Actor) -> AsyncIterator[EmailJobCounts]:
    async with runtime().topics.signal(CHANGED) as changed:
        while True:
            changed.clear()
            yield (await email_job_stats(actor)).counts
            await asyncio.sleep(PAUSE_SECONDS)
            await heard(changed, TICK_SECONDS)


async def _take(actor: Actor, job_id: str, move: Move, fields: dict[str, Any], otherwise: str) -> EmailJob:
    job = await get_email_job(actor, job_id)
    changed = await EmailJob.change({"_id": job.id, **move.possible}, move.update(fields))
    if changed is None:
        job = await get_email_job(actor, job_id)
        raise Conflict(f"The job is {job.status.value}: {otherwise}", "id")
    return changed


def _fresh() -> dict[str, Any]:
    """What a job stores that nobody has tried yet, but for its last error."""
    now = clock.now()
    return {**RELEASED, "attempts": 0, "scheduledAt": now, "visibleAt": now, "startedAt": None, "completedAt": None}


def _sum(counts: Sequence[EmailJobTypeCounts]) -> EmailJobCounts:
    statuses = [status.value for status in EmailJobStatus]
    return EmailJobCounts(*(sum(getattr(one.counts, status) for one in counts) for status in statuses))


async def oldest_pending_age() -> float | None:
    """In seconds; None where nothing waits."""
    now = clock.now()
    due: Filter = {"status": EmailJobStatus.PENDING.value, "scheduledAt": {"$lte": now}}
    oldest = await EmailJob.find(due).sort("scheduledAt").first_or_none()
    return None if oldest is None else (now - oldest.scheduled_at).total_seconds()
