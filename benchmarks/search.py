"""How soon a search is there, with 100,000 contacts and a quarter as many tickets: `python -m benchmarks.search`, or
with another number of contacts behind it.

The operation is called as the edges call it, on the embedded database. The floor is a `ping` of the same database in
the same run; at the end stands what it costs to look into every contact, which the search does without.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final

from beanie.odm.utils.dump import get_dict
from bson import ObjectId
from pydantic import SecretStr

from core import clock, logs
from core.actor import Actor
from core.mongo import containing
from core.runtime import running, runtime
from core.settings import Settings
from core.words import words_of
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.contacts import Contact
from models.tickets import Ticket, TicketSource
from resolvers.searching import SearchQuery, search

CONTACTS, BATCH, ROUNDS = 100_000, 2_000, 20
SYSTEM: Final = Actor.system("benchmark")
SETTINGS: Final = Settings(secret_key=SecretStr("a secret of the benchmarks, 32 characters"), log_level="ERROR")
SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")
SEARCHES: Final = {
    "an address": "person-5000@example.com",
    "the number of a ticket": "#77",
    "the beginning of an address": "person-50",
    "a name": "baceka difole",
    "the beginning of a name": "bacek",
    "a word that all have": "example",
    "two words that all have": "example question",
    "words that nobody has": "qwertz asdf",
    "one letter": "b",
}


def a_name(random: Random) -> str:
    return " ".join("".join(random.choices(SYLLABLES, k=3)) for _ in range(2)).title()


def contacts(count: int, random: Random) -> list[dict[str, Any]]:
    alike = get_dict(Contact(email="", email_key=""), to_db=True, keep_nulls=True)
    made = []
    for number in range(count):
        email, name = f"person-{number}@example.com", a_name(random)
        texts = {"searchText": f"{email} {name.casefold()}", "searchWords": words_of(email, name)}
        made.append({**alike, "_id": ObjectId(), "email": email, "emailKey": email, "name": name, **texts})
    return made


def tickets(of: list[dict[str, Any]], app_id: str) -> list[dict[str, Any]]:
    known = {"app_id": app_id, "number": 0, "subject": "", "message": "", "email": "", "email_key": ""}
    ticket = Ticket(
        **known, people_keys=[], source=TicketSource.WEB, last_message_at=clock.now(), created_by="benchmark"
    )
    alike = get_dict(ticket, to_db=True, keep_nulls=True)
    made = []
    for number, person in enumerate(of, start=1):
        subject, key = f"Question {number} of {person['name']}", person["emailKey"]
        texts = {"subject": subject, "searchWords": words_of(subject, key, person["name"])}
        about = {"number": number, "email": key, "emailKey": key, "peopleKeys": [key]}
        made.append({**alike, "_id": ObjectId(), **about, **texts})
    return made


async def fill(count: int) -> None:
    people = contacts(count, Random(7))
    for document, made in ((Contact, people), (Ticket, tickets(people[::4], "banners"))):
        start = time.perf_counter()
        for first in range(0, len(made), BATCH):
            await document.get_pymongo_collection().insert_many(made[first : first + BATCH], ordered=False)
        sys.stdout.write(f"{f'{len(made):,} {document.__name__} stored':<42}{time.perf_counter() - start:>10.1f} s\n")


async def measure(label: str, floor: float, call: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Prints the median and the 95th percentile, and returns the median in seconds."""
    await call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        await call()
        times.append(time.perf_counter() - start)
    median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    sys.stdout.write(
        f"{label:<42}{median * 1000:>10.2f} ms{late * 1000:>10.2f} ms{median / (floor or median):>8.1f} x ping\n"
    )
    return median


def searching(text: str) -> Callable[[], Awaitable[object]]:
    return lambda: search(SYSTEM, SearchQuery(query=text))


def scanning(text: str) -> Callable[[], Awaitable[object]]:
    return lambda: Contact.find({"searchText": containing(text)}).limit(5).to_list()


async def ping() -> None:
    await runtime().mongo.client.admin.command("ping")


async def main(count: int) -> None:
    logs.configure(SETTINGS)
    with EmbeddedMongo() as server:
        async with running(SETTINGS, server.url, DOCUMENTS):
            await App(id="banners", name="Banners", name_key="banners").insert()
            await fill(count)
            floor = await measure("ping", 0, ping)
            for label, text in SEARCHES.items():
                await measure(label, floor, searching(text))
            await measure("every contact looked at, for nobody", floor, scanning("qwertz"), rounds=3)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS))
