"""What staff see of the jobs, and do about those that did not end well."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.pages import Page
from models.email_jobs import EmailJobStatus
from resolvers import email_jobs, job_leases
from resolvers.email_jobs import EmailJobCounts, EmailJobFilter, EmailJobSortKey, EmailJobsRetry
from tests.factories.api_keys import backend_of
from tests.factories.email_jobs import KIND, SYSTEM, a_job, an_ended_job, claimed, kept
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

PATIENCE_SECONDS = 10.0


async def listed(actor: Actor, **filters: object) -> list[str]:
    window, order = Page(), EmailJobSortKey.CREATED_AT.order()
    found = await email_jobs.list_email_jobs(actor, window, EmailJobFilter.model_validate(filters), order)
    return [job.dedupe_key or job.type for job in found.items]


async def retried(actor: Actor, type: str = KIND) -> int:
    return await email_jobs.retry_email_jobs(actor, EmailJobsRetry(type=type))


class TestWorks:
    async def test_lists_filter_by_status_type_and_text(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        await a_job("send", dedupe_key="waiting")
        await job_leases.enqueue(SYSTEM, "import", {"file": "Spring Sale.csv"})
        await an_ended_job(EmailJobStatus.DEAD, "recount")
        assert await listed(viewer) == ["waiting", "import", "recount"]
        assert await listed(viewer, status="dead") == ["recount"]
        assert await listed(viewer, type="send") == ["waiting"]
        assert await listed(viewer, search="SPRING") == ["import"]
        assert await listed(viewer, search="Waiti") == ["waiting"]
        assert await listed(viewer, search=".*") == []

    async def test_one_job_is_read(self) -> None:
        job = await a_job()
        assert (await email_jobs.get_email_job(await an_actor(Role.VIEWER), str(job.id))).id == job.id

    async def test_statistics_count_by_status_and_type(self) -> None:
        await a_job("send")
        for status in (EmailJobStatus.COMPLETED, EmailJobStatus.FAILED, EmailJobStatus.DEAD):
            await an_ended_job(status, "import")
        await a_job("recount")
        await claimed("recount")
        stats = await email_jobs.email_job_stats(await an_actor(Role.VIEWER))
        assert stats.counts == EmailJobCounts(1, 1, 1, 1, 1)
        assert (stats.counts.total, stats.counts.percentage) == (5, 20)
        assert [(one.type, one.counts) for one in stats.by_type] == [
            ("import", EmailJobCounts(completed=1, failed=1, dead=1)),
            ("recount", EmailJobCounts(processing=1)),
            ("send", EmailJobCounts(pending=1)),
        ]

    async def test_statistics_say_how_long_the_oldest_job_has_waited(self) -> None:
        viewer, now = await an_actor(Role.VIEWER), clock.now()
        assert (await email_jobs.email_job_stats(viewer)).oldest_pending_age is None
        await a_job(scheduled_at=now + timedelta(hours=1))
        assert (await email_jobs.email_job_stats(viewer)).oldest_pending_age is None
        await a_job(scheduled_at=now - timedelta(seconds=90))
        await a_job(scheduled_at=now - timedelta(seconds=30))
        age = (await email_jobs.email_job_stats(viewer)).oldest_pending_age
        assert age is not None
        assert age >= 90

    async def test_there_are_statistics_of_nothing_too(self) -> None:
        counts = (await email_jobs.email_job_stats(await an_actor())).counts
        assert (counts, counts.total, counts.percentage) == (EmailJobCounts(), 0, 0)

    @pytest.mark.parametrize("status", [EmailJobStatus.FAILED, EmailJobStatus.DEAD])
    async def test_a_retried_job_is_due_with_all_its_attempts_before_it(self, status: EmailJobStatus) -> None:
        ended = await an_ended_job(status)
        job = await email_jobs.retry_email_job(await an_actor(Role.MARKETING), str(ended.id))
        assert (job.status, job.open, job.attempts, job.completed_at) == (EmailJobStatus.PENDING, True, 0, None)
        assert job.last_error == ended.last_error
        assert (await claimed()).attempts == 1

    async def test_a_cancelled_job_is_not_done(self) -> None:
        actor, job = await an_actor(Role.MARKETING), await a_job()
        cancelled = await email_jobs.cancel_email_job(actor, str(job.id))
        assert (cancelled.status, cancelled.open) == (EmailJobStatus.FAILED, False)
        assert cancelled.last_error == f"Cancelled by {actor.label}"
        assert await job_leases.claim(SYSTEM, "worker-1", [KIND]) is None

    async def test_cancelling_a_job_takes_it_from_its_worker(self) -> None:
        await a_job()
        job = await claimed()
        await email_jobs.cancel_email_job(await an_actor(), str(job.id))
        with pytest.raises(job_leases.LeaseLost):
            await job_leases.complete(SYSTEM, job)
        assert (await kept(job)).status is EmailJobStatus.FAILED

    async def test_all_jobs_of_a_type_are_put_back_in_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(email_jobs, "CHUNK", 2)
        jobs = [await an_ended_job(status) for status in (EmailJobStatus.FAILED, EmailJobStatus.DEAD) * 2]
        jobs.append(await an_ended_job(EmailJobStatus.FAILED))
        other, completed = (
            await an_ended_job(EmailJobStatus.FAILED, "other"),
            await an_ended_job(EmailJobStatus.COMPLETED),
        )
        assert await retried(await an_actor(Role.MARKETING)) == 5
        assert {(await kept(job)).status for job in jobs} == {EmailJobStatus.PENDING}
        assert (await kept(other)).status is EmailJobStatus.FAILED
        assert (await kept(completed)).status is EmailJobStatus.COMPLETED

    async def test_counts_are_watched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(email_jobs, "PAUSE_SECONDS", 0.0)
        async with asyncio.timeout(PATIENCE_SECONDS):
            counts = await email_jobs.watch_email_job_counts(await an_actor(Role.VIEWER))
            assert (await anext(counts)).pending == 0
            await a_job()
            assert (await anext(counts)).pending == 1
            await counts.aclose()  # type: ignore[attr-defined]  # it is a generator

    async def test_counts_are_sent_although_the_word_of_a_change_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(email_jobs, "PAUSE_SECONDS", 0.0)
        monkeypatch.setattr(email_jobs, "TICK_SECONDS", 0.01)
        async with asyncio.timeout(PATIENCE_SECONDS):
            counts = await email_jobs.watch_email_job_counts(await an_actor(Role.VIEWER))
            assert await anext(counts) == await anext(counts)
            await counts.aclose()  # type: ignore[attr-defined]  # it is a generator


class TestWhoMay:
    async def test_nobody_sees_nothing(self) -> None:
        for attempt in (listed(Actor.anonymous()), email_jobs.email_job_stats(Actor.anonymous())):
            with pytest.raises(Unauthenticated):
                await attempt

    async def test_an_app_s_backend_sees_nothing(self) -> None:
        with pytest.raises(Forbidden):
            await listed(backend_of("banners"))

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
    async def test_only_those_who_send_mail_put_back_and_cancel(self, role: Role) -> None:
        actor, job = await an_actor(role), await an_ended_job(EmailJobStatus.FAILED)
        for attempt in (
            email_jobs.retry_email_job(actor, str(job.id)),
            email_jobs.cancel_email_job(actor, str(job.id)),
            retried(actor),
        ):
            with pytest.raises(Forbidden):
                await attempt


class TestValidation:
    async def test_what_is_not_over_can_t_be_put_back(self) -> None:
        owner, job = await an_actor(), await a_job()
        with pytest.raises(Conflict, match="The job is pending"):
            await email_jobs.retry_email_job(owner, str(job.id))
        done = await an_ended_job(EmailJobStatus.COMPLETED, "other")
        with pytest.raises(Conflict, match="The job is completed"):
            await email_jobs.retry_email_job(owner, str(done.id))

    async def test_what_is_over_can_t_be_cancelled(self) -> None:
        owner, job = await an_actor(), await an_ended_job(EmailJobStatus.DEAD)
        with pytest.raises(Conflict, match="The job is dead: it has ended already"):
            await email_jobs.cancel_email_job(owner, str(job.id))

    @pytest.mark.parametrize("type", ["", "x" * 101, None])
    def test_a_type_is_named(self, type: object) -> None:
        with pytest.raises(ValidationError):
            EmailJobsRetry.model_validate({"type": type})


class TestMissing:
    @pytest.mark.parametrize("identity", ["0" * 24, "nonsense", '{"$ne": null}'])
    async def test_an_unknown_job_is_not_found(self, identity: str) -> None:
        owner = await an_actor()
        for attempt in (
            email_jobs.get_email_job(owner, identity),
            email_jobs.retry_email_job(owner, identity),
            email_jobs.cancel_email_job(owner, identity),
        ):
            with pytest.raises(NotFound, match="Email job not found"):
                await attempt

    async def test_of_a_type_without_jobs_none_is_put_back(self) -> None:
        assert await retried(await an_actor()) == 0
