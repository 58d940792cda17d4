"""Plans, over REST: `_id` is the id, `id` the handle."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import Field, PlainSerializer

from core.pages import Page
from models.plans import Interval
from resolvers import plans
from resolvers.plans import PlanCreate, PlanFilter, PlanHandle, PlanSortKey, PlanUpdate
from rest_compat.edge import AppId, CurrentActor, Data, DataMessage, Listing, Message, Paged, StoredWire, Wire, page_of

PlanId = Annotated[str, Path(alias="planId")]

ALL: Final = Page(limit=1000)
"""An app has a handful of plans: the list of active ones is documented without pages."""

ACTIVE: Final = PlanFilter.model_validate({"isActive": True})


class PlanWire(StoredWire):
    handle: str = Field(serialization_alias="id")
    app_id: str
    name: str
    description: str
    price: Annotated[Decimal, PlainSerializer(float, return_type=float)]
    currency: str
    interval: Interval
    trial_days: int
    features: list[str]
    is_active: bool


class PlanStatsWire(Wire):
    total: int
    active: int
    inactive: int
    by_interval: Mapping[Interval, int]


class PlanBody(PlanCreate):
    handle: PlanHandle = Field(alias="id")


class PlanListing(Listing, PlanFilter):
    sort_keys = PlanSortKey


async def plan_stats(actor: CurrentActor, app_id: AppId) -> Data[PlanStatsWire]:
    """How many plans the app has, by activity and interval."""
    return Data(data=PlanStatsWire.of(await plans.plan_stats(actor, app_id)))


async def list_active_plans(actor: CurrentActor, app_id: AppId) -> Data[list[PlanWire]]:
    """The plans that shops can subscribe to, cheapest first."""
    found = await plans.list_plans(actor, app_id, ALL, ACTIVE, PlanSortKey.PRICE.order())
    return Data(data=[PlanWire.of(plan) for plan in found.items])


async def plan_features(actor: CurrentActor, app_id: AppId) -> Data[list[str]]:
    """Every feature that some plan of the app has."""
    return Data(data=await plans.plan_features(actor, app_id))


async def list_plans(actor: CurrentActor, app_id: AppId, query: Annotated[PlanListing, Query()]) -> Paged[PlanWire]:
    """The app's plans."""
    return await page_of(
        PlanWire, await plans.list_plans(actor, app_id, query.window, query, query.order), query.window
    )


async def create_plan(actor: CurrentActor, app_id: AppId, body: PlanBody) -> DataMessage[PlanWire]:
    """Add a plan."""
    plan = await plans.create_plan(actor, app_id, body)
    return DataMessage(data=PlanWire.of(plan), message="Plan created")


async def get_plan(actor: CurrentActor, app_id: AppId, plan_id: PlanId) -> Data[PlanWire]:
    """One plan, by its `_id` or its `id`."""
    return Data(data=PlanWire.of(await plans.get_plan(actor, app_id, plan_id)))


async def update_plan(actor: CurrentActor, app_id: AppId, plan_id: PlanId, body: PlanUpdate) -> DataMessage[PlanWire]:
    """Change what is sent, leave the rest; shops keep the price that they subscribed at."""
    outcome = await plans.update_plan(actor, app_id, plan_id, body)
    return DataMessage(data=PlanWire.of(outcome.plan), message=outcome.message)


async def delete_plan(actor: CurrentActor, app_id: AppId, plan_id: PlanId) -> Message:
    """Delete a plan; one that shops use is switched off instead."""
    outcome = await plans.delete_plan(actor, app_id, plan_id)
    return Message(message=outcome.message)


async def toggle_plan(actor: CurrentActor, app_id: AppId, plan_id: PlanId) -> DataMessage[PlanWire]:
    """Switch a plan on or off for new subscriptions."""
    plan = await plans.toggle_plan(actor, app_id, plan_id)
    return DataMessage(data=PlanWire.of(plan), message="Plan activated" if plan.is_active else "Plan deactivated")
