"""Does what the broker brings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from taskiq import AsyncBroker
from taskiq.receiver import Receiver

from core.background import heard
from core.settings import Settings
from resolvers.outbox import sending_mail
from tasks.automations import running_automations
from tasks.broker import choose_broker
from tasks.handlers import HANDLERS
from tasks.jobs import doing_jobs
from tasks.metrics import following_shops
from tasks.rollups import following_events
from tasks.schedule import scheduling

AT_ONCE: Final = 20
"""Tasks of one process: they wait for the database and the network most of their time."""
STOP_SECONDS: Final = 10.0
"""What tasks under way have to end in. They are safe to repeat, so what is cut off then is done again later."""
RESTART_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def working(broker: AsyncBroker) -> AsyncIterator[None]:
    """Within the block, the broker's tasks are done by this process."""
    finish = asyncio.Event()
    broker.is_worker_process = True
    await broker.startup()
    running = asyncio.create_task(_listen(broker, finish))
    try:
        yield
    finally:
        finish.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await running
        await broker.shutdown()


@asynccontextmanager
async def doing_everything(broker: AsyncBroker, settings: Settings) -> AsyncIterator[None]:
    """Within the block, the broker's tasks, the jobs in the database, what follows from the events of mail, metrics
    and automations are done by this process, and mail is sent."""
    async with (
        sending_mail(settings),
        working(broker),
        doing_jobs(HANDLERS),
        following_events(),
        following_shops(),
        running_automations(),
    ):
        yield


@asynccontextmanager
async def working_inside(settings: Settings) -> AsyncIterator[None]:
    """Worker and scheduler inside the server, where there is no Redis to reach others by."""
    local = choose_broker(settings)
    async with doing_everything(local, settings), scheduling(local):
        yield


async def _listen(broker: AsyncBroker, finish: asyncio.Event) -> None:
    """Until told to finish. A lost connection to the broker is tried again, not died of."""
    while not finish.is_set():
        try:
            await Receiver(broker, max_async_tasks=AT_ONCE, run_startup=False).listen(finish)
        except Exception as error:
            log.warning("worker.broker_lost", error=repr(error))
            await heard(finish, RESTART_SECONDS)
