"""The shops that go through automations, in GraphQL, and the events that brought them there."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import automation_trackers as stored
from models.automation_trackers import TimelineKind, TrackerStatus
from resolvers import automation_events, automation_trackers
from resolvers.automation_events import AutomationEventFilter, AutomationEventSortKey
from resolvers.automation_trackers import (
    AutomationTrackerChange,
    AutomationTrackerFilter,
    AutomationTrackerSortKey,
    TrackerAction,
)
from schema.automations import Automation
from schema.connections import After, Before, Connection, First, Last
from schema.deliveries import Delivery
from schema.edge import Info, UserError, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.serving.cost import ITEMS

if TYPE_CHECKING:
    from schema.shops import Shop

strawberry.enum(TrackerStatus, name="AutomationTrackerStatus")
strawberry.enum(TimelineKind, name="AutomationTimelineKind")
strawberry.enum(TrackerAction, name="AutomationTrackerAction")
strawberry.enum(AutomationTrackerSortKey)
strawberry.enum(AutomationEventSortKey)

LazyShop = Annotated["Shop", strawberry.lazy("schema.shops")]


@strawberry.type(description="What one leaf of a condition came to.")
class ConditionReason:
    path: str
    holds: bool
    sentence: str


@strawberry.type(description="What happened, and why. Without a run it happened to many at once.")
class AutomationTimelineEntry:
    at: datetime
    run: int | None
    kind: TimelineKind
    sentence: str
    step_id: str | None
    reasons: list[ConditionReason] = strawberry.field(description="Of the condition that was asked, leaf by leaf.")
    by: str | None
    delivery_id: ID | None

    delivery: Delivery | None = loaded(stored.TimelineEntry, Loaders.deliveries, lambda one: one.delivery_id)


@strawberry.type(description="A shop's way through an automation. Beginning again is the next run of the same tracker.")
class AutomationTracker:
    id: ID
    app_id: ID
    shop_domain: str
    status: TrackerStatus
    version: int
    run: int
    step_id: str | None = strawberry.field(description="The step that comes next.")
    due_at: datetime | None = strawberry.field(description="When; null while nothing is to be done by the clock.")
    waiting_for: str | None
    frozen: bool = strawberry.field(description="It stays where it is, since the automation is switched off.")
    held_since: datetime | None = strawberry.field(
        description="It stands still since then because the app has too many errors: it goes on by itself."
    )
    entered_at: datetime
    ended_at: datetime | None
    timeline: list[AutomationTimelineEntry] = strawberry.field(description="The newest 200 entries, the oldest first.")
    created_at: datetime
    updated_at: datetime

    automation: Automation | None = loaded(
        stored.AutomationTracker, Loaders.automations, lambda one: one.config_id, "Null where it was deleted."
    )

    shop: LazyShop | None = loaded(stored.AutomationTracker, Loaders.shops, lambda one: (one.app_id, one.shop_domain))


def tracker(document: stored.AutomationTracker) -> AutomationTracker:
    """The document has all that the type shows."""
    return cast(AutomationTracker, document)


@strawberry.type(description="Whether an event let a shop enter an automation, and why.")
class AutomationDecision:
    entered: bool
    sentence: str
    reasons: list[ConditionReason] = strawberry.field(metadata={ITEMS: 5})

    automation: Automation | None = loaded(
        stored.AutomationDecision, Loaders.automations, lambda one: one.config_id, "Null where it was deleted."
    )


@strawberry.type(description="Something that happened and that an automation listens to, and what was decided.")
class AutomationEvent:
    id: ID
    app_id: ID
    shop_domain: str
    name: str
    at: datetime
    data: JSON
    decisions: list[AutomationDecision] = strawberry.field(metadata={ITEMS: 3})
    created_at: datetime


@strawberry.input
class AutomationTrackerFilterInput:
    automation_id: Maybe[str | None]
    status: Maybe[TrackerStatus | None]
    shop_domain: Maybe[str | None]


@strawberry.input
class AutomationTrackerChangeInput:
    action: TrackerAction
    reason: Maybe[str | None]


@strawberry.input
class AutomationEventFilterInput:
    name: Maybe[str | None]
    shop_domain: Maybe[str | None]


@strawberry.type
class AutomationTrackerPayload:
    tracker: AutomationTracker | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AutomationTrackerDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AutomationTrackerQueries:
    @query(automation_trackers.get_automation_tracker)
    async def automation_tracker(self, info: Info, id: ID) -> AutomationTracker:
        return tracker(await automation_trackers.get_automation_tracker(info.context.actor, id))

    @query(automation_trackers.list_automation_trackers)
    async def automation_trackers(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AutomationTrackerFilterInput | None = None,
        sort_key: AutomationTrackerSortKey = AutomationTrackerSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[AutomationTracker]:
        window, filters = Range.of(first, after, last, before), parse(AutomationTrackerFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(
            await automation_trackers.list_automation_trackers(info.context.actor, app_id, window, filters, sort)
        )

    @query(automation_events.list_automation_events)
    async def automation_events(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AutomationEventFilterInput | None = None,
        sort_key: AutomationEventSortKey = AutomationEventSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[AutomationEvent]:
        window, filters = Range.of(first, after, last, before), parse(AutomationEventFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(
            await automation_events.list_automation_events(info.context.actor, app_id, window, filters, sort)
        )


@strawberry.type
class AutomationTrackerMutations:
    @mutation(automation_trackers.change_automation_tracker)
    async def automation_tracker_update(
        self, info: Info, id: ID, input: AutomationTrackerChangeInput
    ) -> AutomationTrackerPayload:
        data = parse(AutomationTrackerChange, input)
        changed = await automation_trackers.change_automation_tracker(info.context.actor, id, data)
        return AutomationTrackerPayload(tracker=tracker(changed))

    @mutation(automation_trackers.delete_automation_tracker)
    async def automation_tracker_delete(self, info: Info, id: ID) -> AutomationTrackerDeletePayload:
        deleted = await automation_trackers.delete_automation_tracker(info.context.actor, id)
        return AutomationTrackerDeletePayload(deleted_id=ID(str(deleted.id)))


@strawberry.type
class AutomationTrackerSubscriptions:
    @subscription(automation_trackers.watch_automation_trackers)
    async def automation_tracker_changed(
        self, info: Info, app_id: ID
    ) -> AsyncGenerator[AutomationTracker | None, None]:
        changes = await automation_trackers.watch_automation_trackers(info.context.actor, app_id)
        return cast(AsyncGenerator[AutomationTracker | None, None], changes)
