"""The back-test: who would have got what, had an automation been there for the last weeks.

Each event is judged by where the shop stood then; what else is known of shops and people, consent above all, is of
today. Nothing is kept, nothing is done.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from beanie import PydanticObjectId
from pydantic import Field

from conditions.durations import duration_of
from conditions.evaluation import Facts, evaluate
from conditions.tree import Node
from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.errors import found
from core.inputs import Input
from models.apps import App
from models.automations import AutomationConfig, AutomationReentry, AutomationStep, AutomationStepType
from models.contacts import ConsentCategory
from models.shops import Shop
from resolvers.automation_conditions import read_condition
from resolvers.automation_entries import NOT_MET
from resolvers.automation_facts import Asked, facts_of, shop_at, shop_values, since_of
from resolvers.automation_history import Past, past_of
from resolvers.automation_mail import MOST_A_WEEK, WEEK, category_of
from resolvers.automation_runner import conditions_of
from resolvers.automation_simulation import simulate
from resolvers.automations import get_automation
from resolvers.sending import can_send_all

MOST_EVENTS: Final = 5000
"""That one back-test looks at, the newest: then it says that there were more."""
BREATH: Final = 200
"""Events, after which others have their turn."""
BATCH: Final = 500
SHOWN: Final = 50
Sent = set[tuple[int, str]]
"""The entry's number and the step's id."""

UNKNOWN_SHOP: Final = "Nothing is known of the shop, or it was not there yet"
UNDER_WAY: Final = "It is under way already"
AGAIN: Final = "It has been through, and may not begin again yet"
NO_ADDRESS: Final = "Nothing is known of the shop's address"
TOO_MANY: Final = f"Automations wrote to the person {MOST_A_WEEK} times within 7 days"


class AutomationBacktestPeriod(Input):
    """`days` are counted back from now."""

    days: Annotated[int, Field(ge=1, le=90)] = 90
    events_come: bool = False


@dataclass(frozen=True, slots=True)
class ReasonCount:
    sentence: str
    count: int


@dataclass(frozen=True, slots=True)
class BacktestMail:
    """What would have become of one mail step."""

    step_id: str
    template_key: str
    sent: int
    refused: Sequence[ReasonCount]


@dataclass(frozen=True, slots=True)
class BacktestShop:
    """When a shop would have entered, and the steps whose mail it would have got."""

    shop_domain: str
    at: datetime
    mails: Sequence[str]


@dataclass(frozen=True, slots=True)
class AutomationBacktest:
    """`is_partial`: there were more events than it looked at, which are the newest. `shops` are the last that would
    have entered."""

    since: datetime
    events: int
    is_partial: bool
    entered: int
    refused: Sequence[ReasonCount]
    mails: Sequence[BacktestMail]
    shops: Sequence[BacktestShop]


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that there would have been, with the mails that it came to."""

    shop: Shop
    at: datetime
    until: datetime
    mails: Sequence[tuple[datetime, AutomationStep]]


@dataclass
class Tally:
    entries: list[Entry] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    last: dict[str, Entry] = field(default_factory=dict)
    """By domain."""


@allow(STAFF)
async def backtest_automation(actor: Actor, config_id: str, data: AutomationBacktestPeriod) -> AutomationBacktest:
    """Who would have got what from an automation, as it is now, in the last weeks: after consent and caps. Nothing is
    kept, nothing is done."""
    config = await get_automation(actor, config_id)
    app = found(await App.get(config.app_id), "App")
    since = clock.now() - timedelta(days=data.days)
    past = await past_of(config.app_id, config.trigger, since, MOST_EVENTS + 1)
    tally = await _tallied(config, past[-MOST_EVENTS:], events_come=data.events_come)
    sent, refused = await _after_consent(app, tally.entries)
    steps = [step for step in config.steps if step.type is AutomationStepType.SEND_EMAIL]
    return AutomationBacktest(
        since,
        min(len(past), MOST_EVENTS),
        len(past) > MOST_EVENTS,
        len(tally.entries),
        _counts(tally.refused),
        [_mail_of(step, sent, refused) for step in steps],
        [_shop_of(number, entry, sent) for number, entry in list(enumerate(tally.entries))[: -SHOWN - 1 : -1]],
    )


async def _tallied(config: AutomationConfig, past: Sequence[Past], *, events_come: bool) -> Tally:
    known = await _shops(config.app_id, past)
    node = read_condition(config.condition).node if config.condition is not None else None
    nodes = [*conditions_of(config.steps), *([node] if node else [])]
    facts = await _facts(list(known.values()), nodes)
    tally = Tally()
    for number, one in enumerate(past):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        shop = known.get(one.shop_domain)
        then = shop_at(shop, one.at) if shop else None
        if shop is None or then is None:
            tally.refused[UNKNOWN_SHOP] += 1
            continue
        _judge(config, node, one, then, _facts_then(facts[shop.id], then, one), tally, events_come=events_come)
    return tally


