"""What the forensics of churn cost the database: few questions, each by an index, however many shops there are."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from pymongo.monitoring import CommandStartedEvent

from core.actor import Actor
from core.mongo import Mongo
from core.runtime import Runtime, start
from resolvers.churn_forensics import churn_forensics
from resolvers.churn_sources import ChurnSignal
from resolvers.metric_periods import MetricsInterval, MetricsQuery
from tests.databases import Listener, heard
from tests.factories.apps import an_app
from tests.factories.departures import HAPPENING, a_stay
from tests.factories.shops import days_ago

APP = "banners"
MOST_CALLS = 13
PARTS_OF_A_QUERY = ("find", "filter", "sort", "limit")


class Queries(Listener):
    """Those that were sent; `others` counts what was no query, nor the rest of one."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self.others = 0

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.found.append({part: event.command[part] for part in PARTS_OF_A_QUERY if part in event.command})
        elif event.command_name != "getMore":
            self.others += 1


@pytest_asyncio.fixture
async def queries(platform: Runtime, mongo: Mongo, pytestconfig: pytest.Config) -> AsyncIterator[Queries]:
    listening = Queries()
    async with heard(mongo, pytestconfig, listening) as second:
        start(platform.settings, second)
        yield listening


async def some_leave(first: int, last: int) -> None:
    for number in range(first, last):
        gone = await a_stay(APP, f"left-{number}.myshopify.com", days_ago(100), days_ago(5))
        await a_stay(APP, f"stayed-{number}.myshopify.com", days_ago(100))
        for signal in (ChurnSignal.MAIL_REFUSED, ChurnSignal.WANT_DECLINED, ChurnSignal.TICKET_OPENED):
            await HAPPENING[signal](gone, days_ago(12))


async def asked(queries: Queries) -> list[dict[str, Any]]:
    """Which queries it takes."""
    queries.found.clear()
    queries.others = 0
    period = MetricsQuery.of(None, None, 30, MetricsInterval.DAY)
    assert (await churn_forensics(Actor.system("tests"), APP, period)).departures
    assert queries.others == 0
    return list(queries.found)


async def test_it_asks_as_often_of_many_shops_as_of_few(queries: Queries) -> None:
    await an_app(APP)
    await some_leave(0, 2)
    of_few = await asked(queries)
    await some_leave(2, 20)
    of_many = await asked(queries)
    assert sorted(query["find"] for query in of_few) == sorted(query["find"] for query in of_many)
    assert len(of_many) <= MOST_CALLS


async def test_each_question_has_an_index(queries: Queries, mongo: Mongo) -> None:
    await an_app(APP)
    await some_leave(0, 3)
    for query in await asked(queries):
        explained = await mongo.database.command({"explain": query, "verbosity": "queryPlanner"})
        plan = str(explained["queryPlanner"]["winningPlan"])
        assert "COLLSCAN" not in plan, query
