"""How long a tick of sequences takes: `python -m benchmarks.sequences`, or with another number of people behind it.

100,000 people are in a sequence, of whom one in a hundred is due: first each with a mail that is planned, then each
with a mail of which is looked whether it was sent. The floor are the writes that any such engine makes, on the same
documents and indexes in the same run: that many updates in one `bulk_write`, and, for those who are sent something, one
`insert_many` of the mails and one of their jobs. All of it on the embedded database.
"""

import sys
import time
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final

from beanie.odm.utils.dump import get_dict
from bson import ObjectId
from pydantic import SecretStr
from pymongo import UpdateOne

from core import clock, event_loop, logs
from core.actor import Actor
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.deliveries import Delivery, DeliveryStatus
from models.email_jobs import EmailJob
from models.enrollments import Enrollment
from resolvers.sequence_advancing import advance_sequences
from tests.chaos.outreach import a_sequence, people_in

PEOPLE: Final = 100_000
ONE_IN: Final = 100
SOON: Final = timedelta(minutes=5)
TICKER: Final = Actor.system("benchmark")


async def main(people: int) -> None:
    due = people // ONE_IN
    with EmbeddedMongo() as database:
        settings = Settings(mongodb_url=SecretStr(database.url), log_level="ERROR")
        logs.configure(settings)
        async with running(settings, database.url, DOCUMENTS):
            sequence = await a_sequence(cap=due)
            await people_in(sequence, due=due, waiting=people - due)
            event_loop.settled()
            updates = await _timed(_update_some(due))
            inserts = await _timed(_insert_again(await _mail_like(due)))
            planned = await _timed(advance_sequences(TICKER))
            await Delivery.find_all().update({"$set": {"status": DeliveryStatus.SENT.value, "sentAt": clock.now()}})
            with clock.shifted(SOON):
                looked = await _timed(advance_sequences(TICKER))
    sys.stdout.write(f"{people:,} people, {due:,} of them due{'':10}{'s':>8}{'people/s':>10}{'of the floor':>14}\n")
    floor = updates + inserts
    for title, seconds, least in (
        ("updates alone", updates, updates),
        ("updates, mails and jobs: the floor", floor, floor),
        ("tick that plans a mail for each", planned, floor),
        ("tick that looks after each", looked, updates),
    ):
        sys.stdout.write(f"{title:40}{seconds:8.2f}{due / seconds:10.0f}{least / seconds:14.2f}\n")


async def _timed(work: Awaitable[object]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def _update_some(due: int) -> None:
    """What moving them on writes, of those who are not due."""
    now = clock.now()
    rows = Enrollment.get_pymongo_collection().find({"nextAt": {"$gt": now}}, {"revision": 1}).limit(due)
    updates = [
        UpdateOne(
            {"_id": row["_id"], "status": "active", "revision": row["revision"]},
            {"$set": {"currentStep": 1, "updatedAt": now}, "$inc": {"revision": 1}},
        )
        for row in await rows.to_list()
    ]
    await Enrollment.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _mail_like(due: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    now = clock.now()
    mails = [
        Delivery(
            app_id=None,
            source=f"floor:{number}",
            kind="outreach",
            category="outreach",
            content="",
            email="a@example.com",
        )
        for number in range(due)
    ]
    jobs = [EmailJob(type="floor", max_attempts=1, scheduled_at=now, visible_at=now) for _ in range(due)]
    return _stored(mails), _stored(jobs)


async def _insert_again(documents: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    mails, jobs = documents
    await Delivery.get_pymongo_collection().insert_many(mails)
    await EmailJob.get_pymongo_collection().insert_many(jobs)


def _stored(documents: list[Any]) -> list[dict[str, Any]]:
    return [{**get_dict(one, to_db=True, keep_nulls=True), "_id": ObjectId()} for one in documents]


if __name__ == "__main__":
    event_loop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE))
