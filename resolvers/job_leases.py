"""How work is left for workers, taken by one of them under a lease, and given back.

A lease is a claim that ends by itself. Every way out of it names its token, so that a worker whose lease is over, and
whose job may be in other hands, changes nothing.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from beanie import PydanticObjectId
from pydantic import JsonValue, TypeAdapter
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import Conflict
from core.mongo import insert_new
from core.runtime import runtime
from core.tracing import carried
from models.base import touched
from models.email_jobs import BURY, CLAIM, COMPLETE, FAIL, POSTPONE, EmailJob, Move, Progress

LEASE: Final = timedelta(seconds=45)
ATTEMPTS: Final = 5
LONGEST_ERROR: Final = 1000
LONGEST_SEARCH_TEXT: Final = 2000

DUE: Final = "email_jobs.due"
"""The topic of word that there is something to do."""
CHANGED: Final = "email_jobs.changed"
"""The topic of word that a job has another status."""

RELEASED: Final[Mapping[str, Any]] = {"leaseOwner": None, "leaseToken": None}
"""What a job without a lease stores."""

_JSON: Final = TypeAdapter(dict[str, JsonValue])


class LeaseLost(Conflict):
    """The job is not the caller's any more: stop, somebody else may have it."""


@allow()
async def enqueue(
    actor: Actor,
    type: str,
    payload: Mapping[str, JsonValue],
    *,
    priority: int = 0,
    scheduled_at: datetime | None = None,
    dedupe_key: str | None = None,
    parent_id: PydanticObjectId | None = None,
    max_attempts: int = ATTEMPTS,
) -> EmailJob:
    """Leaves work for the workers, at once or for later; higher priorities first. Where there is a job with that dedupe
    key, it is returned instead, whatever became of it."""
    job = _job(
        type,
        payload,
        scheduled_at or clock.now(),
        priority=priority,
        dedupe_key=dedupe_key,
        parent_id=parent_id,
        max_attempts=max_attempts,
    )
    try:
        await job.insert()
    except DuplicateKeyError:
        existing = await EmailJob.find_one({"dedupeKey": dedupe_key})
        if dedupe_key is None or existing is None:
            raise
        return existing
    await announce_due()
    return job


@allow()
async def enqueue_many(
    actor: Actor, type: str, payloads: Mapping[str, Mapping[str, JsonValue]], *, max_attempts: int = ATTEMPTS
) -> None:
    """Leaves work of one type for the workers, each by its dedupe key, with one write. Where there is a job with that
    key, it stays as it is."""
    due = clock.now()
    jobs = [_job(type, said, due, dedupe_key=key, max_attempts=max_attempts) for key, said in payloads.items()]
    if jobs and any(await insert_new(EmailJob, jobs)):
        await announce_due()


@allow()
async def claim(actor: Actor, owner: str, types: Collection[str], lease: timedelta = LEASE) -> EmailJob | None:
    """Takes the most urgent job of these types that is due, under a lease; None where nothing is.

    A job whose lease ran out at its last attempt is taken only to be buried.
    """
    while True:
        now = clock.now()
        due = {"open": True, "visibleAt": {"$lte": now}, "type": {"$in": list(types)}}
        taken = {
            "leaseOwner": owner,
            "leaseToken": secrets.token_hex(16),
            "visibleAt": now + lease,
            "startedAt": now,
            "heartbeatAt": now,
        }
        job = await EmailJob.change_first(due, CLAIM.update(taken) | {"$inc": {"attempts": 1}})
        if job is None or job.attempts <= job.max_attempts:
            break
        await _bury_unattended(job)
    if job is not None:
        await _announce_change()
    return job


@allow()
async def heartbeat(
    actor: Actor, job: EmailJob, lease: timedelta = LEASE, progress: Progress | None = None
) -> EmailJob:
    """Renews the lease, and says how far the work is. Raises `LeaseLost`."""
    now = clock.now()
    renewed: dict[str, Any] = {"heartbeatAt": now, "visibleAt": now + lease}
    if progress is not None:
        renewed["progress"] = progress.model_dump(by_alias=True)
    kept = await EmailJob.change(_held(job), touched(renewed))
    if kept is None:
        raise _lease_lost()
    return kept


@allow()
async def complete(actor: Actor, job: EmailJob, result: Mapping[str, JsonValue] | None = None) -> EmailJob:
    """The work is done. Raises `LeaseLost`."""
    return await _leave(job, COMPLETE, {"result": _JSON.validate_python(result or {}), "completedAt": clock.now()})


@allow()
async def retry_later(actor: Actor, job: EmailJob, error: str, delay: timedelta) -> EmailJob:
    """A passing fault: the job is due again after the delay, or dead when its attempts are spent. Raises
    `LeaseLost`."""
    if job.attempts >= job.max_attempts:
        return await _leave(job, BURY, {"lastError": error[:LONGEST_ERROR], "completedAt": clock.now()})
    due = clock.now() + delay
    return await _leave(job, POSTPONE, {"lastError": error[:LONGEST_ERROR], "scheduledAt": due, "visibleAt": due})


@allow()
async def fail(actor: Actor, job: EmailJob, error: str) -> EmailJob:
    """A lasting fault: trying again would not help. Raises `LeaseLost`."""
    return await _leave(job, FAIL, {"lastError": error[:LONGEST_ERROR], "completedAt": clock.now()})


@allow()
async def hand_back(actor: Actor, job: EmailJob) -> EmailJob:
    """The worker stops: the job is due at once, and the attempt does not count. Raises `LeaseLost`."""
    now = clock.now()
    back = await _leave(job, POSTPONE, {"attempts": job.attempts - 1, "scheduledAt": now, "visibleAt": now})
    await announce_due()
    return back


async def announce_due() -> None:
    """Wakes workers up. Where the word is lost, they look by themselves within seconds."""
    await runtime().topics.publish(DUE, {})
    await _announce_change()


async def _announce_change() -> None:
    await runtime().topics.publish(CHANGED, {})


def _job(type: str, payload: Mapping[str, JsonValue], due: datetime, **fields: Any) -> EmailJob:
    return EmailJob(
        type=type,
        payload=_JSON.validate_python(payload),
        scheduled_at=due,
        visible_at=due,
        trace=carried(),
        search_text=_search_text(type, fields["dedupe_key"], payload),
        **fields,
    )


def _held(job: EmailJob) -> dict[str, Any]:
    return {"_id": job.id, "leaseToken": job.lease_token, "open": True}


async def _leave(job: EmailJob, move: Move, fields: Mapping[str, Any]) -> EmailJob:
    told = {**RELEASED, "progress": job.progress.model_dump(by_alias=True), **fields}
    left = await EmailJob.change({**_held(job), **move.possible}, move.update(told))
    if left is None:
        raise _lease_lost()
    await _announce_change()
    return left


async def _bury_unattended(job: EmailJob) -> None:
    """Whoever had it said nothing until the end of its lease."""
    fields = {
        "attempts": job.max_attempts,
        "lastError": "The worker did not come back from the last attempt",
        "completedAt": clock.now(),
    }
    await EmailJob.change(_held(job), BURY.update({**RELEASED, **fields}))
    await _announce_change()


def _lease_lost() -> LeaseLost:
    return LeaseLost("The lease of this job is over: somebody else may have it")


def _search_text(type: str, dedupe_key: str | None, payload: Mapping[str, JsonValue]) -> str:
    values = (str(value) for value in payload.values() if isinstance(value, str | int | float))
    return " ".join([type, dedupe_key or "", *values]).casefold()[:LONGEST_SEARCH_TEXT]
