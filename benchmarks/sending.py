"""How many messages a campaign sends in a second, end to end: `python -m benchmarks.sending [RECIPIENTS]`.

To Debian's `smtp-sink`, by one worker process, with all that sending is: whether each reader may be written to, signed
links and the pixel, marks, outcomes and events in the embedded database, and what follows from the events. The floor is
a loop over aiosmtplib's `sendmail` with one prebuilt message, over as many connections to the same sink, in the same
run. Memory and processor time are the worker's.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import aiosmtplib
import psutil
from pydantic import SecretStr

from benchmarks.processes import processor_seconds
from benchmarks.sink import found, smtp_sink
from core import event_loop, logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.campaigns import Campaign, CampaignStatus
from models.email_events import EmailEvent
from tasks.jobs import Pace
from tests.chaos.campaign import PARAGRAPH, a_company, sent_campaign
from tests.chaos.sending_worker import work

RECIPIENTS: Final = 10_000
FLOOR_MESSAGES: Final = 4_000
CONNECTIONS: Final = 8
CONTENT: Final = f"From: a@example.com\r\nTo: b@example.com\r\nSubject: News\r\n\r\n{PARAGRAPH * 4}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Measured:
    """`memory` is the most that the worker took, in megabytes; `processor` and `database` are milliseconds of
    processor time of the worker and of the database per message, `followed` the seconds in which the rest of the
    events are followed up after the last message."""

    per_second: float
    memory: float
    processor: float
    database: float
    followed: float


def main() -> None:
    command = found()
    if command is None:
        sys.stdout.write("Skipped: smtp-sink is not installed (apt-get install postfix).\n")
        return
    recipients = int(sys.argv[1]) if len(sys.argv) > 1 else RECIPIENTS
    logs.configure(Settings(log_level="ERROR"))
    with smtp_sink(command) as port:
        floor = event_loop.run(_floor(port))
        measured = asyncio.run(_measure(port, recipients))
    share = measured.per_second / floor
    sys.stdout.write(
        f"raw aiosmtplib loop {floor:24.0f} messages/s\n"
        f"a campaign, end to end {measured.per_second:21.0f} messages/s {share:8.2f} of the loop\n"
        f"the worker's memory {measured.memory:24.0f} MB\n"
        f"processor time per message {measured.processor:17.2f} ms, and {measured.database:.2f} ms of the database\n"
        f"events followed up {measured.followed:25.1f} s after the last message\n"
    )


async def _floor(port: int) -> float:
    """Messages per second."""

    async def loop(messages: int) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
            for _ in range(messages):
                await client.sendmail("a@example.com", ["b@example.com"], CONTENT)

    started = time.perf_counter()
    await asyncio.gather(*(loop(FLOOR_MESSAGES // CONNECTIONS) for _ in range(CONNECTIONS)))
    return FLOOR_MESSAGES / (time.perf_counter() - started)


async def _measure(port: int, recipients: int) -> Measured:
    with EmbeddedMongo() as database:
        settings = _settings(database.url, port)
        async with running(settings, database.url, DOCUMENTS):
            await a_company(recipients)
            campaign = (await sent_campaign()).campaign
            with _worker(settings) as process:
                return await _watch(process, _database(), campaign, recipients)


async def _watch(worker: psutil.Process, database: psutil.Process, campaign: Campaign, recipients: int) -> Measured:
    before, memory = (processor_seconds(worker), processor_seconds(database)), 0.0
    started = time.perf_counter()
    while campaign.status is not CampaignStatus.SENT:
        await asyncio.sleep(0.05)
        memory = max(memory, worker.memory_info().rss / 2**20)
        campaign = await Campaign.get(campaign.id) or campaign
    seconds = time.perf_counter() - started
    after = processor_seconds(worker), processor_seconds(database)
    assert campaign.stats.sent == recipients, campaign.stats
    while await EmailEvent.find({"pending": True}).count():
        await asyncio.sleep(0.05)
    followed = time.perf_counter() - started - seconds
    spent = [1000 * (late - early) / recipients for early, late in zip(before, after, strict=True)]
    return Measured(recipients / seconds, memory, spent[0], spent[1], followed)


def _database() -> psutil.Process:
    return next(one for one in psutil.Process().children() if "embedded_mongo" in one.cmdline())


@contextmanager
def _worker(settings: Settings) -> Iterator[psutil.Process]:
    assert settings.mongodb_url is not None
    command = [sys.executable, "-m", "benchmarks.sending", "worker", settings.mongodb_url.get_secret_value()]
    with subprocess.Popen([*command, str(settings.smtp_port)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _settings(url: str, port: int) -> Settings:
    return Settings.model_validate(
        {
            "mongodb_url": SecretStr(url),
            "mail_provider": "smtp",
            "mail_from": "news@banners.example.com",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_tls": "none",
            "log_level": "ERROR",
        }
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["worker", url, port]:
            event_loop.run(work(_settings(url, int(port)), Pace()))
        case _:
            main()
