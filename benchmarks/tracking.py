"""How many opened mails and clicked links are answered in a second: `python -m benchmarks.tracking`.

The floor is bare Starlette sending the same pixel, measured in the same run with the same load. Each hit is of one of
thousands of mails of a campaign, and is answered when it is stored. At the end, as many events are in the database as
hits were answered. The database is the embedded one, a process beside the server; `worker inside` lets the server count
the hits meanwhile, as it does without Redis.
"""

import asyncio
import random
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import psutil
import uvicorn
import uvloop
from bson import ObjectId
from pymongo import MongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app import create_app
from benchmarks.load import Outcome, load_any, request
from benchmarks.processes import processor_seconds, server
from benchmarks.served import SETTINGS
from core import clock, event_loop, logs
from core.runtime import running
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.campaigns import Campaign
from models.deliveries import Delivery
from models.email_events import EmailEvent
from resolvers.tracking import links_for
from rest_compat.tracking import GIF, NOT_KEPT
from tasks.rollups import following_events

MAILS: Final = 10_000
LINKS: Final = [f"https://banners.example.com/news/{number}" for number in range(5)]
CONNECTIONS: Final = 64
SECONDS: Final = 5.0
WARM_UP_SECONDS: Final = 1.0
READER: Final = {"User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", "Accept": "*/*"}


@dataclass(frozen=True, slots=True)
class Measured:
    """`processor` is the server's, in microseconds per request; `answered` counts the warm-up too."""

    outcome: Outcome
    processor: float
    answered: int


def main() -> None:
    rows: list[tuple[str, Measured]] = []
    with server("benchmarks.tracking", "bare") as (process, port, _):
        rows.append(("bare Starlette, the same pixel", _measure(process, port, [request("/t/o/x", READER)], b"200")))
    for kind, title in (("alone", ""), ("inside", ", worker inside")):
        with server("benchmarks.tracking", kind) as (process, port, said):
            url, *tokens = said.split()
            opens, clicks = tokens[:MAILS], tokens[MAILS:]
            before = sum(one.answered for _, one in rows)
            rows.append((f"opens{title}", _measure(process, port, _hits("o", opens), b"200")))
            rows.append((f"clicks{title}", _measure(process, port, _hits("c", clicks), b"302")))
            answered = sum(one.answered for _, one in rows) - before
            with MongoClient[dict[str, Any]](url) as client:
                stored = client[SETTINGS.mongodb_database][EmailEvent.Settings.name].count_documents({})
            assert stored == answered, f"{answered} hits were answered, {stored} are stored"
    floor = rows[0][1]
    sys.stdout.write(f"{'':32}{'hits/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>8}{'of bare':>9}{'by CPU':>8}\n")
    for title, row in rows:
        outcome = row.outcome
        sys.stdout.write(
            f"{title:32}{outcome.per_second:8.0f}{outcome.p50:8.1f}{outcome.p99:8.1f}{row.processor:8.0f}"
            f"{outcome.per_second / floor.outcome.per_second:9.2f}{floor.processor / row.processor:8.2f}\n"
        )
    sys.stdout.write("Every hit that was answered is stored.\n")


def _hits(kind: str, tokens: Sequence[str]) -> list[bytes]:
    return [request(f"/t/{kind}/{token}", READER) for token in tokens]


def _measure(process: psutil.Process, port: int, messages: Sequence[bytes], expected: bytes) -> Measured:
    shuffled = random.Random(7).sample(messages, len(messages))
    warm = asyncio.run(load_any(port, shuffled, seconds=WARM_UP_SECONDS, connections=CONNECTIONS, expected=expected))
    before = processor_seconds(process)
    hot = asyncio.run(load_any(port, shuffled, seconds=SECONDS, connections=CONNECTIONS, expected=expected))
    used = processor_seconds(process) - before
    return Measured(hot.outcome, used / hot.answered * 1e6, warm.answered + hot.answered)


async def _serve(kind: str, port: int) -> None:
    """Prints the address of the database and the tokens of all mails when it is ready."""
    logs.configure(SETTINGS)
    if kind == "bare":
        await _listen(_bare(), port, "-")
        return
    with EmbeddedMongo() as database:
        async with running(SETTINGS, database.url, DOCUMENTS):
            tokens = await _campaign()
            async with following_events() if kind == "inside" else nullcontext():
                await _listen(create_app(SETTINGS, database.url), port, " ".join([database.url, *tokens]))


async def _listen(app: ASGIApp, port: int, said: str) -> None:
    event_loop.settled()
    sys.stdout.write(said + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning", access_log=False)
    await uvicorn.Server(config).serve()


def _bare() -> Starlette:
    async def pixel(_: Request) -> Response:
        return Response(GIF, headers=NOT_KEPT, media_type="image/gif")

    return Starlette(routes=[Route("/t/o/{token}", pixel)])


async def _campaign() -> list[str]:
    """One that was sent to thousands: the tokens of their pixels, and of one link each."""
    campaign = Campaign(
        app_id="banners", name="News", name_key="news", subject="News", html="<p>", links=LINKS, created_by="benchmark"
    )
    await campaign.insert()
    now, ids = clock.now(), [ObjectId() for _ in range(MAILS)]
    for start in range(0, MAILS, 500):
        rows = [
            {
                "_id": one, "appId": "banners", "source": f"campaign:{campaign.id}", "kind": "campaign",
                "category": "newsletter", "campaignId": campaign.id, "contactId": ObjectId(), "content": "-",
                "email": f"{one}@example.com", "status": "sent", "sentAt": now, "createdAt": now, "updatedAt": now,
            }
            for one in ids[start : start + 500]
        ]  # fmt: skip
        await Delivery.get_pymongo_collection().insert_many(rows)
    addresses = [links_for(one, len(LINKS)) for one in ids]
    chosen = [pixel for _, pixel in addresses] + [
        links[number % len(LINKS)] for number, (links, _) in enumerate(addresses)
    ]
    return [address.rpartition("/")[2] for address in chosen]


if __name__ == "__main__":
    if sys.argv[1:]:
        uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
    else:
        main()
