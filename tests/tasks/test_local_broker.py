"""Background work inside the server, without Redis."""

import asyncio

import pytest

from core.settings import Settings
from tasks.broker import SCHEDULED, LocalBroker, choose_broker
from tasks.worker import working

PATIENCE_SECONDS = 10.0


async def test_what_is_sent_is_done() -> None:
    broker, done = LocalBroker(), asyncio.Event()

    @broker.task
    async def work() -> None:
        done.set()

    async with working(broker), asyncio.timeout(PATIENCE_SECONDS):
        await work.kiq()
        await done.wait()


async def test_the_most_urgent_comes_first_then_the_oldest() -> None:
    broker, order, done = LocalBroker(), list[str](), asyncio.Event()

    @broker.task
    async def work(name: str) -> None:
        order.append(name)
        if len(order) == 3:
            done.set()

    for name, priority in (("first", 0), ("second", 0), ("urgent", 5)):
        await work.kicker().with_labels(priority=priority).kiq(name)
    async with working(broker), asyncio.timeout(PATIENCE_SECONDS):
        await done.wait()
    assert order == ["urgent", "first", "second"]


async def test_a_task_that_fails_does_not_stop_the_next() -> None:
    broker, done = LocalBroker(), asyncio.Event()

    @broker.task
    async def work(*, fails: bool) -> None:
        if fails:
            raise RuntimeError("on purpose")
        done.set()

    async with working(broker), asyncio.timeout(PATIENCE_SECONDS):
        await work.kiq(fails=True)
        await work.kiq(fails=False)
        await done.wait()


async def test_stopping_waits_for_the_task_under_way() -> None:
    broker, started, finish, ended = LocalBroker(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    @broker.task
    async def work() -> None:
        started.set()
        await finish.wait()
        ended.set()

    async with asyncio.timeout(PATIENCE_SECONDS):
        async with working(broker):
            await work.kiq()
            await started.wait()
            asyncio.get_running_loop().call_soon(finish.set)
        assert ended.is_set()


async def test_stopping_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.worker.STOP_SECONDS", 0.05)
    broker, started = LocalBroker(), asyncio.Event()

    @broker.task
    async def work() -> None:
        started.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(PATIENCE_SECONDS), working(broker):
        await work.kiq()
        await started.wait()


async def test_every_scheduled_task_is_known_to_the_broker(settings: Settings) -> None:
    known = choose_broker(settings).get_all_tasks()
    assert known.keys() == SCHEDULED.keys()
