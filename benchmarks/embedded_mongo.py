"""How fast the embedded database is: `python -m benchmarks.embedded_mongo`.

Prints the median of each query in milliseconds, and how many round trips of an empty command (`ping`) it costs.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, MongoClient
from pymongo.collection import Collection

from embedded_mongo.process import EmbeddedMongo

DOCUMENTS = 50_000
ROUNDS = 200
START = datetime(2026, 1, 1, tzinfo=UTC)

Documents = Collection[dict[str, Any]]


def document(number: int) -> dict[str, Any]:
    """A ticket, more or less: some 400 bytes."""
    return {
        "_id": ObjectId(),
        "appId": number % 3,
        "status": ("open", "waiting", "closed")[number % 7 % 3],
        "createdAt": START + timedelta(minutes=number),
        "subject": f"Question {number}",
        "shop": {"domain": f"shop-{number % 400}.example", "plan": "basic"},
        "messages": [{"text": "lorem ipsum dolor sit amet " * 4, "at": START}],
        "tags": ["a", "b"],
    }


def job(number: int) -> dict[str, Any]:
    """A job that is due."""
    return {"open": True, "priority": number % 10, "visibleAt": START + timedelta(seconds=number)}


@contextmanager
def timed(label: str, unit_count: int) -> Iterator[None]:
    """Print how many things a second were done."""
    start = time.perf_counter()
    yield
    print(f"{label:<42}{unit_count / (time.perf_counter() - start):>10,.0f} /s")


def measure(label: str, floor: float, query: Callable[[], object]) -> float:
    """Print the median of a query and its ratio to the floor; returns the median in seconds."""
    query()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        query()
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    print(f"{label:<42}{median * 1000:>10.2f} ms{median / (floor or median):>8.1f} x ping")
    return median


def fill(tickets: Documents, jobs: Documents) -> list[ObjectId]:
    """Write the documents and return their ids."""
    tickets.create_index([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)])
    tickets.create_index([("appId", ASCENDING), ("status", ASCENDING)])
    jobs.create_index([("open", ASCENDING), ("priority", DESCENDING), ("visibleAt", ASCENDING)])
    documents = [document(number) for number in range(DOCUMENTS)]
    with timed("insert, 1,000 at a time, 3 indexes", DOCUMENTS):
        for start in range(0, DOCUMENTS, 1000):
            tickets.insert_many(documents[start : start + 1000])
    jobs.insert_many([job(number) for number in range(5_000)])
    with timed("insert, one at a time, 2 indexes", 2_000):
        for number in range(2_000):
            jobs.insert_one(job(number))
    return [item["_id"] for item in documents]


def claim(jobs: Documents) -> None:
    """What a worker does for its next job."""
    jobs.find_one_and_update(
        {"open": True, "visibleAt": {"$lte": datetime.now(UTC)}},
        {"$set": {"open": False}, "$inc": {"attempts": 1}},
        sort=[("priority", DESCENDING), ("visibleAt", ASCENDING)],
    )


def queries(tickets: Documents, jobs: Documents, ids: list[ObjectId]) -> None:
    """Measure what lists, counts and workers do."""
    floor = measure("ping", 0, lambda: tickets.database.command("ping"))
    wanted = iter(ids * 2)
    page_sort = [("createdAt", DESCENDING), ("_id", DESCENDING)]
    after = START + timedelta(minutes=DOCUMENTS // 2)
    keyset = {
        "appId": 1,
        "createdAt": {"$lte": after},
        "$or": [{"createdAt": {"$lt": after}}, {"_id": {"$lt": ids[DOCUMENTS // 2]}}],
    }
    day = {"appId": 1, "createdAt": {"$gte": after, "$lt": after + timedelta(hours=3)}}
    measure("get by id", floor, lambda: tickets.find_one({"_id": next(wanted)}))
    measure("count by index", floor, lambda: tickets.count_documents({"appId": 1, "status": "open"}))
    measure("page of 20 by date", floor, lambda: list(tickets.find({"appId": 1}).sort(page_sort).limit(20)))
    measure("page of 21 after a key", floor, lambda: list(tickets.find(keyset).sort(page_sort).limit(21)))
    measure("range of 60 by date", floor, lambda: list(tickets.find(day)))
    measure("claim a job", floor, lambda: claim(jobs))
    measure("update by id", floor, lambda: tickets.update_one({"_id": next(wanted)}, {"$inc": {"views": 1}}))
    group: list[dict[str, Any]] = [{"$match": {"appId": 1}}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}]
    measure("group a third of all by status", floor, lambda: list(tickets.aggregate(group)))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with EmbeddedMongo(Path(folder)) as server, MongoClient[dict[str, Any]](server.url) as client:
            database = client["benchmark"]
            ids = fill(database["tickets"], database["jobs"])
            queries(database["tickets"], database["jobs"], ids)
        start = time.perf_counter()
        with EmbeddedMongo(Path(folder)):
            print(f"{'start with what is there':<42}{time.perf_counter() - start:>10.2f} s")
    start = time.perf_counter()
    with EmbeddedMongo():
        print(f"{'start with nothing':<42}{time.perf_counter() - start:>10.2f} s")


if __name__ == "__main__":
    main()
