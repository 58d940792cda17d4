"""What shops and apps show of automations."""

from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from core.access import access_of
from core.pages import Range
from models import apps, shops
from resolvers.automation_trackers import list_automation_trackers
from resolvers.automations import AutomationFilter, AutomationSortKey, list_automations
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, described
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.automation_trackers import AutomationTracker
    from schema.automations import Automation

LazyAutomation = Annotated["Automation", strawberry.lazy("schema.automations")]
LazyTracker = Annotated["AutomationTracker", strawberry.lazy("schema.automation_trackers")]


@strawberry.type
class AutomatedShop:
    """Of which `Shop` is one."""

    tags: list[str] = strawberry.field(description="What automations tagged it with.")
    custom_fields: JSON = strawberry.field(description="What automations set.")

    automations: list[LazyTracker] = loaded(
        shops.Shop,
        Loaders.automation_trackers,
        lambda one: (one.app_id, one.domain),
        "Its ways through the app's automations, the one in which something happened last first. For staff.",
        access=access_of(list_automation_trackers),
    )


@strawberry.type
class AutomatedApp:
    """Of which `App` is one."""

    @described("The app's automations, the newest first. For staff.")
    async def automations(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[LazyAutomation]:
        window = Range.of(first, after, last, before)
        filters = AutomationFilter.model_validate({"appId": ID(cast(apps.App, self).id)})
        newest = AutomationSortKey.CREATED_AT.order(descending=True)
        return Connection.of(await list_automations(info.context.actor, window, filters, newest))
