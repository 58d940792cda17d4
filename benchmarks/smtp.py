"""How fast mail is handed over by SMTP: `python -m benchmarks.smtp`.

The provider hands prebuilt messages of 10 kB to Debian's smtp-sink, on one core beside it, over 8 connections. The
floor is aiosmtplib's `sendmail` in a loop per connection, with the same bytes to the same server in the same run.
`time` is what it costs our own process.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

import aiosmtplib
import uvloop
from bson import ObjectId

from benchmarks.sink import found, smtp_sink
from core.mail_settings import SmtpTls
from mail.content import Rendered
from mail.headers import Address
from mail.message import Outgoing
from mail.providers import Outcome
from mail.providers.smtp import SmtpProvider
from mail.providers.smtp_opening import SmtpServer

MESSAGES: Final = 4000
CONNECTIONS: Final = 8
ROUNDS: Final = 3
HOST: Final = "127.0.0.1"
SENDER, RECIPIENT = Address("news@example.com", "News"), Address("ada@example.org", "Ada")
LINE: Final = b"A line of a newsletter: seventy-six characters, as quoted-printable has them\r\n"
CONTENT: Final = b"From: News <news@example.com>\r\nTo: ada@example.org\r\nSubject: Hello\r\n\r\n" + LINE * 128
MESSAGE: Final = Outgoing(ObjectId(), SENDER, RECIPIENT, None, Rendered("Hello", "", None), {}, CONTENT)

Work = Callable[[int], Awaitable[None]]


def main() -> None:
    command = found()
    if command is None:
        sys.stdout.write("Skipped: smtp-sink is not installed (apt-get install postfix).\n")
        return
    with smtp_sink(command) as pipelining, smtp_sink(command, "-p") as one_by_one:
        works = [
            ("aiosmtplib's sendmail, in loops", _sendmail, pipelining),
            ("the provider", _provider, pipelining),
            ("the provider, without PIPELINING", _provider, one_by_one),
        ]
        measured = [[_measure(work, port) for _, work, port in works] for _ in range(ROUNDS)]
    floor_speed, floor_time = _medians(measured, 0)
    sys.stdout.write(f"{'':34}{'messages/s':>12}{'of the floor':>14}{'time, of the floor':>20}\n")
    for number, (title, _, _) in enumerate(works):
        speed, seconds = _medians(measured, number)
        sys.stdout.write(f"{title:34}{speed:12.0f}{speed / floor_speed:14.2f}{seconds / floor_time:20.2f}\n")


def _medians(measured: list[list[tuple[float, float]]], number: int) -> tuple[float, float]:
    """Messages per second, and seconds of our own process."""
    return median(run[number][0] for run in measured), median(run[number][1] for run in measured)


def _measure(work: Work, port: int) -> tuple[float, float]:
    async def run() -> None:
        await work(port)

    started, spent = time.perf_counter(), time.process_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    return MESSAGES / (time.perf_counter() - started), time.process_time() - spent


async def _sendmail(port: int) -> None:
    async def send() -> None:
        async with aiosmtplib.SMTP(hostname=HOST, port=port, start_tls=False) as client:
            for _ in range(MESSAGES // CONNECTIONS):
                await client.sendmail(SENDER.email, [RECIPIENT.email], CONTENT)

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))


async def _provider(port: int) -> None:
    provider = SmtpProvider(SmtpServer(HOST, SmtpTls.NONE, port), connections=CONNECTIONS)

    async def send() -> None:
        for _ in range(MESSAGES // CONNECTIONS):
            receipt = await provider.send(MESSAGE)
            assert receipt.outcome is Outcome.ACCEPTED, receipt.response

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    await provider.close()


if __name__ == "__main__":
    main()
