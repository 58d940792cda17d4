"""The shops that go through automations, over REST. A shop may be in several: `automation`, an id or a slug, says
which."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

from core.inputs import Input
from models.automation_trackers import TimelineKind, TrackerStatus
from resolvers import automation_trackers
from resolvers.automation_trackers import (
    AutomationTrackerChange,
    AutomationTrackerFilter,
    AutomationTrackerSortKey,
    Identity,
    ShopTimeline,
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

Domain = Annotated[str, Path(alias="shopDomain")]
Text = Annotated[str, BeforeValidator(str)]
OptionalText = Annotated[str | None, BeforeValidator(lambda value: None if value is None else str(value))]


class ReasonWire(Wire):
    path: str
    holds: bool
    sentence: str


class EntryWire(Wire):
    at: Moment
    run: int | None
    kind: TimelineKind
    sentence: str
    step_id: str | None
    reasons: list[ReasonWire]
    delivery_id: OptionalText
    by: str | None


class TrackerWire(StoredWire):
    app_id: str
    config_id: Text
    shop_id: Text
    shop_domain: str
    status: TrackerStatus
    version: int
    run: int
    step_id: str | None
    due_at: Moment | None
    waiting_for: str | None
    held_since: Moment | None
    entered_at: Moment
    ended_at: Moment | None


class ShopEntryWire(EntryWire):
    """`configId` is the automation that it happened in."""

    config_id: Text


class TrackerListing(Listing, AutomationTrackerFilter):
    sort_keys = AutomationTrackerSortKey


class WhichTracker(Input):
    automation: Identity | None = None


Which = Annotated[WhichTracker, Query()]


async def list_trackers(
    actor: CurrentActor, app_id: AppId, query: Annotated[TrackerListing, Query()]
) -> Paged[TrackerWire]:
    """The shops that go through the app's automations, or have."""
    found = await automation_trackers.list_automation_trackers(actor, app_id, query.window, query, query.order)
    return await page_of(TrackerWire, found, query.window)


async def get_tracker(actor: CurrentActor, app_id: AppId, shop_domain: Domain, query: Which) -> Data[TrackerWire]:
    """Where a shop stands: in the automation that is named, or the one in which something happened last."""
    found = await automation_trackers.get_shop_tracker(actor, app_id, shop_domain, query.automation)
    return Data(data=TrackerWire.of(found))


async def get_timeline(
    actor: CurrentActor, app_id: AppId, shop_domain: Domain, query: Which
) -> Data[list[ShopEntryWire]]:
    """What happened to a shop, and why: in all automations of the app, or the one that is named."""
    found = await automation_trackers.shop_timeline(actor, app_id, shop_domain, query.automation)
    return Data(data=[_entry(one) for one in found])


async def update_tracker(
    actor: CurrentActor, app_id: AppId, shop_domain: Domain, body: AutomationTrackerChange, query: Which
) -> DataMessage[TrackerWire]:
    """Pause a shop, let it go on, let it leave out its next step, or take it out."""
    changed = await automation_trackers.change_shop_tracker(actor, app_id, shop_domain, body, query.automation)
    return DataMessage(data=TrackerWire.of(changed), message="Tracker updated")


async def delete_tracker(actor: CurrentActor, app_id: AppId, shop_domain: Domain, query: Which) -> Message:
    """Forget a shop's way through an automation."""
    await automation_trackers.delete_shop_tracker(actor, app_id, shop_domain, query.automation)
    return Message(message="Tracker deleted")


def _entry(one: ShopTimeline) -> ShopEntryWire:
    entry = EntryWire.of(one.entry)
    return ShopEntryWire.model_construct(config_id=str(one.tracker.config_id), **dict(entry))
