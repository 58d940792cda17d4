"""A worker as `allover worker` is one, but with short leases: `python -m tests.chaos.sending_worker`, configured by the
environment. Prints `ready` when it takes jobs."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

from core import event_loop, logs
from core.background import stopped
from core.runtime import running
from core.settings import Settings, load
from models import DOCUMENTS
from resolvers.outbox import sending_mail
from tasks.handlers import HANDLERS
from tasks.jobs import Pace, doing_jobs
from tasks.rollups import following_events

PACE: Final = Pace(lease=3.0, heartbeat=1.0, look=0.5, grace=1.0, backoff=lambda _: timedelta(seconds=0.5))


async def work(settings: Settings, pace: Pace, beside: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
    """Until told to end, with what else it does beside."""
    told = asyncio.Event()
    assert settings.mongodb_url is not None
    logs.configure(settings)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    async with (
        running(settings, settings.mongodb_url.get_secret_value(), DOCUMENTS),
        sending_mail(settings),
        doing_jobs(HANDLERS, pace=pace),
        following_events(),
    ):
        event_loop.settled()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        other = asyncio.create_task(beside()) if beside else None
        await told.wait()
        if other:
            await stopped(other)


if __name__ == "__main__":
    event_loop.run(work(load(), PACE))
