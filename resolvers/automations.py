"""Automations: what shops go through after something happened. Whoever is under way finishes what it began."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, model_validator
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound, found
from core.ids import Handle, object_id
from core.inputs import OMITTED, Input, LongText, Name, Search
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.automation_backtests import AutomationBacktestRun
from models.automations import (
    SCHEDULE,
    AutomationConfig,
    AutomationReentry,
    AutomationSchedule,
    AutomationStep,
    AutomationVersion,
    version_id,
)
from models.base import touched
from resolvers.apps import visible_app
from resolvers.automation_schedules import next_run
from resolvers.automation_steps import (
    AutomationScheduleWrite,
    Condition,
    Cooldown,
    ExitOn,
    Steps,
    TriggerName,
)
from resolvers.automation_writes import announce_trackers, exit_all, thaw

VERSIONED: Final = frozenset({"steps"})
"""What shops go through: with a change of it, a new version begins."""


class AutomationReplace(Input):
    """`cooldown` is for `after_cooldown` alone, `schedule` for the trigger `schedule`. `name` is the slug where it is
    left out. `condition` decides who enters, `exitOn` are events that end it."""

    slug: Handle
    name: Name | None = None
    description: LongText = ""
    trigger: TriggerName
    schedule: AutomationScheduleWrite | None = None
    condition: Condition | None = None
    steps: Steps
    exit_on: ExitOn = Field(default_factory=list)
    reentry: AutomationReentry = AutomationReentry.NEVER
    cooldown: Cooldown | None = None
    enabled: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> "AutomationReplace":
        if problem := _misfit(self.trigger, self.schedule, self.reentry, self.cooldown):
            raise ValueError(problem)
        return self


class AutomationCreate(AutomationReplace):
    """As `AutomationReplace`; without `enabled` it starts switched off."""


class AutomationUpdate(Input):
    slug: Handle = OMITTED
    name: Name = OMITTED
    description: LongText = OMITTED
    trigger: TriggerName = OMITTED
    schedule: AutomationScheduleWrite | None = OMITTED
    condition: Condition | None = OMITTED
    steps: Steps = OMITTED
    exit_on: ExitOn = OMITTED
    reentry: AutomationReentry = OMITTED
    cooldown: Cooldown | None = OMITTED
    enabled: bool = OMITTED


class AutomationFilter(Input):
    app_id: Annotated[str, Field(max_length=64)] | None = None
    enabled: bool | None = None
    trigger: Annotated[str, Field(max_length=64)] | None = None
    search: Search | None = None


class AutomationSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    NAME = "name", "nameKey"


@dataclass(frozen=True, slots=True)
class AutomationDeletion:
    """`cancelled` is how many shops were under way."""

    config: AutomationConfig
    cancelled: int

    @property
    def message(self) -> str:
        match self.cancelled:
            case 0:
                return "Automation deleted"
            case 1:
                return "Automation deleted; 1 shop that was under way was taken out"
            case number:
                return f"Automation deleted; {number} shops that were under way were taken out"


@allow(STAFF)
async def list_automations(
    actor: Actor, window: Window, filters: AutomationFilter, sort: Sort
) -> Slice[AutomationConfig]:
    """Automations of all apps, or of one."""
    query: dict[str, Any] = {}
    if filters.app_id is not None:
        await visible_app(actor, filters.app_id)
        query["appId"] = filters.app_id
    if filters.enabled is not None:
        query["enabled"] = filters.enabled
    if filters.trigger is not None:
        query["trigger"] = filters.trigger
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(AutomationConfig, query, sort, window)


@allow(STAFF)
async def get_automation(actor: Actor, config_id: str) -> AutomationConfig:
    """One automation."""
    identity = object_id(config_id)
    return found(await AutomationConfig.get(identity) if identity else None, "Automation")


@allow(MARKETING)
async def create_automation(actor: Actor, app_id: str, data: AutomationCreate) -> AutomationConfig:
    """Adds an automation to an app. It starts switched off unless `enabled` says otherwise."""
    await visible_app(actor, app_id)
    config = _completed(
        AutomationConfig(app_id=app_id, name_key="", created_by=actor.label, updated_by=actor.label, **_fields(data))
    )
    try:
        return await config.insert()
    except DuplicateKeyError:
        raise _taken(config) from None


@allow(MARKETING)
async def replace_automation(actor: Actor, config_id: str, data: AutomationReplace) -> AutomationConfig:
    """Puts another automation in its place: what is left out is as in a new one. Shops under way finish what they
    began."""
    return await _write(actor, config_id, _fields(data))


@allow(MARKETING)
async def update_automation(actor: Actor, config_id: str, data: AutomationUpdate) -> AutomationConfig:
    """Changes what is sent. Shops under way finish what they began."""
    return await _write(actor, config_id, _as_stored(data.sent()))


@allow(MARKETING)
async def toggle_automation(actor: Actor, config_id: str) -> AutomationConfig:
    """Switches an automation on or off. While it is off nobody enters, and those under way stay where they are."""
    return await _write(actor, config_id, None)


@allow(MARKETING)
async def delete_automation(actor: Actor, config_id: str) -> AutomationDeletion:
    """Deletes an automation. Shops that are under way are taken out of it, which the message says."""
    config = await get_automation(actor, config_id)
    deleted = await AutomationConfig.find_one({"_id": config.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Automation not found")
    cancelled = await exit_all(config, "The automation was deleted", by=actor.label)
    await AutomationVersion.find({"configId": config.id}).delete()
    await AutomationBacktestRun.find({"appId": config.app_id, "configId": config.id}).delete()
    return AutomationDeletion(config, cancelled)


async def _write(actor: Actor, config_id: str, changes: dict[str, Any] | None) -> AutomationConfig:
    """Unless somebody wrote meanwhile, else again. No changes: it is switched on or off."""
    while True:
        current = await get_automation(actor, config_id)
        fields = {"enabled": not current.enabled} if changes is None else changes
        wanted = _completed(current.model_copy(update={**fields, "updated_by": actor.label}), before=current)
        if problem := _misfit(wanted.trigger, wanted.schedule, wanted.reentry, wanted.cooldown):
            raise InvalidInput(problem)
        if written := await _replaced(current, wanted):
            if written.enabled and not current.enabled:
                await thaw(written)
            await announce_trackers(written.app_id)
            return written


async def _replaced(current: AutomationConfig, wanted: AutomationConfig) -> AutomationConfig | None:
    """The version that ends is kept before: whoever is under way finds it there from the moment on at which the
    automation is another."""
    stored, before = wanted.model_dump(by_alias=True), current.model_dump(by_alias=True)
    changes = {name: value for name, value in stored.items() if value != before[name]}
    if changes.keys() & VERSIONED:
        await _keep_version(current)
        changes["version"] = current.version + 1
    seen = {"_id": current.id, "revision": current.revision}
    try:
        return await AutomationConfig.change(seen, touched(changes) | {"$inc": {"revision": 1}})
    except DuplicateKeyError:
        raise _taken(wanted) from None


async def _keep_version(config: AutomationConfig) -> None:
    """Whoever does it again keeps the same."""
    version = AutomationVersion(
        id=version_id(config.id, config.version),
        app_id=config.app_id,
        config_id=config.id,
        version=config.version,
        steps=config.steps,
        ended_at=clock.now(),
    )
    kept = {"$setOnInsert": version.model_dump(by_alias=True, exclude={"id"})}
    try:
        await AutomationVersion.change({"_id": version.id}, kept, upsert=True)
    except DuplicateKeyError:
        return


def _fields(data: AutomationReplace) -> dict[str, Any]:
    """Of the document, by attribute name."""
    return _as_stored({name: getattr(data, name) for name in AutomationReplace.model_fields}) | {
        "name": data.name or data.slug
    }


def _as_stored(fields: dict[str, Any]) -> dict[str, Any]:
    stored = dict(fields)
    if "steps" in fields:
        stored["steps"] = [AutomationStep(**step.model_dump()) for step in fields["steps"]]
    if fields.get("schedule") is not None:
        stored["schedule"] = AutomationSchedule(**fields["schedule"].model_dump())
    return stored


def _completed(config: AutomationConfig, before: AutomationConfig | None = None) -> AutomationConfig:
    """What lists sort and search by, and when the clock comes, follows from the rest."""
    kept = before is not None and before.schedule == config.schedule and before.enabled == config.enabled
    starts = config.enabled and config.schedule is not None
    derived: dict[str, Any] = {
        "name_key": config.name.casefold(),
        "search_text": " ".join((config.slug, config.name, config.description)).casefold(),
    }
    if not kept:
        derived["next_run_at"] = next_run(config.schedule, clock.now()) if config.schedule and starts else None
    completed: AutomationConfig = config.model_copy(update=derived)
    return completed


def _misfit(trigger: str, schedule: object, reentry: AutomationReentry, cooldown: str | None) -> str | None:
    """What does not fit together."""
    if (trigger == SCHEDULE) is (schedule is None):
        return "schedule is for the trigger schedule, which needs one"
    if (reentry is AutomationReentry.AFTER_COOLDOWN) is (cooldown is None):
        return "cooldown is for the reentry after_cooldown, which needs one"
    return None


def _taken(config: AutomationConfig) -> InvalidInput:
    return InvalidInput(f"slug: the app has an automation {config.slug} already", "slug")
