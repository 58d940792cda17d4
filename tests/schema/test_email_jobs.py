"""Email jobs, in GraphQL."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core.actor import Actor, Role
from models.email_jobs import EmailJobStatus
from resolvers import email_jobs
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.email_jobs import KIND, a_job, an_ended_job
from tests.factories.people import an_actor, logged_in
from tests.schema.asking import ask, error_of

RETRY = (
    "mutation ($id: ID!) { emailJobRetry(id: $id) { emailJob { status attempts } userErrors { code field message } } }"
)
CANCEL = "mutation ($id: ID!) { emailJobCancel(id: $id) { emailJob { status lastError } userErrors { code } } }"
RETRY_ALL = 'mutation { emailJobsRetry(input: {type: "count_sheep"}) { retriedCount userErrors { code } } }'
WATCH = "subscription { emailJobCounts { pending total } }"


async def test_jobs_are_listed_and_one_is_read(client: AsyncClient) -> None:
    waiting = await a_job(priority=3)
    await an_ended_job(EmailJobStatus.COMPLETED, "import")
    query = """query ($id: ID!) {
      emailJobs(filter: {status: COMPLETED}, sortKey: SCHEDULED_AT) { nodes { type result lastError } totalCount }
      emailJob(id: $id) { type status priority payload progress { total } leaseOwner dedupeKey } }"""
    assert await ask(client, await logged_in(Role.VIEWER), query, id=str(waiting.id)) == {
        "emailJobs": {
            "nodes": [{"type": "import", "result": {"sheep": 7}, "lastError": "The address does not exist"}],
            "totalCount": 1,
        },
        "emailJob": {
            "type": KIND,
            "status": "PENDING",
            "priority": 3,
            "payload": {},
            "progress": {"total": 0},
            "leaseOwner": None,
            "dedupeKey": None,
        },
    }


async def test_statistics_are_by_status_and_type(client: AsyncClient) -> None:
    await an_ended_job(EmailJobStatus.COMPLETED, "import")
    query = """{ emailJobStats { counts { completed total percentage } byType { type counts { dead completed } }
      oldestPendingAge } }"""
    assert (await ask(client, await logged_in(Role.VIEWER), query))["emailJobStats"] == {
        "counts": {"completed": 1, "total": 1, "percentage": 100},
        "byType": [{"type": "import", "counts": {"dead": 0, "completed": 1}}],
        "oldestPendingAge": None,
    }


async def test_jobs_are_put_back_and_cancelled(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    job = await an_ended_job(EmailJobStatus.DEAD)
    await an_ended_job(EmailJobStatus.FAILED)
    retried = await ask(client, marketing, RETRY, id=str(job.id))
    assert retried["emailJobRetry"]["emailJob"] == {"status": "PENDING", "attempts": 0}
    cancelled = (await ask(client, marketing, CANCEL, id=str(job.id)))["emailJobCancel"]["emailJob"]
    assert cancelled["status"] == "FAILED"
    assert cancelled["lastError"].startswith("Cancelled by staff:")
    assert await ask(client, marketing, RETRY_ALL) == {"emailJobsRetry": {"retriedCount": 2, "userErrors": []}}


async def test_counts_are_sent_while_they_are_watched(platform: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_jobs, "PAUSE_SECONDS", 0.0)
    answers = await subscribed(await an_actor(Role.VIEWER))
    async with asyncio.timeout(10):
        assert (await anext(answers))["data"]["emailJobCounts"] == {"pending": 0, "total": 0}
        await a_job()
        assert (await anext(answers))["data"]["emailJobCounts"] == {"pending": 1, "total": 1}
    await answers.aclose()


async def test_a_viewer_does_not_write_and_nobody_does_not_read(client: AsyncClient) -> None:
    job = await a_job()
    assert await error_of(client, await logged_in(Role.VIEWER), CANCEL, id=str(job.id)) == "FORBIDDEN"
    assert await error_of(client, {}, "{ emailJobStats { counts { total } } }") == "UNAUTHENTICATED"


async def test_what_can_be_corrected_is_a_user_error(client: AsyncClient) -> None:
    job = await a_job()
    answer = await ask(client, await logged_in(), RETRY, id=str(job.id))
    assert answer["emailJobRetry"]["userErrors"] == [
        {
            "code": "CONFLICT",
            "field": ["id"],
            "message": "The job is pending: only failed and dead jobs can be put back",
        }
    ]
    missing = await ask(client, await logged_in(), CANCEL, id="0" * 24)
    assert missing["emailJobCancel"]["userErrors"] == [{"code": "NOT_FOUND"}]


async def subscribed(actor: Actor) -> Any:
    context = Context(actor, HTTPConnection({"type": "http", "headers": []}))
    engine = Engine(SCHEMA, Limits(), production=True)
    return await engine.subscribe(engine.prepare(Request(WATCH, None, {}), context))
