"""A shop's ways through an app's automations, in GraphQL, by its domain: where there are several, `automation`, an id
or a slug, says which."""

from typing import cast

import strawberry
from strawberry import ID

from resolvers import automation_trackers
from resolvers.automation_trackers import AutomationTrackerChange
from schema.automation_trackers import (
    AutomationTimelineEntry,
    AutomationTracker,
    AutomationTrackerChangeInput,
    AutomationTrackerDeletePayload,
    AutomationTrackerPayload,
    tracker,
)
from schema.edge import Info, mutation, parse, query


@strawberry.type(description="Something that happened to a shop in an automation.")
class ShopTimelineEntry:
    tracker: AutomationTracker
    entry: AutomationTimelineEntry


@strawberry.type
class AutomationShopQueries:
    @query(automation_trackers.get_shop_tracker)
    async def shop_automation_tracker(
        self, info: Info, app_id: ID, shop_domain: str, automation: str | None = None
    ) -> AutomationTracker:
        actor = info.context.actor
        return tracker(await automation_trackers.get_shop_tracker(actor, app_id, shop_domain, automation))

    @query(automation_trackers.shop_timeline)
    async def shop_automation_timeline(
        self, info: Info, app_id: ID, shop_domain: str, automation: str | None = None
    ) -> list[ShopTimelineEntry]:
        found = await automation_trackers.shop_timeline(info.context.actor, app_id, shop_domain, automation)
        return cast(list[ShopTimelineEntry], found)


@strawberry.type
class AutomationShopMutations:
    @mutation(automation_trackers.change_shop_tracker)
    async def shop_automation_tracker_update(
        self,
        info: Info,
        app_id: ID,
        shop_domain: str,
        input: AutomationTrackerChangeInput,
        automation: str | None = None,
    ) -> AutomationTrackerPayload:
        data, actor = parse(AutomationTrackerChange, input), info.context.actor
        changed = await automation_trackers.change_shop_tracker(actor, app_id, shop_domain, data, automation)
        return AutomationTrackerPayload(tracker=tracker(changed))

    @mutation(automation_trackers.delete_shop_tracker)
    async def shop_automation_tracker_delete(
        self, info: Info, app_id: ID, shop_domain: str, automation: str | None = None
    ) -> AutomationTrackerDeletePayload:
        actor = info.context.actor
        deleted = await automation_trackers.delete_shop_tracker(actor, app_id, shop_domain, automation)
        return AutomationTrackerDeletePayload(deleted_id=ID(str(deleted.id)))
