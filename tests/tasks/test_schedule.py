"""Scheduled work: started once in each minute, by however many schedulers."""

import asyncio
from datetime import timedelta

import pytest
from taskiq import ScheduledTask
from taskiq.schedule_sources import LabelScheduleSource

from core import clock
from core.runtime import Runtime
from models.ticks import Tick
from tasks.broker import LocalBroker
from tasks.schedule import Scheduler, claim

pytestmark = pytest.mark.usefixtures("platform")


class CountingBroker(LocalBroker):
    """Counts what is sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    async def kick(self, message: object) -> None:
        self.sent += 1


def a_task() -> ScheduledTask:
    return ScheduledTask(task_name="anything", labels={}, args=[], kwargs={}, cron="* * * * *")


async def test_of_many_claims_of_a_minute_one_succeeds() -> None:
    now = clock.now()
    claims = await asyncio.gather(*(claim("anything", now) for _ in range(20)))
    assert claims.count(True) == 1


async def test_each_minute_and_each_name_is_claimed_by_itself() -> None:
    now = clock.now()
    assert await claim("anything", now)
    assert await claim("anything", now + timedelta(minutes=1))
    assert await claim("something else", now)


async def test_two_schedulers_send_a_task_once() -> None:
    brokers = CountingBroker(), CountingBroker()
    for broker in brokers * 2:
        await Scheduler(broker, []).on_ready(LabelScheduleSource(broker), a_task())
    assert sum(broker.sent for broker in brokers) == 1


async def test_a_tick_is_forgotten_after_an_hour() -> None:
    now = clock.now()
    await claim("anything", now)
    tick = await Tick.find_one()
    assert tick is not None
    assert tick.expires_at == now + timedelta(hours=1)


async def test_the_clock_goes_on_when_the_broker_fails(platform: Runtime) -> None:
    class FailingBroker(LocalBroker):
        async def kick(self, message: object) -> None:
            raise ConnectionError("gone")

    broker = FailingBroker()
    await Scheduler(broker, []).on_ready(LabelScheduleSource(broker), a_task())
