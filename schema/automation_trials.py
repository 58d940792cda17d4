"""Trying automations out, in GraphQL: a dry run against a shop, and a back-test against the last weeks."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from models.automations import AutomationStepType
from resolvers import automation_backtests, automation_trials
from resolvers.automation_backtests import AutomationBacktestPeriod
from resolvers.automation_trials import AutomationTry
from schema.automation_trackers import ConditionReason
from schema.edge import Info, parse, query


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
    is_partial: bool = strawberry.field(description="There were more events than it looked at, which are the newest.")
    entered: int
    refused: list[ReasonCount]
    mails: list[BacktestMail]
    shops: list[BacktestShop] = strawberry.field(description="The last 50 that would have entered.")


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
