"""A year of the demonstration company, as it is seen from one day."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Final

import pytest_asyncio

from models.app_events import AppEvent
from models.plans import Interval, Plan
from models.shops import Shop
from seed.catalog import APPS
from seed.histories import histories
from seed.merchants import merchants

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


@pytest_asyncio.fixture
async def history() -> tuple[list[Shop], list[AppEvent]]:
    random = Random(7)
    return histories(random, merchants(random, 400), plans(), NOW)
