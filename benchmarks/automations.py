"""How long it takes until what is due is done: `python -m benchmarks.automations`.

100,000 shops go through an automation, and of one in a hundred the next step is due: a condition about the shop, and
then a wait. The floor is `bulk_write` of as many updates as the workers make, of the same documents by their ids, in
the same batches, without finding out what is due and without looking at any shop. All of it on the embedded database.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from beanie import PydanticObjectId
from pydantic import SecretStr
from pymongo import UpdateOne

from core import clock, logs
from core.actor import Actor
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.automation_trackers import AutomationTracker, TimelineEntry, TimelineKind
from models.automations import AutomationConfig
from models.shops import Shop
from resolvers.automation_runner import BATCH, run_due_trackers
from resolvers.automations import AutomationCreate, create_automation

SHOPS: Final = 100_000
DUE: Final = 1_000
ROUNDS: Final = 3
INSERTED: Final = 5_000
ACTOR: Final = Actor.system("benchmark")
CONDITION: Final = {"field": "shop.status", "op": "eq", "value": "active"}
STEPS: Final = [
    {"type": "condition", "condition": CONDITION},
    {"type": "wait", "duration": "3d"},
    {"type": "add_tag", "tag": "a"},
]


def main() -> None:
    with EmbeddedMongo() as database:
        asyncio.run(_measure(database.url))


async def _measure(url: str) -> None:
    settings = Settings(mongodb_url=SecretStr(url), log_level="ERROR")
    logs.configure(settings)
    async with running(settings, url, DOCUMENTS):
        app = await App(id="banners", name="Banners", name_key="banners").insert()
        sent = {"slug": "a", "trigger": "app-installed", "enabled": True, "steps": STEPS}
        config = await create_automation(ACTOR, app.id, AutomationCreate.model_validate(sent))
        ids = await _filled(config)
        floor, workers = [], []
        for number in range(ROUNDS):
            due = ids[number * DUE : (number + 1) * DUE]
            floor.append(await _timed(lambda due=due: _floor(due)))  # type: ignore[misc]
            await _make_due(due)
            workers.append(await _timed(_work_off))
    least, took = statistics.median(floor), statistics.median(workers)
    sys.stdout.write(f"{DUE:,} of {SHOPS:,} trackers due\n")
    sys.stdout.write(f"{'bulk_write of as many updates':34}{least:8.2f} s\n")
    sys.stdout.write(f"{'the workers':34}{took:8.2f} s {took / least:8.1f} times the floor\n")


async def _filled(config: AutomationConfig) -> list[PydanticObjectId]:
    """A tracker of each shop, and the shops whose turn it will be; the trackers' ids."""
    now, ids = clock.now(), list[PydanticObjectId]()
    for start in range(0, SHOPS, INSERTED):
        shops = [
            Shop(app_id=config.app_id, domain=f"shop-{n}.myshopify.com", installed_at=now, uncounted=None)
            for n in range(start, start + INSERTED)
        ]
        trackers = [
            AutomationTracker(
                app_id=config.app_id,
                config_id=config.id,
                shop_id=shop.id,
                shop_domain=shop.domain,
                version=1,
                step_id="step-1",
                due_at=now + timedelta(days=1),
                entered_at=now,
                timeline=[_entry()],
            )
            for shop in shops
        ]
        for documents in (shops, trackers) if start < DUE * ROUNDS else (trackers,):
            stored = [one.model_dump(by_alias=True, exclude={"revision_id"}) for one in documents]
            await type(documents[0]).get_pymongo_collection().insert_many(stored, ordered=False)
        ids += [tracker.id for tracker in trackers]
    return ids


def _entry() -> TimelineEntry:
    return TimelineEntry(at=clock.now(), run=1, kind=TimelineKind.ENTERED, sentence="Entered by app-installed")


async def _make_due(ids: list[PydanticObjectId]) -> None:
    due = {"$set": {"dueAt": clock.now() - timedelta(seconds=1), "stepId": "step-1"}}
    await AutomationTracker.get_pymongo_collection().update_many({"_id": {"$in": ids}}, due)


async def _floor(ids: list[PydanticObjectId]) -> None:
    entries = [_entry().model_dump(by_alias=True)] * 2
    for start in range(0, len(ids), BATCH):
        changes: dict[str, Any] = {
            "$set": {"dueAt": clock.now() + timedelta(days=3), "stepId": "step-3"},
            "$push": {"timeline": {"$each": entries, "$slice": -200}},
        }
        updates = [UpdateOne({"_id": one}, changes) for one in ids[start : start + BATCH]]
        await AutomationTracker.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _work_off() -> None:
    while await run_due_trackers(ACTOR):
        continue


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
