"""How many messages a campaign sends in a second, end to end: `python -m benchmarks.sending [RECIPIENTS]`.

To Debian's `smtp-sink`, by one worker, with all that sending is: whether each reader may be written to, signed links
and the pixel, marks, outcomes and events in the embedded database, and what follows from the events.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil
from pydantic import SecretStr

from core import logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.campaigns import Campaign, CampaignStatus
from models.email_events import EmailEvent
from tasks.jobs import Pace
from tests.chaos.campaign import a_company, sent_campaign
from tests.chaos.sending_worker import work

RECIPIENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Measured:
    """`memory` is the most that the worker took, in megabytes; `processor` and `database` are milliseconds of
    processor time of the worker and of the database per message, `followed` the seconds in which events are followed
    up after the last message."""

    per_second: float
    memory: float
    processor: float
    database: float
    followed: float


async def measure(recipients: int) -> Measured:
    with EmbeddedMongo() as database, sink() as port:
        settings = settings_for(database.url, port)
        async with running(settings, database.url, DOCUMENTS):
            await a_company(recipients)
            campaign = (await sent_campaign()).campaign
            with worker(settings) as process:
                server = next(one for one in psutil.Process().children() if "embedded_mongo" in " ".join(one.cmdline()))
                before = _used(process), _used(server)
                started, memory = time.perf_counter(), 0.0
                while True:
                    await asyncio.sleep(0.05)
                    memory = max(memory, process.memory_info().rss / 2**20)
                    now = await Campaign.get(campaign.id)
                    if now is not None and now.status is CampaignStatus.SENT:
                        break
                seconds = time.perf_counter() - started
                after = _used(process), _used(server)
                assert now.stats.sent == recipients, now.stats
                while await EmailEvent.find({"pending": True}).count():
                    await asyncio.sleep(0.05)
                followed = time.perf_counter() - started - seconds
    return Measured(
        recipients / seconds,
        memory,
        1000 * (after[0] - before[0]) / recipients,
        1000 * (after[1] - before[1]) / recipients,
        followed,
    )


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def sink() -> Iterator[int]:
    program = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([program, *user, f"127.0.0.1:{port}", "1000"], stdout=subprocess.DEVNULL) as process:
        time.sleep(0.3)
        try:
            yield port
        finally:
            process.kill()


@contextmanager
def worker(settings: Settings) -> Iterator[psutil.Process]:
    assert settings.mongodb_url is not None
    command = [sys.executable, "-m", "benchmarks.sending", "worker", settings.mongodb_url.get_secret_value()]
    with subprocess.Popen([*command, str(settings.smtp_port)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def settings_for(url: str, port: int) -> Settings:
    return Settings.model_validate(
        {
            "mongodb_url": SecretStr(url),
            "mongodb_database": "allover",
            "mail_provider": "smtp",
            "mail_from": "news@banners.example.com",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_tls": "none",
            "log_level": "ERROR",
        }
    )


def main() -> None:
    recipients = int(sys.argv[1]) if len(sys.argv) > 1 else RECIPIENTS
    logs.configure(Settings(log_level="ERROR"))
    print(asyncio.run(measure(recipients)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["worker", url, port]:
            asyncio.run(work(settings_for(url, int(port)), Pace()))
        case _:
            main()
