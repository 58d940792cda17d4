"""Whatever workers and people do to a job, in whatever order: it is in one pair of hands at most, and never lost."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.errors import Conflict
from models.email_jobs import BURY, CANCEL, CLAIM, COMPLETE, FAIL, OPEN, POSTPONE, RETRY, EmailJob, EmailJobStatus
from resolvers import email_jobs, job_leases
from resolvers.job_leases import LEASE
from tests.factories.email_jobs import KIND, SYSTEM, a_job, kept

pytestmark = pytest.mark.usefixtures("platform")

WORKERS: Final = 2
MOVES: Final = (CLAIM, COMPLETE, POSTPONE, FAIL, BURY, CANCEL, RETRY)


class World:
    """One job, and what each of two workers believes to have in its hands."""

    def __init__(self, job: EmailJob) -> None:
        self.job = job
        self.held: dict[int, EmailJob] = {}
        self.passed = timedelta()

    async def claim(self, worker: int) -> None:
        taken = await job_leases.claim(SYSTEM, f"worker-{worker}", [KIND])
        if taken is not None:
            assert not await self.live_holders(), "it was taken from somebody whose lease is not over"
            self.held[worker] = taken

    async def live_holders(self) -> list[int]:
        """Those who could still leave the job, and whose lease is not over."""
        stored, now = await kept(self.job), clock.now()
        return [
            worker
            for worker, job in self.held.items()
            if job.lease_token == stored.lease_token and job.visible_at > now
        ]

    async def heartbeat(self, worker: int) -> None:
        self.held[worker] = await job_leases.heartbeat(SYSTEM, self.held[worker])

    async def complete(self, worker: int) -> None:
        await job_leases.complete(SYSTEM, self.held[worker])

    async def retry_later(self, worker: int) -> None:
        await job_leases.retry_later(SYSTEM, self.held[worker], "Timed out", LEASE)

    async def fail(self, worker: int) -> None:
        await job_leases.fail(SYSTEM, self.held[worker], "No such campaign")

    async def hand_back(self, worker: int) -> None:
        await job_leases.hand_back(SYSTEM, self.held[worker])

    async def cancel(self, _: int) -> None:
        await email_jobs.cancel_email_job(SYSTEM, str(self.job.id))

    async def retry(self, _: int) -> None:
        await email_jobs.retry_email_job(SYSTEM, str(self.job.id))

    async def wait(self, _: int) -> None:
        self.passed += LEASE / 2


Step = Callable[[World, int], Awaitable[None]]

STEPS: Final[list[Step]] = [
    World.claim,
    World.heartbeat,
    World.complete,
    World.retry_later,
    World.fail,
    World.hand_back,
    World.cancel,
    World.retry,
    World.wait,
]
NEEDS_A_JOB: Final = {World.heartbeat, World.complete, World.retry_later, World.fail, World.hand_back}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, WORKERS)), max_size=25))
async def test_no_order_of_steps_loses_a_job_or_gives_it_to_two(steps: list[tuple[Step, int]]) -> None:
    world = World(await a_job(max_attempts=3))
    for step, worker in steps:
        if step in NEEDS_A_JOB and worker not in world.held:
            continue
        with clock.shifted(world.passed):
            with suppress(Conflict):
                await step(world, worker)
            assert len(await world.live_holders()) <= 1
            await assert_consistent(world.job)
    with clock.shifted(world.passed + 2 * LEASE):
        await assert_nothing_is_lost(world.job)
    await EmailJob.delete_all()


async def assert_consistent(job: EmailJob) -> None:
    stored = await kept(job)
    assert stored.open is (stored.status in OPEN)
    assert (stored.lease_token is not None) is (stored.status is EmailJobStatus.PROCESSING)
    assert (stored.completed_at is None) is stored.open
    assert 0 <= stored.attempts <= stored.max_attempts


async def assert_nothing_is_lost(job: EmailJob) -> None:
    """Once all leases are over and all waiting is done, an open job is claimed, or buried for all to see."""
    was = await kept(job)
    claimed = await job_leases.claim(SYSTEM, "worker", [KIND])
    assert (claimed is not None) is (was.open and not is_spent(was))
    if was.open and is_spent(was):
        assert (await kept(job)).status is EmailJobStatus.DEAD


def is_spent(job: EmailJob) -> bool:
    return job.attempts == job.max_attempts


def test_every_status_is_reached_and_only_completed_is_for_ever() -> None:
    reached = {EmailJobStatus.PENDING} | {move.target for move in MOVES}
    left = {source for move in MOVES for source in move.sources}
    assert (reached, reached - left) == (set(EmailJobStatus), {EmailJobStatus.COMPLETED})


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_open_job_can_always_be_claimed(status: EmailJobStatus) -> None:
    assert status in CLAIM.sources
