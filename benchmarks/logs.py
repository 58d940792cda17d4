"""How many entries of logs are taken in, in a second: `python -m benchmarks.logs`.

The floor is what the entries become, written as it is by `insert_many` in batches of the same size, into the same
collection with the same indexes. Then the same entries come in by the operation, which reads, checks, masks, groups
and counts them, and over HTTP; one in ten is an error. All of it on the embedded database, several times in turn;
what is shown is the median.
"""

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, Final

import orjson
from bson import ObjectId
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from app import create_app
from core import logs
from core.actor import Actor
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.log_tallies import ErrorGroup, ErrorGroupShop, LogHour
from models.logs import LogEntry
from resolvers.api_keys import ApiKeyCreate, create_api_key
from resolvers.log_ingestion import MOST, LogsIngest, ingest_logs

BATCHES: Final = 3
ROUNDS: Final = 5
APP: Final = "banners-all-over"
ACTOR: Final = Actor.system("benchmark")
STACK: Final = "TypeError: no\n" + "\n".join(
    f"    at step{n} (/app/build/orders/sync.4f3a2b1c.js:{n}:5)" for n in range(8)
)
TITLES: Final = ("insert_many of what they become", "the operation", "over HTTP")


def main() -> None:
    with EmbeddedMongo() as database:
        asyncio.run(_measure(database.url))


async def _measure(url: str) -> None:
    settings = Settings(mongodb_url=SecretStr(url), log_level="ERROR", requests_per_minute=1_000_000)
    logs.configure(settings)
    sent = [_batch(Random(number)) for number in range(BATCHES)]
    async with running(settings, url, DOCUMENTS):
        await App(id=APP, name="Banners", name_key="banners").insert()
        key = await create_api_key(ACTOR, ApiKeyCreate.model_validate({"appId": APP, "name": "Benchmark"}))
        await _by_operation(sent)
        stored = await LogEntry.get_pymongo_collection().find().to_list()
        app = create_app(settings, url)
        gc.freeze()  # As the server does when it is ready.
        headers = {"X-API-Key": key.secret, "Content-Type": "application/json"}
        async with AsyncClient(transport=ASGITransport(app), base_url="http://bench", headers=headers) as http:
            rounds = [await _round(sent, stored, http) for _ in range(ROUNDS)]
    floor = statistics.median(one[0] for one in rounds)
    sys.stdout.write(f"{'':34}{'entries/s':>10}{'of the floor':>14}\n")
    for title, *measured in zip(TITLES, *rounds, strict=True):
        per_second = statistics.median(measured)
        sys.stdout.write(f"{title:34}{per_second:10.0f}{per_second / floor:14.2f}\n")


async def _round(sent: Sequence[Sequence[Any]], stored: Sequence[dict[str, Any]], http: AsyncClient) -> list[float]:
    """Entries per second, in the order of the titles."""
    bodies = [orjson.dumps({"entries": batch}) for batch in sent]
    return [
        await _timed(lambda: _floor(stored)),
        await _timed(lambda: _by_operation(sent)),
        await _timed(lambda: _over_http(bodies, http)),
    ]


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    for document in (LogEntry, LogHour, ErrorGroup, ErrorGroupShop):
        await document.delete_all()
    started = time.perf_counter()
    await work()
    return BATCHES * MOST / (time.perf_counter() - started)


async def _floor(stored: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(stored), MOST):
        fresh = [{**entry, "_id": ObjectId()} for entry in stored[start : start + MOST]]
        await LogEntry.get_pymongo_collection().insert_many(fresh, ordered=False)


async def _by_operation(sent: Sequence[Sequence[Any]]) -> None:
    for batch in sent:
        await ingest_logs(ACTOR, APP, LogsIngest(entries=list(batch)))


async def _over_http(bodies: Sequence[bytes], http: AsyncClient) -> None:
    for body in bodies:
        (await http.post(f"/{APP}/logs", content=body)).raise_for_status()


def _batch(chance: Random) -> list[dict[str, Any]]:
    return [_entry(chance, number) for number in range(MOST)]


def _entry(chance: Random, number: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "level": chance.choice(["debug", "info", "info", "info", "warn"]),
        "module": chance.choice(["orders.sync", "billing", "webhooks", "storefront", "auth"]),
        "shopDomain": f"shop-{chance.randrange(300)}.myshopify.com",
        "message": f"Order {chance.randrange(10**6)} was synchronised with the warehouse in {chance.random():.3f} s",
        "data": {"orderId": chance.randrange(10**9), "lines": [1, 2, 3], "customer": {"country": "GB", "tags": ["a"]}},
        "requestId": f"req-{chance.randrange(10**9)}",
    }
    if number % 10 == 0:
        message = f"Order {chance.randrange(10**6)} has no {chance.choice(['lines', 'address', 'customer'])}"
        entry |= {
            "level": "error",
            "error": {"name": "TypeError", "type": "TypeError", "message": message, "stack": STACK},
        }
    return entry


if __name__ == "__main__":
    main()