def _judge(
    config: AutomationConfig, node: Node | None, one: Past, shop: Shop, facts: Facts, tally: Tally, *, events_come: bool
) -> None:
    if config.condition is not None and (node is None or not evaluate(node, facts).holds):
        tally.refused[NOT_MET] += 1
    elif (last := tally.last.get(shop.domain)) is not None and (refusal := _refusal(config, last, one.at)):
        tally.refused[refusal] += 1
    else:
        happened = list(simulate(config.steps, facts, events_come=events_come))
        mails = [(at.at, at.step) for at in happened if at.step and at.step.type is AutomationStepType.SEND_EMAIL]
        entry = Entry(shop, one.at, happened[-1].at, mails)
        tally.entries.append(entry)
        tally.last[shop.domain] = entry


def _refusal(config: AutomationConfig, last: Entry, at: datetime) -> str | None:
    if at < last.until:
        return UNDER_WAY
    if config.reentry is AutomationReentry.NEVER:
        return AGAIN
    cools = config.reentry is AutomationReentry.AFTER_COOLDOWN
    return AGAIN if cools and at < last.at + duration_of(config.cooldown) else None


async def _shops(app_id: str, past: Sequence[Past]) -> dict[str, Shop]:
    """By domain."""
    domains, shops = [*{one.shop_domain for one in past}], dict[str, Shop]()
    for start in range(0, len(domains), BATCH):
        named = {"appId": app_id, "domain": {"$in": domains[start : start + BATCH]}}
        shops.update({shop.domain: shop for shop in await Shop.find(named).to_list()})
    return shops


async def _facts(shops: Sequence[Shop], nodes: Iterable[Node]) -> dict[PydanticObjectId, Facts]:
    """Of today, by shop."""
    asked, now, facts = Asked.by(nodes), clock.now(), dict[PydanticObjectId, Facts]()
    for start in range(0, len(shops), BATCH):
        facts.update(await facts_of(shops[start : start + BATCH], asked, now, {}))
    return facts


def _facts_then(today: Facts, then: Shop, one: Past) -> Facts:
    others = {name: value for name, value in today.values.items() if not name.startswith(("plan.", "subscription."))}
    event = {f"event.{name}": value for name, value in one.data.items()}
    return replace(today, now=one.at, values={**others, **shop_values(then), **event}, since=since_of(then))


async def _after_consent(app: App, entries: Sequence[Entry]) -> tuple[Sent, Mapping[str, Counter[str]]]:
    """What would have been sent, and by step why the rest would not."""
    planned = ((at, number, step) for number, entry in enumerate(entries) for at, step in entry.mails)
    wanted = sorted(planned, key=lambda one: one[0])
    asked = [(entries[number].shop.email, category_of(step)) for _, number, step in wanted]
    verdicts = await _verdicts(app, asked)
    refused: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lately: defaultdict[str, list[datetime]] = defaultdict(list)
    sent: Sent = set()
    for at, number, step in wanted:
        address, category = entries[number].shop.email or "", category_of(step)
        said = verdicts[address, category] if address else NO_ADDRESS
        counts = category is not ConsentCategory.TRANSACTIONAL
        if said is None and counts and sum(before > at - WEEK for before in lately[address]) >= MOST_A_WEEK:
            said = TOO_MANY
        if said is not None:
            refused[step.id][said] += 1
            continue
        if counts:
            lately[address].append(at)
        sent.add((number, step.id))
    return sent, refused


async def _verdicts(
    app: App, asked: Sequence[tuple[str | None, ConsentCategory]]
) -> dict[tuple[str, ConsentCategory], str | None]:
    """Why mail of a category may not go to an address; None where it may."""
    reasons: dict[tuple[str, ConsentCategory], str | None] = {}
    for category in {category for _, category in asked}:
        addresses = sorted({address for address, of in asked if address and of is category})
        for start in range(0, len(addresses), BATCH):
            verdicts = await can_send_all(addresses[start : start + BATCH], category, app)
            for address, verdict in verdicts.items():
                reasons[address, category] = None if verdict.allowed else verdict.sentence
    return reasons


def _mail_of(step: AutomationStep, sent: Sent, refused: Mapping[str, Counter[str]]) -> BacktestMail:
    number = sum(step_id == step.id for _, step_id in sent)
    return BacktestMail(step.id, step.template_key or "", number, _counts(refused.get(step.id, Counter())))


def _shop_of(number: int, entry: Entry, sent: Sent) -> BacktestShop:
    mails = [step.id for _, step in entry.mails if (number, step.id) in sent]
    return BacktestShop(entry.shop.domain, entry.at, mails)


def _counts(counted: Counter[str]) -> list[ReasonCount]:
    return [ReasonCount(sentence, count) for sentence, count in counted.most_common()]
