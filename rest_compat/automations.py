"""Automations, over REST: their configs. What goes through them is in `automation_trackers`."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BeforeValidator, PlainSerializer

from core.errors import InvalidInput
from core.ids import AppId as KnownAppId
from core.inputs import OMITTED
from models.automations import AutomationReentry, AutomationStep
from resolvers import automation_conditions, automation_stats, automations
from resolvers.automation_conditions import ConditionValidate
from resolvers.automations import (
    AutomationCreate,
    AutomationFilter,
    AutomationReplace,
    AutomationSortKey,
    AutomationUpdate,
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

ConfigId = Annotated[str, Path(alias="id")]


def _step(step: AutomationStep) -> dict[str, Any]:
    """What its type has."""
    return step.model_dump(mode="json", by_alias=True, exclude_none=True)


Step = Annotated[Any, PlainSerializer(_step)]


class ScheduleWire(Wire):
    rhythm: str
    hour: int
    weekday: int


class AutomationWire(StoredWire):
    app_id: str
    slug: str
    name: str
    description: str
    enabled: bool
    trigger: str
    schedule: ScheduleWire | None
    condition: Annotated[dict[str, Any] | None, BeforeValidator(lambda condition: condition)]
    steps: list[Step]
    exit_on: list[str]
    reentry: AutomationReentry
    cooldown: str | None
    version: int
    next_run_at: Moment | None


class ConditionCheckWire(Wire):
    """`errors` are all that is wrong, each with its path in the condition."""

    valid: bool
    errors: list[str]


class AutomationStatsWire(Wire):
    """Shops that go through the automations, or have, by where they stand."""

    automations: int
    enabled: int
    trackers: int
    active: int
    paused: int
    completed: int
    exited: int
    failed: int


class AutomationBody(AutomationCreate):
    app_id: KnownAppId


class AutomationReplaceBody(AutomationReplace):
    """`appId` can be sent back as it is."""

    app_id: KnownAppId = OMITTED


class AutomationListing(Listing, AutomationFilter):
    sort_keys = AutomationSortKey


async def validate_condition(actor: CurrentActor, body: ConditionValidate) -> Data[ConditionCheckWire]:
    """Everything that is wrong with a condition."""
    return Data(data=ConditionCheckWire.of(await automation_conditions.validate_condition(actor, body)))


async def list_automations(actor: CurrentActor, query: Annotated[AutomationListing, Query()]) -> Paged[AutomationWire]:
    """Automations of all apps, or of one."""
    found = await automations.list_automations(actor, query.window, query, query.order)
    return await page_of(AutomationWire, found, query.window)


async def create_automation(actor: CurrentActor, body: AutomationBody) -> DataMessage[AutomationWire]:
    """Add an automation; it starts switched off unless `enabled` says otherwise."""
    config = await automations.create_automation(actor, body.app_id, body)
    return DataMessage(data=AutomationWire.of(config), message="Automation created")


async def get_automation(actor: CurrentActor, config_id: ConfigId) -> Data[AutomationWire]:
    """One automation."""
    return Data(data=AutomationWire.of(await automations.get_automation(actor, config_id)))


async def replace_automation(
    actor: CurrentActor, config_id: ConfigId, body: AutomationReplaceBody
) -> DataMessage[AutomationWire]:
    """Put another automation in its place; shops under way finish what they began."""
    current = await automations.get_automation(actor, config_id)
    if body.app_id is not None and body.app_id != current.app_id:
        raise InvalidInput("appId: an automation stays with its app", "appId")
    config = await automations.replace_automation(actor, config_id, body)
    return DataMessage(data=AutomationWire.of(config), message="Automation replaced")


async def update_automation(
    actor: CurrentActor, config_id: ConfigId, body: AutomationUpdate
) -> DataMessage[AutomationWire]:
    """Change what is sent, leave the rest; shops under way finish what they began."""
    config = await automations.update_automation(actor, config_id, body)
    return DataMessage(data=AutomationWire.of(config), message="Automation updated")


async def delete_automation(actor: CurrentActor, config_id: ConfigId) -> Message:
    """Delete an automation, and take out who is under way."""
    return Message(message=(await automations.delete_automation(actor, config_id)).message)


async def toggle_automation(actor: CurrentActor, config_id: ConfigId) -> DataMessage[AutomationWire]:
    """Switch an automation on or off."""
    config = await automations.toggle_automation(actor, config_id)
    said = "Automation switched on" if config.enabled else "Automation switched off"
    return DataMessage(data=AutomationWire.of(config), message=said)


async def automation_stats_of_app(actor: CurrentActor, app_id: AppId) -> Data[AutomationStatsWire]:
    """How many automations the app has, and where their shops stand."""
    return Data(data=AutomationStatsWire.of(await automation_stats.automation_stats(actor, app_id)))
