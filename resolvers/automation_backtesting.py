"""What an automation would have done, found out a batch of events at a time and in the order in which they happened.

Each event is judged by where the shop stood then; what else is known of shops and people is of today. What is
remembered on the way is little, and of each shop that would have entered: when, and which mail its person got lately.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple

from conditions.durations import duration_of
from conditions.evaluation import Facts, evaluate
from core import clock
from models.apps import App
from models.automation_backtests import AutomationBacktest, BacktestMail, BacktestShop, ReasonCount
from models.automations import AutomationConfig, AutomationReentry, AutomationStepType
from models.email_jobs import Progress
from models.shops import Shop
from resolvers.automation_backtest_mail import BacktestMails, Entry
from resolvers.automation_conditions import read_condition
from resolvers.automation_entries import NOT_MET
from resolvers.automation_facts import Asked, facts_of, shop_at, shop_values, since_of
from resolvers.automation_history import History, Past
from resolvers.automation_runner import conditions_of
from resolvers.automation_simulation import simulate

BREATH: Final = 50
"""Events, after which others have their turn."""
SHOWN: Final = 50

UNKNOWN_SHOP: Final = "Nothing is known of the shop, or it was not there yet"
UNDER_WAY: Final = "It is under way already"
AGAIN: Final = "It has been through, and may not begin again yet"


class Stay(NamedTuple):
    """When a shop would have entered last, and when it would have come to the end."""

    entered_at: datetime
    until: datetime


async def backtested(
    app: App, config: AutomationConfig, history: History, most: int, progress: Progress, *, events_come: bool
) -> AutomationBacktest:
    """Who would have got what; by the newest `most` events where there were more. `progress` follows, in events."""
    count = await history.count(most)
    progress.total, progress.done = min(count, most), 0
    backtest = Backtest(app, config, events_come)
    async for past in history.newest(most, are_more=count > most):
        await backtest.look_at(past)
        progress.done += len(past)
    backtest.mails.settle()
    return AutomationBacktest(
        since=history.since,
        events=progress.done,
        most_events=most,
        is_partial=count > most,
        entered=backtest.entered,
        refused=_counts(backtest.refused),
        mails=backtest.mails_by_step(),
        shops=[*reversed(backtest.shown)],
        automation_updated_at=config.updated_at,
    )


@dataclass
class Backtest:
    """`stays` are by domain, `shown` the last who entered."""

    app: App
    config: AutomationConfig
    events_come: bool
    entered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    mails: BacktestMails = field(default_factory=BacktestMails)
    stays: dict[str, Stay] = field(default_factory=dict)
    shown: deque[BacktestShop] = field(default_factory=lambda: deque(maxlen=SHOWN))

    def __post_init__(self) -> None:
        condition = self.config.condition
        self._node = read_condition(condition).node if condition is not None else None
        self._asked = Asked.by([*conditions_of(self.config.steps), *([self._node] if self._node else [])])

    async def look_at(self, past: Sequence[Past]) -> None:
        """At what happened next, in its order."""
        named = {"appId": self.config.app_id, "domain": {"$in": [*{one.shop_domain for one in past}]}}
        shops = {shop.domain: shop for shop in await Shop.find(named).to_list()}
        facts = await facts_of([*shops.values()], self._asked, clock.now(), {})
        entries = []
        for number, one in enumerate(past):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            shop = shops.get(one.shop_domain)
            then = shop_at(shop, one.at) if shop else None
            if then is None:
                self.refused[UNKNOWN_SHOP] += 1
            elif refusal := self._refusal(then, facts_then := _facts_then(facts[then.id], then, one)):
                self.refused[refusal] += 1
            else:
                entries.append(self._enter(then, facts_then))
        await self.mails.plan(self.app, entries)
        self.mails.settle(past[-1].at)

    def mails_by_step(self) -> list[BacktestMail]:
        return [
            BacktestMail(
                step_id=step.id,
                template_key=step.template_key or "",
                sent=self.mails.sent[step.id],
                refused=_counts(self.mails.refused[step.id]),
            )
            for step in self.config.steps
            if step.type is AutomationStepType.SEND_EMAIL
        ]

    def _refusal(self, shop: Shop, facts: Facts) -> str | None:
        """Why it would not have entered."""
        config, at = self.config, facts.now
        if config.condition is not None and (self._node is None or not evaluate(self._node, facts).holds):
            return NOT_MET
        stay = self.stays.get(shop.domain)
        if stay is None:
            return None
        if at < stay.until:
            return UNDER_WAY
        if config.reentry is AutomationReentry.NEVER:
            return AGAIN
        cools = config.reentry is AutomationReentry.AFTER_COOLDOWN
        return AGAIN if cools and at < stay.entered_at + duration_of(config.cooldown) else None

    def _enter(self, shop: Shop, facts: Facts) -> Entry:
        happened = list(simulate(self.config.steps, facts, events_come=self.events_come))
        mails = [(one.at, one.step) for one in happened if one.step and one.step.type is AutomationStepType.SEND_EMAIL]
        self.stays[shop.domain] = Stay(facts.now, happened[-1].at)
        self.entered += 1
        shown = BacktestShop(shop_domain=shop.domain, at=facts.now, mails=[])
        self.shown.append(shown)
        return Entry(self.entered, shop.email or "", mails, shown.mails)


def _facts_then(today: Facts, then: Shop, one: Past) -> Facts:
    others = {name: value for name, value in today.values.items() if not name.startswith(("plan.", "subscription."))}
    event = {f"event.{name}": value for name, value in one.data.items()}
    return replace(today, now=one.at, values={**others, **shop_values(then), **event}, since=since_of(then))


def _counts(counted: Counter[str]) -> list[ReasonCount]:
    return [ReasonCount(sentence=sentence, count=count) for sentence, count in counted.most_common()]
