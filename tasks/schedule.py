"""The clock: starts what is due, once, however many schedulers run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog
from pymongo.errors import DuplicateKeyError
from taskiq import AsyncBroker, ScheduledTask, ScheduleSource, TaskiqScheduler
from taskiq.cli.scheduler.run import SchedulerLoop
from taskiq.schedule_sources import LabelScheduleSource

from core import clock
from core.background import stopped
from core.measurements import scheduler_ticked
from models.ticks import Tick

KEPT: Final = timedelta(hours=1)
"""How long a tick is remembered; schedulers' clocks must not differ by more."""
RESTART_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


class Scheduler(TaskiqScheduler):
    """Sends a task when its tick is its own. What fails is logged: the clock goes on."""

    async def on_ready(self, source: ScheduleSource, task: ScheduledTask) -> None:
        try:
            scheduler_ticked()
            if await claim(task.task_name, clock.now()):
                await super().on_ready(source, task)
        except Exception as error:
            log.warning("scheduler.tick_failed", task=task.task_name, error=repr(error))


async def claim(name: str, at: datetime) -> bool:
    """Whether the caller is the first to start that work in that minute."""
    try:
        await Tick(id=f"tick:{name}:{at:%Y-%m-%dT%H:%M}", expires_at=at + KEPT).insert()
    except DuplicateKeyError:
        return False
    return True


@asynccontextmanager
async def scheduling(broker: AsyncBroker) -> AsyncIterator[None]:
    """Within the block, what is due is sent to the broker."""
    running = asyncio.create_task(_schedule(broker))
    try:
        yield
    finally:
        await stopped(running)


async def _schedule(broker: AsyncBroker) -> None:
    source = LabelScheduleSource(broker)
    await source.startup()
    while True:
        try:
            await SchedulerLoop(Scheduler(broker, [source])).run()
        except Exception:
            log.exception("scheduler.failed")
            await asyncio.sleep(RESTART_SECONDS)
