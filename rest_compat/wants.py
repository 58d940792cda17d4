"""What people want of an app, as staff look after it, over REST."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, PlainSerializer

from models.priorities import Priority
from models.wants import WantStatus
from resolvers import want_changes, wants
from resolvers.want_changes import WantStatusChange
from resolvers.wants import WantFilter, WantPriorityChange, WantSortKey, WantUpdate
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

WantId = Annotated[str, Path(alias="id")]


class AmountWire(Wire):
    currency: str
    amount: Annotated[Decimal, PlainSerializer(float, return_type=float)]


class WantAnswerWire(Wire):
    text: str
    at: Moment
    by: str


class WantChangeWire(Wire):
    before: WantStatus
    after: WantStatus
    at: Moment
    by: str
    note: str | None


class WantWire(StoredWire):
    """`history` begins with what came first. `revenueAtStake` is what the voters' shops pay a month, by currency."""

    app_id: str
    title: str
    description: str
    category: str
    status: WantStatus
    priority: Priority
    vote_count: int
    author_email: str
    author_shop_domain: str | None
    tags: list[str]
    eta: str | None
    answer: WantAnswerWire | None
    merged_into: Annotated[str, BeforeValidator(str)] | None
    history: list[WantChangeWire]
    revenue_at_stake: list[AmountWire]


class WantStatsWire(Wire):
    total: int
    by_status: Mapping[WantStatus, int]
    by_category: Mapping[str, int]
    by_priority: Mapping[Priority, int]


class WantListing(Listing, WantFilter):
    sort_keys = WantSortKey


async def want_stats(actor: CurrentActor, app_id: AppId) -> Data[WantStatsWire]:
    """How many wants the app has, by status, category and priority."""
    return Data(data=WantStatsWire.of(await wants.want_stats(actor, app_id)))


async def list_wants(actor: CurrentActor, app_id: AppId, query: Annotated[WantListing, Query()]) -> Paged[WantWire]:
    """All that people want of the app."""
    return await page_of(
        WantWire, await wants.list_wants(actor, app_id, query.window, query, query.order), query.window
    )


async def get_want(actor: CurrentActor, app_id: AppId, want_id: WantId) -> Data[WantWire]:
    """One want, with its history."""
    return Data(data=WantWire.of(await wants.get_want(actor, app_id, want_id)))


async def update_want(actor: CurrentActor, app_id: AppId, want_id: WantId, body: WantUpdate) -> Data[WantWire]:
    """Change what is sent, leave the rest."""
    return Data(data=WantWire.of(await wants.update_want(actor, app_id, want_id, body)))


async def delete_want(actor: CurrentActor, app_id: AppId, want_id: WantId) -> Message:
    """Delete a want with its votes."""
    await wants.delete_want(actor, app_id, want_id)
    return Message(message="Want deleted")


async def change_want_status(
    actor: CurrentActor, app_id: AppId, want_id: WantId, body: WantStatusChange
) -> DataMessage[WantWire]:
    """Decide about a want. Who asked and who voted is told by mail."""
    want = await want_changes.change_want_status(actor, app_id, want_id, body)
    return DataMessage(data=WantWire.of(want), message=f"Want is {want.status.value}")


async def change_want_priority(
    actor: CurrentActor, app_id: AppId, want_id: WantId, body: WantPriorityChange
) -> DataMessage[WantWire]:
    """Say how urgent it is."""
    want = await wants.change_want_priority(actor, app_id, want_id, body)
    return DataMessage(data=WantWire.of(want), message=f"Priority is {want.priority.value}")
