"""The dry run: what an automation would do with a shop, and why not. Nothing is kept, nothing is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import Field

from conditions.evaluation import Verdict
from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.errors import found
from core.inputs import Input, JsonObject, ShopDomain
from models.apps import App
from models.automation_trackers import AutomationTracker, ConditionReason
from models.automations import AutomationConfig, AutomationStep, AutomationStepType
from models.shops import Shop
from models.slack_routing import SlackTopic
from resolvers.automation_entries import entry_verdicts, refusal_to_reenter, why_not
from resolvers.automation_facts import Asked, facts_of
from resolvers.automation_holds import hold_on, waiting_words
from resolvers.automation_mail import WEEK, decide_mail, is_marketing
from resolvers.automation_runner import conditions_of
from resolvers.automation_simulation import Simulated, simulate
from resolvers.automation_texts import filled
from resolvers.automation_walk import reasons_of
from resolvers.automations import get_automation

ENTERS: Final = "It would enter"


class AutomationTry(Input):
    """`event` is the data of what starts it. Events that it waits for come at once with `eventsCome`, else never."""

    shop_domain: ShopDomain
    event: JsonObject = Field(default_factory=dict)
    events_come: bool = False


@dataclass(frozen=True, slots=True)
class TriedStep:
    """`happens` is False of what would not be done; `sentence` says why."""

    at: datetime
    step_id: str | None
    type: AutomationStepType | None
    happens: bool
    sentence: str
    reasons: Sequence[ConditionReason]


@dataclass(frozen=True, slots=True)
class AutomationDryRun:
    """`steps` are what would happen if it entered, also where it would not."""

    enters: bool
    sentence: str
    reasons: Sequence[ConditionReason]
    steps: Sequence[TriedStep]


@allow(STAFF)
async def dry_run_automation(actor: Actor, config_id: str, data: AutomationTry) -> AutomationDryRun:
    """What an automation would do with a shop if it were started now: each step, when, and why not, with consent and
    caps. Nothing is kept, nothing is done."""
    config = await get_automation(actor, config_id)
    app = found(await App.get(config.app_id), "App")
    shop = found(await Shop.find_one({"appId": config.app_id, "domain": data.shop_domain}), "Shop")
    now = clock.now()
    verdict = (await entry_verdicts(config, [shop], {shop.id: data.event}, now))[shop.id]
    refusal = await _refusal(config, shop, verdict, now)
    asked = Asked.by(conditions_of(config.steps))
    facts = (await facts_of([shop], asked, now, {shop.id: data.event}))[shop.id]
    simulated = simulate(config.steps, facts, events_come=data.events_come)
    steps = await _tried(app, shop, list(simulated))
    return AutomationDryRun(refusal is None, refusal or ENTERS, reasons_of(verdict.reasons), steps)


async def _refusal(config: AutomationConfig, shop: Shop, verdict: Verdict, now: datetime) -> str | None:
    """Why it would not enter; None where it would."""
    if not verdict.holds:
        return why_not(config, shop)
    named = {"appId": config.app_id, "configId": config.id, "shopDomain": shop.domain}
    tracker = await AutomationTracker.find_one(named)
    return refusal_to_reenter(config, [], tracker, now) if tracker else None


async def _tried(app: App, shop: Shop, simulated: Sequence[Simulated]) -> list[TriedStep]:
    tried, mails = [], list[datetime]()
    for one in simulated:
        step = one.step
        if step is None:
            tried.append(TriedStep(one.at, one.step_id, None, True, one.sentence, one.reasons))
        elif step.type is AutomationStepType.SEND_EMAIL:
            lately = sum(at > one.at - WEEK for at in mails)
            decision = await decide_mail(app, shop, step, one.at, planned=lately)
            if decision.allowed and is_marketing(step):
                mails.append(one.at)
            hold = hold_on(app, step) if decision.allowed and one.at <= clock.now() else None
            said = waiting_words(step.template_key, hold) if hold else decision.sentence
            tried.append(TriedStep(one.at, step.id, step.type, decision.allowed, said, ()))
        else:
            tried.append(TriedStep(one.at, step.id, step.type, True, _words(step, shop), ()))
    return tried


def _words(step: AutomationStep, shop: Shop) -> str:
    match step.type:
        case AutomationStepType.SET_FIELD:
            return f"Sets {step.field} to {step.value}"
        case AutomationStepType.ADD_TAG:
            return f"Tags the shop {step.tag}"
        case AutomationStepType.NOTIFY_SLACK:
            return f"Tells Slack, topic {(step.topic or SlackTopic.ALERTS).value}: {filled(step.text or '', shop)}"
        case AutomationStepType.WEBHOOK:
            return f"Calls {step.url}"
        case _:
            return f"Enrolls in the sequence {step.sequence_id}"
