"""What people say about the apps, over REST."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BeforeValidator

from models.feedback import FeedbackStatus, FeedbackType
from models.priorities import Priority
from resolvers import feedback, feedback_stats
from resolvers.feedback import (
    FeedbackCreate,
    FeedbackFilter,
    FeedbackSortKey,
    FeedbackStatusChange,
    FeedbackUpdate,
)
from rest_compat.edge import (
    AppId,
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Message,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)

FeedbackId = Annotated[str, Path(alias="feedbackId")]
Identity = Annotated[str, BeforeValidator(str)]


class FeedbackWire(StoredWire):
    app_id: str
    type: FeedbackType
    status: FeedbackStatus
    priority: Priority
    rating: int | None
    message: str
    email: str | None
    name: str
    shop_domain: str | None
    page: str | None
    app_version: str | None
    context: dict[str, Any]
    note: str | None
    want_id: Identity | None
    ticket_id: Identity | None
    resolved_at: Moment | None


class FeedbackStatsWire(Wire):
    total: int
    by_status: Mapping[FeedbackStatus, int]
    by_type: Mapping[FeedbackType, int]
    by_priority: Mapping[Priority, int]
    by_rating: Mapping[str, int]
    average_rating: float | None


class FeedbackListing(Listing, FeedbackFilter):
    sort_keys = FeedbackSortKey


async def list_all_feedback(actor: CurrentActor, query: Annotated[FeedbackListing, Query()]) -> Paged[FeedbackWire]:
    """What people said about all apps."""
    found = await feedback.list_feedback(actor, query.window, query, query.order)
    return await page_of(FeedbackWire, found, query.window)


async def get_feedback(actor: CurrentActor, feedback_id: FeedbackId) -> Data[FeedbackWire]:
    """One thing that somebody said."""
    return Data(data=FeedbackWire.of(await feedback.get_feedback(actor, feedback_id)))


async def update_feedback(
    actor: CurrentActor, feedback_id: FeedbackId, body: FeedbackUpdate
) -> DataMessage[FeedbackWire]:
    """Change what is sent, leave the rest."""
    updated = await feedback.update_feedback(actor, feedback_id, body)
    return DataMessage(data=FeedbackWire.of(updated), message="Feedback updated")


async def delete_feedback(actor: CurrentActor, feedback_id: FeedbackId) -> Message:
    """Delete what somebody said."""
    await feedback.delete_feedback(actor, feedback_id)
    return Message(message="Feedback deleted")


async def change_feedback_status(
    actor: CurrentActor, feedback_id: FeedbackId, body: FeedbackStatusChange
) -> DataMessage[FeedbackWire]:
    """Say how far staff are with it."""
    changed = await feedback.change_feedback_status(actor, feedback_id, body)
    return DataMessage(data=FeedbackWire.of(changed), message=f"Feedback is {changed.status.value}")


async def show_feedback_stats(actor: CurrentActor, app_id: AppId) -> Data[FeedbackStatsWire]:
    """How much was said about the app, by status, type, priority and rating."""
    stats = await feedback_stats.feedback_stats(actor, app_id)
    by_rating = {str(rating): count for rating, count in stats.by_rating.items()}
    return Data(
        data=FeedbackStatsWire(
            total=stats.total,
            by_status=stats.by_status,
            by_type=stats.by_type,
            by_priority=stats.by_priority,
            by_rating=by_rating,
            average_rating=stats.average_rating,
        )
    )


async def create_feedback(actor: CurrentActor, app_id: AppId, body: FeedbackCreate) -> DataMessage[FeedbackWire]:
    """Say something about the app."""
    created = await feedback.create_feedback(actor, app_id, body)
    return DataMessage(data=FeedbackWire.of(created), message="Feedback received")


async def list_feedback(
    actor: CurrentActor, app_id: AppId, query: Annotated[FeedbackListing, Query()]
) -> Paged[FeedbackWire]:
    """What people said about the app."""
    of_app = query.model_copy(update={"app_id": app_id})
    found = await feedback.list_feedback(actor, query.window, of_app, query.order)
    return await page_of(FeedbackWire, found, query.window)
