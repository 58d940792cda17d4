"""The runner: it takes what is due, keeps its leases, and says how it went."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import JsonValue
from pymongo.errors import AutoReconnect

from core import clock
from core.backoff import FIRST
from core.errors import InvalidInput, RateLimited, Unavailable
from core.runtime import Runtime, runtime
from models.email_jobs import EmailJob, EmailJobStatus, Progress
from resolvers import email_jobs, job_leases
from tasks.jobs import Handler, Pace, doing_jobs
from tests.factories.email_jobs import KIND, SYSTEM, a_job, claimed, kept

pytestmark = pytest.mark.usefixtures("platform")

PATIENCE_SECONDS = 20.0
SLOW = Pace(lease=60, heartbeat=60, look=60, grace=0.05)
"""Nothing happens by itself within the time of a test."""
QUICK = Pace(lease=60, heartbeat=0.02, look=0.02, grace=0.05)


@pytest.fixture(autouse=True)
async def _patience() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        yield


async def until(job: EmailJob, reached: Callable[[EmailJob], bool]) -> EmailJob:
    """The job once it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reached(stored := await kept(job)):
            await asyncio.sleep(0.005)
    return stored


async def ended(job: EmailJob) -> EmailJob:
    return await until(job, lambda stored: not stored.open)


async def until_renewed(job: EmailJob) -> None:
    before = await kept(job)
    await until(job, lambda stored: stored.visible_at > before.visible_at)


def raising(error: Exception) -> Mapping[str, Handler]:
    async def handler(_: EmailJob) -> None:
        raise error

    return {KIND: handler}


class Waiting:
    """A handler that goes on until it is let go, or cancelled."""

    def __init__(self) -> None:
        self.started, self.go_on, self.cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, _: EmailJob) -> None:
        self.started.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


async def sheep(job: EmailJob) -> Mapping[str, JsonValue]:
    return {"sheep": 7, "attempt": job.attempts}


class TestWorks:
    async def test_word_of_a_job_starts_it(self) -> None:
        async with doing_jobs({KIND: sheep}, pace=SLOW):
            done = await ended(await a_job())
        assert (done.status, done.result) == (EmailJobStatus.COMPLETED, {"sheep": 7, "attempt": 1})

    async def test_what_was_left_before_the_worker_came_is_done(self) -> None:
        job = await a_job()
        async with doing_jobs({KIND: sheep}, pace=SLOW):
            assert (await ended(job)).status is EmailJobStatus.COMPLETED

    async def test_a_job_is_done_although_the_word_of_it_is_lost(self) -> None:
        async with doing_jobs({KIND: sheep}, pace=QUICK):
            job = await a_job(scheduled_at=clock.now() + timedelta(milliseconds=100))
            assert (await ended(job)).status is EmailJobStatus.COMPLETED

    async def test_a_worker_does_no_more_than_so_many_at_once(self) -> None:
        most = now = 0

        async def count(_: EmailJob) -> None:
            nonlocal most, now
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

        jobs = [await a_job() for _ in range(12)]
        async with doing_jobs({KIND: count}, at_once=3, pace=SLOW):
            for job in jobs:
                await ended(job)
        assert most == 3

    async def test_jobs_of_a_type_that_this_worker_does_not_know_wait_for_one_that_does(self) -> None:
        unknown = await a_job("unheard_of")
        async with doing_jobs({KIND: sheep}, pace=QUICK):
            await ended(await a_job())
        assert (await kept(unknown)).status is EmailJobStatus.PENDING


class TestAFault:
    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (RuntimeError("boom"), "RuntimeError: boom"),
            (Unavailable("The provider does not answer"), "The provider does not answer"),
            (TimeoutError(), "TimeoutError: "),
        ],
    )
    async def test_that_may_pass_is_tried_again_later(self, error: Exception, said: str) -> None:
        async with doing_jobs(raising(error), pace=SLOW):
            later = await until(await a_job(), lambda stored: stored.last_error is not None)
        assert (later.status, later.attempts, later.last_error) == (EmailJobStatus.PENDING, 1, said)
        assert later.started_at is not None
        assert later.visible_at >= later.started_at + FIRST / 2

    async def test_of_a_limit_waits_as_long_as_it_is_told(self) -> None:
        async with doing_jobs(raising(RateLimited("Too many", 300)), pace=SLOW):
            later = await until(await a_job(), lambda stored: stored.last_error is not None)
        assert later.started_at is not None
        assert later.visible_at >= later.started_at + timedelta(seconds=300)

    async def test_that_lasts_is_not_tried_again(self) -> None:
        async with doing_jobs(raising(InvalidInput("There is no such campaign")), pace=SLOW):
            failed = await ended(await a_job())
        assert (failed.status, failed.last_error) == (EmailJobStatus.FAILED, "There is no such campaign")

    async def test_that_comes_at_every_attempt_ends_in_death(self) -> None:
        async with doing_jobs(raising(RuntimeError("boom")), pace=replace(QUICK, backoff=lambda _: timedelta())):
            dead = await ended(await a_job(max_attempts=3))
        assert (dead.status, dead.attempts) == (EmailJobStatus.DEAD, 3)

    async def test_does_not_keep_the_next_job_from_being_done(self) -> None:
        async def choosy(job: EmailJob) -> None:
            if job.priority:
                raise RuntimeError("boom")

        await a_job(priority=1)
        job = await a_job()
        async with doing_jobs({KIND: choosy}, at_once=1, pace=SLOW):
            assert (await ended(job)).status is EmailJobStatus.COMPLETED

    async def test_of_a_handler_that_cancels_itself_is_a_fault_too(self) -> None:
        async def cancels_itself(_: EmailJob) -> None:
            raise asyncio.CancelledError

        async with doing_jobs({KIND: cancels_itself}, pace=SLOW):
            later = await until(await a_job(), lambda stored: stored.last_error is not None)
        assert later.attempts == 1


