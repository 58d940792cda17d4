"""Background work between processes, with a real Redis."""

import asyncio

from redis.asyncio import Redis
from taskiq import AsyncBroker

from core.settings import Settings
from tasks.broker import choose_broker
from tasks.worker import working
from tests.tasks.redis_server import PATIENCE_SECONDS, started_redis, until_it_answers


def recording(broker: AsyncBroker, done: "asyncio.Queue[int]") -> None:
    async def work(number: int) -> None:
        done.put_nowait(number)

    broker.register_task(work, "work")


async def send(broker: AsyncBroker, number: int) -> None:
    task = broker.find_task("work")
    assert task is not None
    await task.kiq(number)


async def test_a_worker_does_what_another_process_sent(redis_settings: Settings) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()
    sender, worker = choose_broker(redis_settings), choose_broker(redis_settings)
    recording(sender, done)
    recording(worker, done)
    async with asyncio.timeout(PATIENCE_SECONDS), working(worker):
        await send(sender, 1)
        assert await done.get() == 1
    await sender.shutdown()


async def test_several_workers_share_the_work_and_each_task_is_done_once(redis_settings: Settings) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()
    sender, *workers = (choose_broker(redis_settings) for _ in range(3))
    for broker in (sender, *workers):
        recording(broker, done)
    async with asyncio.timeout(PATIENCE_SECONDS), working(workers[0]), working(workers[1]):
        for number in range(50):
            await send(sender, number)
        assert sorted([await done.get() for _ in range(50)]) == list(range(50))
    assert done.empty()
    await sender.shutdown()


async def test_what_was_sent_while_no_worker_ran_is_done_later(redis_settings: Settings) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()
    broker = choose_broker(redis_settings)
    recording(broker, done)
    await send(broker, 1)
    async with asyncio.timeout(PATIENCE_SECONDS), working(broker):
        assert await done.get() == 1


async def test_a_worker_goes_on_after_redis_was_away(redis_settings: Settings) -> None:
    assert redis_settings.redis_url is not None
    url = redis_settings.redis_url.get_secret_value()
    done: asyncio.Queue[int] = asyncio.Queue()
    sender, worker = choose_broker(redis_settings), choose_broker(redis_settings)
    recording(sender, done)
    recording(worker, done)
    async with asyncio.timeout(PATIENCE_SECONDS), working(worker):
        await send(sender, 1)
        await done.get()
        async with Redis.from_url(url) as redis:
            await redis.shutdown(nosave=True, now=True, force=True)
        returned = started_redis(int(url.rpartition(":")[2]))
        try:
            await until_it_answers(url)
            await send(sender, 2)
            assert await done.get() == 2
        finally:
            await sender.shutdown()
            returned.terminate()
            returned.wait()
