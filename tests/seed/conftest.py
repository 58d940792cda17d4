"""A year of the demonstration company, as it is seen from one day."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final

import pytest
import pytest_asyncio

from core import runtime
from core.mongo import Mongo
from core.runtime import Runtime
from core.settings import Settings
from models import DOCUMENTS
from models.app_events import AppEvent
from models.plans import Interval, Plan
from models.shops import Shop
from seed.catalog import APPS
from seed.company import found_company
from seed.histories import histories
from seed.merchants import merchants
from tests.databases import connected

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)


def plans() -> dict[str, list[Plan]]:
    return {
        app.id: [
            Plan(
                app_id=app.id,
                handle=plan["handle"],
                name=plan["name"],
                name_key=plan["name"].casefold(),
                price=Decimal(plan["price"]),
                interval=plan.get("interval", Interval.EVERY_30_DAYS),
                trial_days=plan.get("trialDays", 0),
            )
            for plan in app.plans
        ]
        for app in APPS
    }


@pytest_asyncio.fixture(scope="session")
async def founded(request: pytest.FixtureRequest, settings: Settings, worker_id: str) -> AsyncIterator[Mongo]:
    """The database of a company that was founded once, since that takes seconds."""
    name = f"founded_{worker_id}"
    database = connected(request.config, name)
    await database.client.drop_database(name)
    await database.bind(DOCUMENTS)
    runtime.start(settings, database)
    await found_company(lambda what, done, total: None)
    yield database
    await database.client.drop_database(name)
    await database.close()


@pytest_asyncio.fixture
async def demonstration(platform: Runtime, founded: Mongo, mongo: Mongo, settings: Settings) -> AsyncIterator[None]:
    """The company, for tests that only look at it: they share one."""
    await founded.bind(DOCUMENTS)
    runtime.start(settings, founded)
    yield
    await mongo.bind(DOCUMENTS)
    runtime.start(settings, mongo)


@pytest_asyncio.fixture
async def history() -> tuple[list[Shop], list[AppEvent]]:
    random = Random(7)
    return histories(random, merchants(random, 400), plans(), NOW)
