"""Email jobs, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import email_jobs as stored
from models.email_jobs import EmailJobStatus
from resolvers import email_jobs
from resolvers.email_jobs import EmailJobFilter, EmailJobSortKey, EmailJobsRetry
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query, subscription

strawberry.enum(EmailJobStatus)
strawberry.enum(EmailJobSortKey)


@strawberry.type(description="Of the things that a job is about: how many there are, and what became of them so far.")
class EmailJobProgress:
    total: int
    done: int
    failed: int


@strawberry.type(description="Work for the workers that outlives them: sending, importing, recounting.")
class EmailJob:
    id: ID
    type: str
    status: EmailJobStatus
    priority: int = strawberry.field(description="Higher ones come first.")
    payload: JSON
    result: JSON
    attempts: int
    max_attempts: int
    last_error: str | None
    scheduled_at: datetime
    started_at: datetime | None
    completed_at: datetime | None = strawberry.field(description="When it ended, well or not.")
    lease_owner: str | None = strawberry.field(description="The worker that has it now.")
    heartbeat_at: datetime | None = strawberry.field(description="When a worker last said that it has it.")
    dedupe_key: str | None = strawberry.field(description="The name of the work: there is one job of that name.")
    parent_id: ID | None
    progress: EmailJobProgress
    created_at: datetime
    updated_at: datetime


def email_job(document: stored.EmailJob) -> EmailJob:
    """The document has all that the type shows."""
    return cast(EmailJob, document)


@strawberry.type(description="How many jobs there are by status. `percentage` is the share of completed ones.")
class EmailJobCounts:
    pending: int
    processing: int
    completed: int
    failed: int
    dead: int
    total: int
    percentage: int


@strawberry.type
class EmailJobTypeCounts:
    type: str
    counts: EmailJobCounts


@strawberry.type(description="How many jobs there are.")
class EmailJobStats:
    counts: EmailJobCounts
    by_type: list[EmailJobTypeCounts]
    oldest_pending_age: float | None = strawberry.field(
        description="Seconds that the job has been due that has waited longest; null where nothing waits."
    )


@strawberry.input
class EmailJobFilterInput:
    status: Maybe[EmailJobStatus | None]
    type: Maybe[str | None]
    search: Maybe[str | None]


@strawberry.input(description="Which jobs to put back.")
class EmailJobsRetryInput:
    type: str


@strawberry.type
class EmailJobPayload:
    email_job: EmailJob | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EmailJobsRetryPayload:
    retried_count: int | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EmailJobQueries:
    @query(email_jobs.get_email_job)
    async def email_job(self, info: Info, id: ID) -> EmailJob:
        return email_job(await email_jobs.get_email_job(info.context.actor, id))

    @query(email_jobs.email_job_stats)
    async def email_job_stats(self, info: Info) -> EmailJobStats:
        return cast(EmailJobStats, await email_jobs.email_job_stats(info.context.actor))

    @query(email_jobs.list_email_jobs)
    async def email_jobs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: EmailJobFilterInput | None = None,
        sort_key: EmailJobSortKey = EmailJobSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[EmailJob]:
        window = Range.of(first, after, last, before)
        filters = parse(EmailJobFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await email_jobs.list_email_jobs(info.context.actor, window, filters, sort))


@strawberry.type
class EmailJobMutations:
    @mutation(email_jobs.retry_email_job)
    async def email_job_retry(self, info: Info, id: ID) -> EmailJobPayload:
        return EmailJobPayload(email_job=email_job(await email_jobs.retry_email_job(info.context.actor, id)))

    @mutation(email_jobs.cancel_email_job)
    async def email_job_cancel(self, info: Info, id: ID) -> EmailJobPayload:
        return EmailJobPayload(email_job=email_job(await email_jobs.cancel_email_job(info.context.actor, id)))

    @mutation(email_jobs.retry_email_jobs)
    async def email_jobs_retry(self, info: Info, input: EmailJobsRetryInput) -> EmailJobsRetryPayload:
        retried = await email_jobs.retry_email_jobs(info.context.actor, parse(EmailJobsRetry, input))
        return EmailJobsRetryPayload(retried_count=retried)


@strawberry.type
class EmailJobSubscriptions:
    @subscription(email_jobs.watch_email_job_counts)
    async def email_job_counts(self, info: Info) -> AsyncGenerator[EmailJobCounts, None]:
        counts = await email_jobs.watch_email_job_counts(info.context.actor)
        return cast(AsyncGenerator[EmailJobCounts, None], counts)
