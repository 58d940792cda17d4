"""Trying automations out, in GraphQL: a dry run against a shop, and a back-test against the last weeks, at once or left
to the workers."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from models import automation_backtests as stored
from models.automations import AutomationStepType
from models.email_jobs import EmailJobStatus, Progress
from resolvers import automation_backtests, automation_trials
from resolvers.automation_backtests import AutomationBacktestPeriod
from resolvers.automation_trials import AutomationTry
from schema.automation_trackers import ConditionReason
from schema.automations import Automation
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.email_jobs import EmailJob, EmailJobProgress
from schema.loaded import loaded
from schema.loaders import Loaders


@strawberry.type(description="What would be done, or decided, and when.")
class TriedStep:
    at: datetime
    step_id: str | None
    type: AutomationStepType | None = strawberry.field(description="Null of what would only be decided.")
    happens: bool = strawberry.field(description="False of what would not be done: the sentence says why.")
    sentence: str
    reasons: list[ConditionReason]


@strawberry.type(description="What an automation would do with a shop. Nothing is kept, nothing is done.")
class AutomationDryRun:
    enters: bool
    sentence: str = strawberry.field(description="Why not, where it would not.")
    reasons: list[ConditionReason]
    steps: list[TriedStep] = strawberry.field(description="If it entered, also where it would not.")


@strawberry.type
class ReasonCount:
    sentence: str
    count: int


@strawberry.type(description="What would have become of one step's mail.")
class BacktestMail:
    step_id: str
    template_key: str
    sent: int
    refused: list[ReasonCount]


@strawberry.type(description="When a shop would have entered, and the steps whose mail it would have got.")
class BacktestShop:
    shop_domain: str
    at: datetime
    mails: list[str]


@strawberry.type(
    description="Who would have got what. Each event is judged by where the shop stood then; what else is known, "
    "consent above all, is of today."
)
class AutomationBacktest:
    since: datetime
    events: int
    most_events: int = strawberry.field(description="It looks at no more: 5,000 at once, a million as a run.")
    is_partial: bool = strawberry.field(description="There were more events than it looked at, which are the newest.")
    entered: int
    refused: list[ReasonCount]
    mails: list[BacktestMail]
    shops: list[BacktestShop] = strawberry.field(description="The last 50 that would have entered.")
    automation_updated_at: datetime = strawberry.field(
        description="When the automation was changed last, as it was looked at."
    )


@strawberry.type(description="A back-test by up to a million events, which the workers do. It is kept for a month.")
class AutomationBacktestRun:
    id: ID
    app_id: ID
    days: int
    events_come: bool
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    result: AutomationBacktest | None = strawberry.field(description="Null until it is completed.")

    automation: Automation | None = loaded(
        stored.AutomationBacktestRun, Loaders.automations, lambda one: one.config_id, "Null where it was deleted."
    )

    job: EmailJob | None = loaded(
        stored.AutomationBacktestRun,
        Loaders.backtest_jobs,
        lambda one: one.id,
        "Of the workers: it says what went wrong, and `emailJobCancel` and `emailJobRetry` take it.",
    )

    @strawberry.field
    async def status(self, info: Info) -> EmailJobStatus:
        run = cast(stored.AutomationBacktestRun, self)
        job = await info.context.loaders.backtest_jobs.load(run.id)
        return EmailJobStatus.COMPLETED if run.result else job.status if job else EmailJobStatus.PENDING

    @described("In events, some seconds old.")
    async def progress(self, info: Info) -> EmailJobProgress:
        job = await info.context.loaders.backtest_jobs.load(cast(stored.AutomationBacktestRun, self).id)
        return cast(EmailJobProgress, job.progress if job else Progress())


def backtest_run(document: stored.AutomationBacktestRun) -> AutomationBacktestRun:
    """The document has all that the type shows."""
    return cast(AutomationBacktestRun, document)


@strawberry.type
class AutomationBacktestRunPayload:
    backtest_run: AutomationBacktestRun | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(
    description="`event` is the data of what starts it. Events that it waits for come at once with `eventsCome`, else "
    "never."
)
class AutomationTryInput:
    shop_domain: str
    event: Maybe[JSON]
    events_come: Maybe[bool]


@strawberry.input(description="`days`, at most 90, are counted back from now.")
class AutomationBacktestPeriodInput:
    days: Maybe[int]
    events_come: Maybe[bool]


@strawberry.type
class AutomationTrialQueries:
    @query(automation_trials.dry_run_automation)
    async def automation_dry_run(self, info: Info, id: ID, input: AutomationTryInput) -> AutomationDryRun:
        data = parse(AutomationTry, input)
        return cast(AutomationDryRun, await automation_trials.dry_run_automation(info.context.actor, id, data))

    @query(automation_backtests.backtest_automation)
    async def automation_backtest(
        self, info: Info, id: ID, input: AutomationBacktestPeriodInput | None = None
    ) -> AutomationBacktest:
        data = parse(AutomationBacktestPeriod, input)
        return cast(AutomationBacktest, await automation_backtests.backtest_automation(info.context.actor, id, data))

    @query(automation_backtests.get_automation_backtest_run)
    async def automation_backtest_run(self, info: Info, id: ID) -> AutomationBacktestRun:
        return backtest_run(await automation_backtests.get_automation_backtest_run(info.context.actor, id))


@strawberry.type
class AutomationTrialMutations:
    @mutation(automation_backtests.create_automation_backtest_run)
    async def automation_backtest_run_create(
        self, info: Info, id: ID, input: AutomationBacktestPeriodInput | None = None
    ) -> AutomationBacktestRunPayload:
        data = parse(AutomationBacktestPeriod, input)
        run = await automation_backtests.create_automation_backtest_run(info.context.actor, id, data)
        return AutomationBacktestRunPayload(backtest_run=backtest_run(run))
