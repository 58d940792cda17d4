"""Worker and scheduler as processes of their own."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from taskiq import AsyncBroker

from commands.console import OUTPUT
from commands.database import database, platform
from commands.errors import CommandError
from commands.observation import observed
from core import event_loop
from core.settings import Settings
from core.stopping import begin_stopping
from core.tracing import begin_tracing
from tasks.broker import choose_broker
from tasks.schedule import scheduling
from tasks.worker import doing_everything


def work(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM, and lets tasks and jobs under way end, or hands them back."""
    _run(settings, partial(doing_everything, settings=settings), "Working")


def schedule(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM."""
    _run(settings, scheduling, "Scheduling")


def _run(settings: Settings, role: Callable[[AsyncBroker], AbstractAsyncContextManager[None]], what: str) -> None:
    """Raises `CommandError` without Redis, through which processes reach each other."""
    if settings.redis_url is None:
        raise CommandError("REDIS_URL is not set: without it `allover serve` does this work itself.")
    begin_tracing(settings)
    with database(settings) as url:
        event_loop.run(_until_told(settings, url, role, what))


async def _until_told(
    settings: Settings, url: str, role: Callable[[AsyncBroker], AbstractAsyncContextManager[None]], what: str
) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with observed(settings), platform(settings, url), role(choose_broker(settings)):
        event_loop.settled()
        OUTPUT.print(f"{what}. Ctrl-C stops it.")
        await told.wait()
        begin_stopping()
    OUTPUT.print("Stopped.")
