"""Metrics, once the workers have followed everything that happened."""

from datetime import timedelta
from typing import Final

from core import clock
from core.actor import Actor
from models.metrics import MetricRollup
from resolvers.metric_counting import BEFORE_ALL, count_changed_shops
from resolvers.metric_periods import MetricsQuery
from resolvers.metric_rollups import sum_due_rollups
from resolvers.metrics import Metrics, get_metrics
from tasks.metrics import count_all

SYSTEM: Final = Actor.system("tests")
LATER: Final = timedelta(hours=1)
"""By then no rollup is left alone any more because it was just counted."""


async def count_shops() -> None:
    """Their timelines alone."""
    last = BEFORE_ALL
    while (found := await count_changed_shops(SYSTEM, last)) is not None:
        last = found


async def count_everything() -> None:
    """As the workers do in the end. The time that they wait does not pass for the shops."""
    await count_all()
    await MetricRollup.find({"dirty": True}).update({"$set": {"dueAt": clock.now() - LATER}})
    while await sum_due_rollups(SYSTEM):
        await MetricRollup.find({"dirty": True}).update({"$set": {"dueAt": clock.now() - LATER}})


async def metrics(*app_ids: str, **query: object) -> Metrics:
    """Of all apps where none is named."""
    return await get_metrics(SYSTEM, MetricsQuery.model_validate(query), app_ids or None)
