"""What people say about the apps, in numbers, in GraphQL."""

from collections.abc import Mapping
from datetime import date
from typing import cast

import strawberry
from strawberry import ID

from models.feedback import FeedbackStatus, FeedbackType
from resolvers import feedback_stats
from resolvers.feedback_stats import FeedbackTrendPeriod
from schema.edge import Info, described, query
from schema.want_enums import Priority


@strawberry.type
class FeedbackStatusCount:
    status: FeedbackStatus
    count: int


@strawberry.type
class FeedbackTypeCount:
    type: FeedbackType
    count: int


@strawberry.type
class FeedbackPriorityCount:
    priority: Priority
    count: int


@strawberry.type
class FeedbackRatingCount:
    rating: int
    count: int


@strawberry.type(description="How much was said; what there is none of is counted too.")
class FeedbackStats:
    total: int
    average_rating: float | None = strawberry.field(description="1 to 5; null where nobody gave one.")

    @strawberry.field
    def by_status(self) -> list[FeedbackStatusCount]:
        counts = cast(feedback_stats.FeedbackStats, self).by_status
        return [FeedbackStatusCount(status=status, count=count) for status, count in counts.items()]

    @strawberry.field
    def by_type(self) -> list[FeedbackTypeCount]:
        return _by_type(cast(feedback_stats.FeedbackStats, self).by_type)

    @strawberry.field
    def by_priority(self) -> list[FeedbackPriorityCount]:
        counts = cast(feedback_stats.FeedbackStats, self).by_priority
        return [FeedbackPriorityCount(priority=priority, count=count) for priority, count in counts.items()]

    @strawberry.field
    def by_rating(self) -> list[FeedbackRatingCount]:
        return _by_rating(cast(feedback_stats.FeedbackStats, self).by_rating)


@strawberry.type(description="What was said on a day (UTC).")
class FeedbackDay:
    date: date
    count: int
    average_rating: float | None

    @described("All types, those of nothing too.")
    def by_type(self) -> list[FeedbackTypeCount]:
        return _by_type(cast(feedback_stats.FeedbackDay, self).by_type)

    @described("All ratings, those of nothing too.")
    def by_rating(self) -> list[FeedbackRatingCount]:
        return _by_rating(cast(feedback_stats.FeedbackDay, self).by_rating)


def _by_type(counts: Mapping[FeedbackType, int]) -> list[FeedbackTypeCount]:
    return [FeedbackTypeCount(type=type_, count=count) for type_, count in counts.items()]


def _by_rating(counts: Mapping[int, int]) -> list[FeedbackRatingCount]:
    return [FeedbackRatingCount(rating=rating, count=count) for rating, count in counts.items()]


@strawberry.type
class FeedbackStatsQueries:
    @query(feedback_stats.feedback_trend)
    async def feedback_trend(self, info: Info, app_id: ID | None = None, days: int = 30) -> list[FeedbackDay]:
        period = FeedbackTrendPeriod.model_validate({"days": days})
        return cast(list[FeedbackDay], await feedback_stats.feedback_trend(info.context.actor, app_id, period))

    @query(feedback_stats.feedback_stats)
    async def feedback_stats(self, info: Info, app_id: ID | None = None) -> FeedbackStats:
        return cast(FeedbackStats, await feedback_stats.feedback_stats(info.context.actor, app_id))
