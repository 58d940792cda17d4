"""Automations, in GraphQL: what shops go through after something happened."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import automations as stored
from models.automations import AutomationReentry, AutomationRhythm, AutomationStepType
from models.contacts import ConsentCategory
from models.slack_routing import SlackTopic
from resolvers import automation_stats, automation_webhooks, automations
from resolvers.automation_holds import hold_of
from resolvers.automations import (
    AutomationCreate,
    AutomationDeletion,
    AutomationFilter,
    AutomationReplace,
    AutomationSortKey,
    AutomationUpdate,
)
from schema.apps import App, MailHold
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.automation_trials import AutomationBacktestRun

strawberry.enum(AutomationReentry)
strawberry.enum(AutomationRhythm)
strawberry.enum(AutomationStepType)
strawberry.enum(AutomationSortKey)

LazyBacktestRun = Annotated["AutomationBacktestRun", strawberry.lazy("schema.automation_trials")]


@strawberry.type(
    description="One step; what it has depends on its type. What leads elsewhere names a later step, or end."
)
class AutomationStep:
    id: ID
    type: AutomationStepType
    template_key: str | None
    category: ConsentCategory | None
    language: str | None
    values: JSON | None
    duration: str | None
    event: str | None
    timeout: str | None
    on_timeout: str | None
    condition: JSON | None
    on_true: str | None
    on_false: str | None
    field: str | None
    value: JSON | None
    tag: str | None
    topic: SlackTopic | None
    text: str | None
    sequence_id: ID | None
    url: str | None


@strawberry.type(description="When the clock looks for shops: in UTC, on the hour. Weekdays are 1 (Monday) to 7.")
class AutomationSchedule:
    rhythm: AutomationRhythm
    hour: int
    weekday: int


@strawberry.type(description="Shops that go through an automation, or have, by where they stand.")
class TrackerCounts:
    trackers: int
    active: int
    paused: int
    completed: int
    exited: int
    failed: int


@strawberry.type(description="Of all automations of an app.")
class AutomationStats(TrackerCounts):
    automations: int
    enabled: int


@strawberry.type(description="What shops go through, step by step, after something happened.")
class Automation:
    id: ID
    app_id: ID
    slug: str
    name: str
    description: str
    trigger: str = strawberry.field(description="The event that lets a shop enter, if the condition holds.")
    schedule: AutomationSchedule | None
    condition: JSON | None
    steps: list[AutomationStep]
    exit_on: list[str] = strawberry.field(description="Events that take a shop out.")
    reentry: AutomationReentry
    cooldown: str | None
    enabled: bool
    version: int = strawberry.field(description="Whoever is under way finishes the version that it began with.")
    next_run_at: datetime | None
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.AutomationConfig, Loaders.apps, lambda one: one.app_id)

    counts: TrackerCounts = loaded(
        stored.AutomationConfig, Loaders.automation_counts, lambda one: (one.app_id, one.id), "Where its shops stand."
    )

    latest_backtest_run: LazyBacktestRun | None = loaded(
        stored.AutomationConfig,
        Loaders.latest_backtest_runs,
        lambda one: (one.app_id, one.id),
        "Of those that were left to the workers within a month, the one that was begun last.",
    )

    @described("Why some of its mail waits; null where all of it goes out.")
    async def mail_hold(self, info: Info) -> MailHold | None:
        config = cast(stored.AutomationConfig, self)
        return cast(MailHold | None, hold_of(await info.context.loaders.apps.load(config.app_id), config))


def automation(document: stored.AutomationConfig) -> Automation:
    """The document has all that the type shows."""
    return cast(Automation, document)


@strawberry.input
class AutomationStepWriteInput:
    type: AutomationStepType
    id: Maybe[str | None]
    template_key: Maybe[str | None]
    category: Maybe[ConsentCategory | None]
    language: Maybe[str | None]
    values: Maybe[JSON | None]
    duration: Maybe[str | None]
    event: Maybe[str | None]
    timeout: Maybe[str | None]
    on_timeout: Maybe[str | None]
    condition: Maybe[JSON | None]
    on_true: Maybe[str | None]
    on_false: Maybe[str | None]
    field: Maybe[str | None]
    value: Maybe[JSON | None]
    tag: Maybe[str | None]
    topic: Maybe[SlackTopic | None]
    text: Maybe[str | None]
    sequence_id: Maybe[str | None]
    url: Maybe[str | None]


@strawberry.input
class AutomationScheduleWriteInput:
    rhythm: AutomationRhythm
    hour: Maybe[int]
    weekday: Maybe[int]


@strawberry.input(description="Without enabled it starts switched off.")
class AutomationCreateInput:
    slug: str
    name: Maybe[str | None]
    description: Maybe[str]
    trigger: str
    schedule: Maybe[AutomationScheduleWriteInput | None]
    condition: Maybe[JSON | None]
    steps: list[AutomationStepWriteInput]
    exit_on: Maybe[list[str]]
    reentry: Maybe[AutomationReentry]
    cooldown: Maybe[str | None]
    enabled: Maybe[bool]


@strawberry.input(description="What is left out is as in a new one.")
class AutomationReplaceInput(AutomationCreateInput):
    pass


@strawberry.input
class AutomationUpdateInput:
    slug: Maybe[str]
    name: Maybe[str]
    description: Maybe[str]
    trigger: Maybe[str]
    schedule: Maybe[AutomationScheduleWriteInput | None]
    condition: Maybe[JSON | None]
    steps: Maybe[list[AutomationStepWriteInput]]
    exit_on: Maybe[list[str]]
    reentry: Maybe[AutomationReentry]
    cooldown: Maybe[str | None]
    enabled: Maybe[bool]


@strawberry.input
class AutomationFilterInput:
    app_id: Maybe[str | None]
    enabled: Maybe[bool | None]
    trigger: Maybe[str | None]
    search: Maybe[str | None]


@strawberry.type
class AutomationPayload:
    automation: Automation | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="`message` says how many shops were taken out.")
class AutomationDeletePayload:
    deleted_id: ID | None = None
    cancelled_trackers: int | None = None
    message: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)

    @classmethod
    def of(cls, deletion: AutomationDeletion) -> "AutomationDeletePayload":
        identity = ID(str(deletion.config.id))
        return cls(deleted_id=identity, cancelled_trackers=deletion.cancelled, message=deletion.message)


@strawberry.type
class AutomationQueries:
    @query(automations.get_automation)
    async def automation(self, info: Info, id: ID) -> Automation:
        return automation(await automations.get_automation(info.context.actor, id))

    @query(automations.list_automations)
    async def automations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AutomationFilterInput | None = None,
        sort_key: AutomationSortKey = AutomationSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Automation]:
        window, filters = Range.of(first, after, last, before), parse(AutomationFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await automations.list_automations(info.context.actor, window, filters, sort))

    @query(automation_stats.automation_stats)
    async def automation_stats(self, info: Info, app_id: ID) -> AutomationStats:
        return cast(AutomationStats, await automation_stats.automation_stats(info.context.actor, app_id))

    @query(automation_webhooks.automation_webhook_secret)
    async def automation_webhook_secret(self, info: Info, app_id: ID) -> str:
        return await automation_webhooks.automation_webhook_secret(info.context.actor, app_id)


@strawberry.type
class AutomationMutations:
    @mutation(automations.create_automation)
    async def automation_create(self, info: Info, app_id: ID, input: AutomationCreateInput) -> AutomationPayload:
        data = parse(AutomationCreate, input)
        return AutomationPayload(
            automation=automation(await automations.create_automation(info.context.actor, app_id, data))
        )

    @mutation(automations.update_automation)
    async def automation_update(self, info: Info, id: ID, input: AutomationUpdateInput) -> AutomationPayload:
        data = parse(AutomationUpdate, input)
        return AutomationPayload(
            automation=automation(await automations.update_automation(info.context.actor, id, data))
        )

    @mutation(automations.replace_automation)
    async def automation_replace(self, info: Info, id: ID, input: AutomationReplaceInput) -> AutomationPayload:
        data = parse(AutomationReplace, input)
        return AutomationPayload(
            automation=automation(await automations.replace_automation(info.context.actor, id, data))
        )

    @mutation(automations.toggle_automation)
    async def automation_toggle(self, info: Info, id: ID) -> AutomationPayload:
        return AutomationPayload(automation=automation(await automations.toggle_automation(info.context.actor, id)))

    @mutation(automations.delete_automation)
    async def automation_delete(self, info: Info, id: ID) -> AutomationDeletePayload:
        return AutomationDeletePayload.of(await automations.delete_automation(info.context.actor, id))
