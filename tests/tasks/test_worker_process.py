"""`allover worker` and `allover scheduler` as processes, with a real Redis and the database of the tests."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from core import clock
from core.runtime import Runtime
from core.settings import Settings
from models import DOCUMENTS
from models.app_events import KEPT, AppEvent
from models.shops import Shop
from models.ticks import Tick
from tasks.broker import SCHEDULED, choose_broker
from tests.cli.running import COMMAND, environment
from tests.databases import URL_VARIABLE
from tests.factories.apps import an_app
from tests.tasks.redis_server import PATIENCE_SECONDS


class Processes:
    """Started by the test, ended with it."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._environment = environment(folder) | settings
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([*COMMAND, command], env=self._environment, stdout=subprocess.DEVNULL)
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest_asyncio.fixture
async def processes(platform: Runtime, redis_settings: Settings, tmp_path: Path) -> AsyncIterator[Processes]:
    if URL_VARIABLE not in os.environ:
        pytest.skip("needs a database that several processes reach: not --mongo memory")
    assert redis_settings.redis_url is not None
    started = Processes(
        tmp_path,
        {
            "MONGODB_URL": os.environ[URL_VARIABLE],
            "MONGODB_DATABASE": platform.mongo.database.name,
            "REDIS_URL": redis_settings.redis_url.get_secret_value(),
        },
    )
    yield started
    started.end()
    for document in DOCUMENTS:  # what other processes wrote, nobody here knows of
        await document.delete_all()


async def a_pending_event(app_id: str, domain: str) -> None:
    """As a server leaves it that dies before the shop has heard of it."""
    earlier = clock.now() - timedelta(minutes=1)
    event = AppEvent(
        app_id=app_id,
        name="app-installed",
        shop_domain=domain,
        occurred_at=earlier,
        created_at=earlier,
        sent_by="tests",
        expires_at=earlier + KEPT,
    )
    await event.insert()


async def until_installed(domain: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await Shop.find_one({"domain": domain}) is None:
            await asyncio.sleep(0.05)


async def wake_a_worker(settings: Settings) -> None:
    broker = choose_broker(settings)
    task = broker.find_task("apply_pending_events")
    assert task is not None
    await task.kiq()
    await broker.shutdown()


async def test_after_a_worker_was_killed_another_does_the_work(processes: Processes, redis_settings: Settings) -> None:
    app = await an_app()
    first = processes.start("worker")
    await a_pending_event(app.id, "one.myshopify.com")
    await wake_a_worker(redis_settings)
    await until_installed("one.myshopify.com")
    first.send_signal(signal.SIGKILL)
    first.wait()
    await a_pending_event(app.id, "two.myshopify.com")
    await wake_a_worker(redis_settings)
    processes.start("worker")
    await until_installed("two.myshopify.com")


async def test_two_schedulers_start_work_once_a_minute(processes: Processes, redis_settings: Settings) -> None:
    await a_pending_event((await an_app()).id, "one.myshopify.com")
    for command in ("scheduler", "scheduler", "worker"):
        processes.start(command)
    await until_installed("one.myshopify.com")
    ticks = await Tick.find_all().to_list()
    assert len({tick.id for tick in ticks}) == len(ticks) <= 2 * len(SCHEDULED)


async def test_a_worker_ends_when_it_is_told_to(processes: Processes, redis_settings: Settings) -> None:
    app = await an_app()
    worker = processes.start("worker")
    await a_pending_event(app.id, "one.myshopify.com")
    await wake_a_worker(redis_settings)
    await until_installed("one.myshopify.com")
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(worker.wait, PATIENCE_SECONDS) == 0
