"""Jobs, and workers that have them."""

from datetime import timedelta

from beanie import PydanticObjectId

from core.actor import Actor
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers import job_leases
from resolvers.delivering import deliver_one
from resolvers.transactional import DELIVER

SYSTEM = Actor.system("test")
KIND = "count_sheep"


async def a_job(type: str = KIND, **fields: object) -> EmailJob:
    """One that is due."""
    return await job_leases.enqueue(SYSTEM, type, {}, **fields)  # type: ignore[arg-type]  # checked by the operation


async def claimed(type: str = KIND) -> EmailJob:
    """The next job of the type, in the hands of a worker."""
    job = await job_leases.claim(SYSTEM, "worker-1", [type])
    assert job is not None
    return job


async def an_ended_job(status: EmailJobStatus, type: str = KIND, error: str = "The address does not exist") -> EmailJob:
    """Completed after a first attempt that failed, failed, or dead."""
    await a_job(type, max_attempts=1 if status is EmailJobStatus.DEAD else 2)
    job = await claimed(type)
    match status:
        case EmailJobStatus.FAILED:
            return await job_leases.fail(SYSTEM, job, error)
        case EmailJobStatus.DEAD:
            return await job_leases.retry_later(SYSTEM, job, error, timedelta())
        case _:
            await job_leases.retry_later(SYSTEM, job, error, timedelta())
            return await job_leases.complete(SYSTEM, await claimed(type), {"sheep": 7})


async def kept(job: EmailJob) -> EmailJob:
    """As it is stored now."""
    stored = await EmailJob.get(job.id)
    assert stored is not None
    return stored


async def delivered() -> None:
    """All jobs that send a mail are done."""
    while (job := await job_leases.claim(SYSTEM, "worker", [DELIVER])) is not None:
        await deliver_one(SYSTEM, PydanticObjectId(job.payload["deliveryId"]))
        await job_leases.complete(SYSTEM, job)