class TestALease:
    async def test_is_kept_while_the_work_goes_on(self) -> None:
        handler = Waiting()
        async with doing_jobs({KIND: handler}, pace=QUICK):
            job = await a_job()
            await handler.started.wait()
            for _ in range(3):
                await until_renewed(job)
            handler.go_on.set()
            assert (await ended(job)).attempts == 1

    async def test_shows_how_far_the_work_is_when_it_is_renewed_and_in_the_end(self) -> None:
        halfway, go_on = Progress(total=4, done=1, failed=1), asyncio.Event()

        async def count(job: EmailJob) -> None:
            job.progress = halfway
            await go_on.wait()
            job.progress.done = 3

        async with doing_jobs({KIND: count}, pace=QUICK):
            job = await a_job()
            assert (await until(job, lambda kept: kept.progress.total > 0)).progress == halfway
            go_on.set()
            assert (await ended(job)).progress == Progress(total=4, done=3, failed=1)

    async def test_that_is_renewed_lets_the_work_go_on_for_longer_than_one(self) -> None:
        lasting = Pace(lease=1.0, heartbeat=0.05, look=60, grace=0.05)

        async def longer_than_a_lease(_: EmailJob) -> None:
            await asyncio.sleep(lasting.lease * 1.2)

        async with doing_jobs({KIND: longer_than_a_lease}, pace=lasting):
            done = await ended(await a_job())
        assert (done.status, done.attempts) == (EmailJobStatus.COMPLETED, 1)

    async def test_that_a_person_ends_stops_the_work(self) -> None:
        handler = Waiting()
        async with doing_jobs({KIND: handler}, pace=QUICK):
            job = await a_job()
            await handler.started.wait()
            await email_jobs.cancel_email_job(SYSTEM, str(job.id))
            await handler.cancelled.wait()
        assert (await kept(job)).last_error == "Cancelled by system:test"

    async def test_that_can_t_be_renewed_stops_the_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def unreachable(*_: object) -> None:
            raise AutoReconnect("The database does not answer")

        handler = Waiting()
        monkeypatch.setattr(job_leases, "heartbeat", unreachable)
        async with doing_jobs({KIND: handler}, pace=Pace(lease=0.2, heartbeat=0.05, look=60, grace=0.05)):
            await a_job()
            await handler.cancelled.wait()

    async def test_without_heartbeats_lets_another_worker_do_the_job_and_the_first_has_no_say(self) -> None:
        job = await a_job()
        first = await claimed()
        with clock.shifted(job_leases.LEASE * 2):
            async with doing_jobs({KIND: sheep}, pace=SLOW):
                done = await ended(job)
        with pytest.raises(job_leases.LeaseLost):
            await job_leases.complete(SYSTEM, first, {"sheep": 0})
        assert (await kept(job)).result == done.result == {"sheep": 7, "attempt": 2}

    async def test_over_at_the_last_attempt_is_buried_by_whoever_looks(self) -> None:
        job = await a_job(max_attempts=1)
        await claimed()
        with clock.shifted(job_leases.LEASE * 2):
            async with doing_jobs({KIND: sheep}, pace=QUICK):
                assert (await ended(job)).status is EmailJobStatus.DEAD


class TestStopping:
    async def test_hands_back_what_is_under_way(self) -> None:
        handler = Waiting()
        async with doing_jobs({KIND: handler}, pace=SLOW):
            job = await a_job(max_attempts=1)
            await handler.started.wait()
        back = await kept(job)
        assert handler.cancelled.is_set()
        assert (back.status, back.attempts, back.lease_token) == (EmailJobStatus.PENDING, 0, None)
        assert back.visible_at <= clock.now()

    async def test_lets_a_job_end_that_is_about_to(self) -> None:
        handler = Waiting()
        async with doing_jobs({KIND: handler}, pace=Pace(lease=60, heartbeat=60, look=60, grace=60)):
            job = await a_job()
            await handler.started.wait()
            asyncio.get_running_loop().call_later(0.05, handler.go_on.set)
        assert (await kept(job)).status is EmailJobStatus.COMPLETED

    async def test_is_not_held_up_by_a_handler_that_does_not_care(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tasks.jobs.CLEAN_UP_SECONDS", 0.05)
        let_go, started = asyncio.Event(), asyncio.Event()

        async def stubborn(_: EmailJob) -> None:
            started.set()
            while not let_go.is_set():
                try:
                    await let_go.wait()
                except asyncio.CancelledError:
                    continue

        async with doing_jobs({KIND: stubborn}, pace=SLOW):
            job = await a_job()
            await started.wait()
        assert (await kept(job)).status is EmailJobStatus.PENDING
        let_go.set()

    async def test_takes_nothing_more(self) -> None:
        handler = Waiting()
        async with doing_jobs({KIND: handler}, at_once=1, pace=SLOW):
            await a_job()
            await handler.started.wait()
            waiting = await a_job()
        assert (await kept(waiting)).attempts == 0


async def test_an_outage_of_the_database_is_survived(monkeypatch: pytest.MonkeyPatch, platform: Runtime) -> None:
    claim, outages = job_leases.claim, 3

    async def claim_after_outages(*arguments: object) -> EmailJob | None:
        nonlocal outages
        if outages:
            outages -= 1
            raise AutoReconnect("The database does not answer")
        return await claim(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(job_leases, "claim", claim_after_outages)
    async with doing_jobs({KIND: sheep}, pace=QUICK):
        assert (await ended(await a_job())).status is EmailJobStatus.COMPLETED
    assert runtime() is platform
