"""How many rows of a file of subscribers are taken in, in a second: `python -m benchmarks.imports`.

The floor is what the rows make (a contact, a subscriber, an entry in the ledger of consent each), written as it is by
`bulk_write` in batches of the same size, into the same collections with the same indexes. Then the file is taken in
from nothing, a second time with nothing to change, and without any consent. All of it on the embedded database, several
times in turn; what is shown is the median.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from bson import ObjectId
from pydantic import SecretStr
from pymongo import InsertOne

from core import logs
from core.actor import Actor
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.base import Record
from models.consent_entries import ConsentEntry
from models.contacts import Contact
from models.subscribers import Subscriber
from resolvers.import_files import CsvRows
from resolvers.imports import BATCH
from resolvers.subscriber_import import import_subscribers
from resolvers.subscriber_rows import SPELLINGS

ROWS: Final = 5_000
ROUNDS: Final = 5
APP: Final = "banners-all-over"
ACTOR: Final = Actor.system("benchmark")
HEADER: Final = "email,name,language,source,tags,consent,consented_at,consent_text\n"
ROW: Final = "person-{}@example.com,Ada Lovelace,en,shop,vip|beta,{},2026-01-31T09:00:00Z,Yes please write to me\n"
TITLES: Final = (
    "bulk_write of what the rows make", "import", "import of the same again", "import without consent",
)  # fmt: skip
WRITTEN: Final[Sequence[type[Record]]] = (Contact, Subscriber, ConsentEntry)


def main() -> None:
    with EmbeddedMongo() as database:
        asyncio.run(_measure(database.url))


async def _measure(url: str) -> None:
    settings = Settings(mongodb_url=SecretStr(url), log_level="ERROR")
    logs.configure(settings)
    async with running(settings, url, DOCUMENTS):
        await App(id=APP, name="Banners", name_key="banners").insert()
        agreed = _file("yes")
        await import_subscribers(ACTOR, APP, agreed)
        documents = [await kind.get_pymongo_collection().find().to_list() for kind in WRITTEN]
        rounds = [await _round(documents, agreed, _file("no")) for _ in range(ROUNDS)]
    floor = statistics.median(one[0] for one in rounds)
    sys.stdout.write(f"{'':44}{'rows/s':>8}{'of the floor':>14}\n")
    for title, *measured in zip(TITLES, *rounds, strict=True):
        per_second = statistics.median(measured)
        sys.stdout.write(f"{title:44}{per_second:8.0f}{per_second / floor:14.2f}\n")


async def _round(documents: Sequence[Sequence[dict[str, Any]]], agreed: CsvRows, not_asked: CsvRows) -> list[float]:
    """Rows per second, in the order of the titles."""
    await _empty()
    measured = [await _floor(documents)]
    await _empty()
    measured += [await _import(agreed), await _import(agreed)]
    await _empty()
    return [*measured, await _import(not_asked)]


def _file(consent: str) -> CsvRows:
    rows = "".join(ROW.format(number, consent) for number in range(ROWS))
    return CsvRows(BytesIO((HEADER + rows).encode()), SPELLINGS)


async def _import(file: CsvRows) -> float:
    started = time.perf_counter()
    await import_subscribers(ACTOR, APP, file)
    return ROWS / (time.perf_counter() - started)


async def _floor(documents: Sequence[Sequence[dict[str, Any]]]) -> float:
    fresh = [[{**document, "_id": ObjectId()} for document in kind] for kind in documents]
    started = time.perf_counter()
    for start in range(0, ROWS, BATCH):
        for kind, rows in zip(WRITTEN, fresh, strict=True):
            writes = [InsertOne(row) for row in rows[start : start + BATCH]]
            await kind.get_pymongo_collection().bulk_write(writes, ordered=False)
    return ROWS / (time.perf_counter() - started)


async def _empty() -> None:
    for kind in WRITTEN:
        await kind.delete_all()


if __name__ == "__main__":
    main()
