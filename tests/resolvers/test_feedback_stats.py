"""What people say about the apps, in numbers."""

from datetime import timedelta
from typing import Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, NotFound
from models.feedback import FeedbackStatus, FeedbackType
from models.priorities import Priority
from resolvers.feedback_stats import FeedbackTrendPeriod, feedback_stats, feedback_trend
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.feedback import SYSTEM, a_feedback
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
WEEK: Final = FeedbackTrendPeriod(days=7)


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def test_every_key_is_there_and_the_average_is_of_those_who_rated() -> None:
    await a_feedback(APP, type=FeedbackType.BUG, rating=1, priority=Priority.HIGH)
    await a_feedback(APP, type=FeedbackType.PRAISE, rating=4, status=FeedbackStatus.ARCHIVED)
    await a_feedback(APP)
    await a_feedback((await an_app()).id, rating=5)
    stats = await feedback_stats(await an_actor(Role.VIEWER), APP)
    assert (stats.total, stats.average_rating) == (3, 2.5)
    assert stats.by_rating == {1: 1, 2: 0, 3: 0, 4: 1, 5: 0}
    assert stats.by_type == dict.fromkeys(FeedbackType, 0) | {"bug": 1, "praise": 1, "other": 1}
    assert stats.by_status == dict.fromkeys(FeedbackStatus, 0) | {"new": 2, "archived": 1}
    assert stats.by_priority == dict.fromkeys(Priority, 0) | {"medium": 2, "high": 1}
    everywhere = await feedback_stats(SYSTEM, None)
    assert (everywhere.total, everywhere.average_rating) == (4, 3.33)


async def test_of_nothing_there_is_no_average() -> None:
    stats = await feedback_stats(SYSTEM, APP)
    assert (stats.total, stats.average_rating, sum(stats.by_rating.values())) == (0, None, 0)


async def test_day_by_day_with_those_on_which_nobody_said_anything() -> None:
    for days, rating in ((0, 5), (0, 2), (0, None), (2, 3), (6, 1), (7, 4)):
        await a_feedback(APP, rating=rating, created_at=clock.now() - timedelta(days=days))
    await a_feedback((await an_app()).id)
    trend = await feedback_trend(await an_actor(Role.VIEWER), APP, WEEK)
    assert [day.date for day in trend] == [clock.now().date() - timedelta(days=days) for days in range(6, -1, -1)]
    assert [(day.count, day.average_rating) for day in trend] == [
        (1, 1.0), (0, None), (0, None), (0, None), (1, 3.0), (0, None), (3, 3.5),
    ]  # fmt: skip
    assert trend[-1].by_type == dict.fromkeys(FeedbackType, 0) | {"other": 3}
    assert trend[-1].by_rating == {1: 0, 2: 1, 3: 0, 4: 0, 5: 1}
    assert (await feedback_trend(SYSTEM, None, WEEK))[-1].count == 4


@pytest.mark.parametrize("actor", [backend_of(APP)])
async def test_it_is_for_staff_and_about_apps_that_there_are(actor: Actor) -> None:
    for attempt in (feedback_stats(actor, APP), feedback_trend(actor, APP, WEEK)):
        with pytest.raises(Forbidden):
            await attempt
    for attempt in (feedback_stats(SYSTEM, "nowhere"), feedback_trend(SYSTEM, "nowhere", WEEK)):
        with pytest.raises(NotFound, match="Unknown app"):
            await attempt
