"""What people say about the apps, in numbers."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input
from models.feedback import Feedback, FeedbackStatus, FeedbackType
from models.priorities import Priority
from resolvers.apps import visible_app

RATINGS: Final = range(1, 6)
DAY: Final = timedelta(days=1)


class FeedbackTrendPeriod(Input):
    """`days` are counted back from today, which is the last of them (UTC)."""

    days: Annotated[int, Field(ge=1, le=366)] = 30


@dataclass(frozen=True, slots=True)
class FeedbackStats:
    """Every status, type, priority and rating is there, those of nothing too. `average_rating` is None where nobody
    gave one."""

    total: int
    by_status: Mapping[FeedbackStatus, int]
    by_type: Mapping[FeedbackType, int]
    by_priority: Mapping[Priority, int]
    by_rating: Mapping[int, int]

    @property
    def average_rating(self) -> float | None:
        return average_of(self.by_rating)


@dataclass(frozen=True, slots=True)
class FeedbackDay:
    """What came in on a UTC day."""

    date: date
    count: int
    by_type: Mapping[FeedbackType, int]
    by_rating: Mapping[int, int]

    @property
    def average_rating(self) -> float | None:
        return average_of(self.by_rating)


@allow(STAFF)
async def feedback_stats(actor: Actor, app_id: str | None) -> FeedbackStats:
    """How much was said about an app, or about all of them, by status, type, priority and rating."""
    key = {"status": "$status", "type": "$type", "priority": "$priority", "rating": "$ratingKey"}
    by_status, by_type = Counter(dict.fromkeys(FeedbackStatus, 0)), Counter(dict.fromkeys(FeedbackType, 0))
    by_priority, by_rating = Counter(dict.fromkeys(Priority, 0)), Counter(dict.fromkeys(RATINGS, 0))
    total = 0
    for row in await _counted(await _matching(actor, app_id), key):
        found, count = row["_id"], row["count"]
        total += count
        by_status[FeedbackStatus(found["status"])] += count
        by_type[FeedbackType(found["type"])] += count
        by_priority[Priority(found["priority"])] += count
        if found["rating"]:
            by_rating[found["rating"]] += count
    return FeedbackStats(total, by_status, by_type, by_priority, by_rating)


@allow(STAFF)
async def feedback_trend(actor: Actor, app_id: str | None, period: FeedbackTrendPeriod) -> Sequence[FeedbackDay]:
    """What was said about an app, or about all of them, day by day."""
    last = clock.now().date()
    days = [last - number * DAY for number in reversed(range(period.days))]
    since = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - (period.days - 1) * DAY
    matching = {**await _matching(actor, app_id), "createdAt": {"$gte": since}}
    written = {"$dateToString": {"date": "$createdAt", "format": "%Y-%m-%d"}}
    by_type: defaultdict[str, Counter[FeedbackType]] = defaultdict(Counter)
    by_rating: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in await _counted(matching, {"day": written, "type": "$type", "rating": "$ratingKey"}):
        found, count = row["_id"], row["count"]
        by_type[found["day"]][FeedbackType(found["type"])] += count
        by_rating[found["day"]][found["rating"]] += count
    return [_day(day, by_type[day.isoformat()], by_rating[day.isoformat()]) for day in days]


def average_of(by_rating: Mapping[int, int]) -> float | None:
    """To two digits; None of nothing."""
    rated = sum(by_rating.values())
    return round(sum(rating * count for rating, count in by_rating.items()) / rated, 2) if rated else None


def _day(day: date, by_type: Counter[FeedbackType], by_rating: Counter[int]) -> FeedbackDay:
    types = {type_: by_type[type_] for type_ in FeedbackType}
    return FeedbackDay(day, by_type.total(), types, {rating: by_rating[rating] for rating in RATINGS})


async def _matching(actor: Actor, app_id: str | None) -> dict[str, Any]:
    if app_id is None:
        return {}
    await visible_app(actor, app_id)
    return {"appId": app_id}


async def _counted(matching: Mapping[str, Any], key: Mapping[str, Any]) -> list[dict[str, Any]]:
    stages = [{"$match": matching}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
    return await Feedback.aggregate(stages).to_list()
