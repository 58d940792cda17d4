"""Metrics follow by themselves, in one process at a time."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
from pymongo.errors import AutoReconnect

from core import clock
from models.app_events import AppEvent
from models.email_jobs import EmailJob
from models.metrics import MetricRollup
from models.shops import Shop
from models.ticks import Turn
from resolvers import metric_counting
from resolvers.metric_rebuilds import REBUILD
from tasks.handlers import HANDLERS
from tasks.metrics import TURN, Pace, count_all, following_shops
from tests.factories.apps import an_app
from tests.factories.metrics import metrics
from tests.factories.shops import a_shop

pytestmark = pytest.mark.usefixtures("platform")

QUICK: Final = Pace(turn=1.0, pause=0.02)


async def until_everything_is_counted() -> None:
    async with asyncio.timeout(30):
        while (
            await Shop.find({"uncounted": True}).count()
            or await AppEvent.find({"uncounted": True}).count()
            or await MetricRollup.find({"dirty": True}).count()
        ):
            await asyncio.sleep(0.01)


async def total() -> int:
    return (await (await metrics()).shops()).total


async def test_a_shop_is_counted_without_anybody_asking() -> None:
    app = await an_app()
    async with following_shops(QUICK):
        for number in (1, 2):
            await a_shop(app.id)
            await until_everything_is_counted()
            assert await total() == number


async def test_another_process_follows_when_one_ends() -> None:
    app = await an_app()
    async with following_shops(QUICK):
        async with following_shops(QUICK):
            await a_shop(app.id)
            await until_everything_is_counted()
        await a_shop(app.id)
        await until_everything_is_counted()
    assert await total() == 2
    assert await Turn.find({"_id": TURN}).count() == 0


async def test_the_turn_of_a_process_that_died_ends_by_itself() -> None:
    app = await an_app()
    await Turn(id=TURN, owner="dead", expires_at=clock.now() + timedelta(seconds=0.3)).insert()
    await a_shop(app.id)
    async with following_shops(QUICK):
        await until_everything_is_counted()


async def test_a_database_that_fails_for_a_while_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app, failures, count = await an_app(), iter(range(3)), metric_counting.count_changed_shops

    async def at_first_not(*arguments: Any) -> Any:
        for number in failures:
            raise AutoReconnect("gone") if number else ValueError("never seen before")
        return await count(*arguments)

    monkeypatch.setattr("tasks.metrics.count_changed_shops", at_first_not)
    await a_shop(app.id)
    async with following_shops(QUICK):
        await until_everything_is_counted()


async def test_more_than_a_batch_is_counted_in_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.metric_counting.CHUNK", 3)
    app = await an_app()
    for _ in range(8):
        await a_shop(app.id)
    await count_all()
    assert not await Shop.find({"uncounted": True}).count()


async def test_a_job_counts_everything_anew() -> None:
    app = await an_app()
    await a_shop(app.id)
    job = EmailJob(type=REBUILD, max_attempts=5, scheduled_at=clock.now(), visible_at=clock.now())
    assert await HANDLERS[REBUILD](job) == {"shops": 1, "rollups": 3, "events": 1}
    assert await total() == 1
