"""How work is left for workers, taken under a lease, and given back."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden
from core.runtime import runtime
from models.email_jobs import EmailJob, EmailJobStatus, Progress
from resolvers import job_leases
from resolvers.job_leases import DUE, LEASE, LeaseLost
from tests.factories.email_jobs import KIND, SYSTEM, a_job, claimed, kept
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

AFTER_THE_LEASE = LEASE + timedelta(seconds=1)
A_MINUTE = timedelta(minutes=1)


async def claim(*types: str) -> EmailJob | None:
    return await job_leases.claim(SYSTEM, "worker-2", types or [KIND])


class TestWorks:
    async def test_a_job_is_claimed_and_completed(self) -> None:
        await job_leases.enqueue(SYSTEM, KIND, {"campaignId": "7", "chunk": 1})
        job = await claimed()
        assert (job.status, job.attempts, job.lease_owner) == (EmailJobStatus.PROCESSING, 1, "worker-1")
        assert (job.payload, job.visible_at) == (
            {"campaignId": "7", "chunk": 1},
            (job.started_at or job.created_at) + LEASE,
        )
        done = await job_leases.complete(SYSTEM, job, {"sent": 500})
        assert (done.status, done.open, done.result) == (EmailJobStatus.COMPLETED, False, {"sent": 500})
        assert (done.lease_owner, done.lease_token) == (None, None)
        assert done.completed_at is not None
        assert await claim() is None

    async def test_the_most_urgent_comes_first_then_the_one_that_waits_longest(self) -> None:
        now = clock.now()
        for name, priority, age in (("late", 0, 1), ("early", 0, 9), ("urgent", 5, 0)):
            await job_leases.enqueue(
                SYSTEM, KIND, {"name": name}, priority=priority, scheduled_at=now - timedelta(seconds=age)
            )
        assert [(await claimed()).payload["name"] for _ in range(3)] == ["urgent", "early", "late"]

    async def test_a_job_for_later_waits(self) -> None:
        await a_job(scheduled_at=clock.now() + A_MINUTE)
        assert await claim() is None
        with clock.shifted(A_MINUTE):
            assert await claim() is not None

    async def test_a_worker_takes_only_what_it_knows(self) -> None:
        await a_job("unheard_of", priority=9)
        await a_job(KIND)
        assert (await claimed()).type == KIND
        assert await claim() is None

    async def test_one_name_is_one_job(self) -> None:
        first = await a_job(dedupe_key="campaign:7:1")
        assert (await a_job(dedupe_key="campaign:7:1")).id == first.id
        await job_leases.complete(SYSTEM, await claimed())
        assert (await a_job(dedupe_key="campaign:7:1")).status is EmailJobStatus.COMPLETED
        assert await EmailJob.count() == 1

    async def test_of_parallel_jobs_of_a_name_one_is_kept(self) -> None:
        jobs = await asyncio.gather(*(a_job(dedupe_key="campaign:7:1") for _ in range(10)))
        assert len({job.id for job in jobs}) == 1

    async def test_a_job_names_its_parent(self) -> None:
        parent = await a_job()
        assert (await a_job(parent_id=parent.id)).parent_id == parent.id

    async def test_a_heartbeat_renews_the_lease_and_tells_the_progress(self) -> None:
        await a_job()
        job = await claimed()
        with clock.shifted(LEASE / 2):
            progress = Progress(total=500, done=120, failed=2)
            renewed = await job_leases.heartbeat(SYSTEM, job, progress=progress)
        assert renewed.progress == progress
        with clock.shifted(AFTER_THE_LEASE):
            assert await claim() is None

    async def test_word_is_sent_that_there_is_something_to_do(self) -> None:
        async with runtime().topics.signal(DUE) as word, asyncio.timeout(5):
            await a_job()
            await word.wait()


class TestAFault:
    async def test_that_passes_is_tried_again_later(self) -> None:
        await a_job()
        job = await job_leases.retry_later(SYSTEM, await claimed(), "Timed out", A_MINUTE)
        assert (job.status, job.last_error, job.attempts) == (EmailJobStatus.PENDING, "Timed out", 1)
        assert job.scheduled_at == job.visible_at
        assert await claim() is None
        with clock.shifted(A_MINUTE):
            assert (await claimed()).attempts == 2

    async def test_at_the_last_attempt_ends_the_job(self) -> None:
        await a_job(max_attempts=2)
        await job_leases.retry_later(SYSTEM, await claimed(), "Timed out", timedelta())
        dead = await job_leases.retry_later(SYSTEM, await claimed(), "Timed out again", timedelta())
        assert (dead.status, dead.open, dead.last_error) == (EmailJobStatus.DEAD, False, "Timed out again")

    async def test_that_lasts_ends_the_job_at_once(self) -> None:
        await a_job()
        failed = await job_leases.fail(SYSTEM, await claimed(), "No such campaign " + "x" * 5000)
        assert (failed.status, failed.open, len(failed.last_error or "")) == (EmailJobStatus.FAILED, False, 1000)

    async def test_of_the_worker_is_no_fault_of_a_job_that_is_handed_back(self) -> None:
        await a_job(max_attempts=1)
        back = await job_leases.hand_back(SYSTEM, await claimed())
        assert (back.status, back.attempts) == (EmailJobStatus.PENDING, 0)
        assert (await claimed()).attempts == 1


class TestALeaseThatIsOver:
    async def test_lets_another_worker_take_the_job(self) -> None:
        await a_job()
        first = await claimed()
        assert await claim() is None
        with clock.shifted(AFTER_THE_LEASE):
            second = await claimed()
        assert (second.id, second.attempts) == (first.id, 2)
        assert second.lease_token != first.lease_token

    async def test_leaves_its_worker_no_way_to_change_anything(self) -> None:
        await a_job()
        first = await claimed()
        with clock.shifted(AFTER_THE_LEASE):
            second = await claimed()
        for attempt in (
            job_leases.heartbeat(SYSTEM, first),
            job_leases.complete(SYSTEM, first),
            job_leases.retry_later(SYSTEM, first, "Timed out", A_MINUTE),
            job_leases.fail(SYSTEM, first, "No such campaign"),
            job_leases.hand_back(SYSTEM, first),
        ):
            with pytest.raises(LeaseLost):
                await attempt
        assert (await kept(second)).lease_token == second.lease_token

    async def test_does_no_harm_where_nobody_else_took_the_job(self) -> None:
        await a_job()
        job = await claimed()
        with clock.shifted(AFTER_THE_LEASE):
            assert (await job_leases.complete(SYSTEM, job)).status is EmailJobStatus.COMPLETED

    async def test_at_the_last_attempt_means_that_the_job_is_dead(self) -> None:
        await a_job(max_attempts=1)
        job = await claimed()
        with clock.shifted(AFTER_THE_LEASE):
            assert await claim() is None
        dead = await kept(job)
        assert (dead.status, dead.attempts, dead.open) == (EmailJobStatus.DEAD, 1, False)
        assert "did not come back" in (dead.last_error or "")

    async def test_of_a_dead_job_does_not_keep_the_next_from_being_taken(self) -> None:
        await a_job(max_attempts=1, priority=9)
        await claimed()
        waiting = await a_job()
        with clock.shifted(AFTER_THE_LEASE):
            assert (await claimed()).id == waiting.id

    async def test_a_job_can_be_left_once_only(self) -> None:
        await a_job()
        job = await claimed()
        await job_leases.complete(SYSTEM, job)
        with pytest.raises(LeaseLost):
            await job_leases.retry_later(SYSTEM, job, "Timed out", A_MINUTE)

    async def test_a_job_that_was_never_claimed_can_t_be_left(self) -> None:
        with pytest.raises(LeaseLost):
            await job_leases.complete(SYSTEM, await a_job())


class TestWhoMay:
    @pytest.mark.parametrize("role", list(Role))
    async def test_nobody_but_the_system_leaves_work_or_takes_it(self, role: Role) -> None:
        actor: Actor = await an_actor(role)
        job = await a_job()
        for attempt in (
            job_leases.enqueue(actor, KIND, {}),
            job_leases.claim(actor, "mine", [KIND]),
            job_leases.complete(actor, job),
        ):
            with pytest.raises(Forbidden):
                await attempt


class TestValidation:
    async def test_what_a_job_holds_is_json(self) -> None:
        with pytest.raises(ValidationError):
            await job_leases.enqueue(SYSTEM, KIND, {"at": clock.now()})  # type: ignore[dict-item]
        await a_job()
        with pytest.raises(ValidationError):
            await job_leases.complete(SYSTEM, await claimed(), {"at": clock.now()})  # type: ignore[dict-item]


class TestParallelWorkers:
    async def test_take_each_job_once(self) -> None:
        for _ in range(30):
            await a_job()
        taken = [job for job in await asyncio.gather(*(claim() for _ in range(40))) if job]
        assert len({job.id for job in taken}) == len(taken) == 30


class TestMany:
    async def test_are_left_with_one_write_and_those_that_are_there_stay(self) -> None:
        there = await a_job(dedupe_key="first")
        await job_leases.enqueue_many(SYSTEM, KIND, {"first": {"sheep": 1}, "second": {"sheep": 2}}, max_attempts=3)
        jobs = {job.dedupe_key: job for job in await EmailJob.find_all().to_list()}
        assert set(jobs) == {"first", "second"}
        assert jobs["first"].id == there.id
        assert (jobs["second"].payload, jobs["second"].max_attempts, jobs["second"].open) == ({"sheep": 2}, 3, True)

    async def test_none_are_no_write(self) -> None:
        await job_leases.enqueue_many(SYSTEM, KIND, {})
        assert await EmailJob.count() == 0
