"""Email jobs, over REST."""

from typing import Annotated, Any

from fastapi import Path, Query

from models.email_jobs import EmailJobStatus
from resolvers import email_jobs
from resolvers.email_jobs import EmailJobFilter, EmailJobSortKey
from rest_compat.edge import CurrentActor, Data, Listing, Moment, Paged, StoredWire, Wire, page_of

EmailJobId = Annotated[str, Path(alias="id")]


class JobProgressWire(Wire):
    total: int
    done: int
    failed: int


class EmailJobWire(StoredWire):
    type: str
    status: EmailJobStatus
    priority: int
    payload: dict[str, Any]
    result: dict[str, Any]
    attempts: int
    max_attempts: int
    last_error: str | None
    scheduled_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    progress: JobProgressWire


class EmailJobCountsWire(Wire):
    pending: int
    processing: int
    completed: int
    failed: int
    dead: int
    total: int


class EmailJobShareWire(EmailJobCountsWire):
    """`percentage` is the share of completed jobs."""

    percentage: int


class EmailJobStatsWire(EmailJobCountsWire):
    progress: EmailJobShareWire


class EmailJobListing(Listing, EmailJobFilter):
    sort_keys = EmailJobSortKey


async def list_email_jobs(actor: CurrentActor, query: Annotated[EmailJobListing, Query()]) -> Paged[EmailJobWire]:
    """What workers have to do, and have done."""
    found = await email_jobs.list_email_jobs(actor, query.window, query, query.order)
    return await page_of(EmailJobWire, found, query.window)


async def email_job_stats(actor: CurrentActor) -> Data[EmailJobStatsWire]:
    """How many jobs there are by status, and how far they are."""
    counts = (await email_jobs.email_job_stats(actor)).counts
    return Data(data=EmailJobStatsWire.of(counts))


async def get_email_job(actor: CurrentActor, job_id: EmailJobId) -> Data[EmailJobWire]:
    """One job."""
    return Data(data=EmailJobWire.of(await email_jobs.get_email_job(actor, job_id)))
