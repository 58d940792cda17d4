"""Which shops an event lets into an automation, and why: each at most once per event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from beanie import PydanticObjectId

from conditions.durations import duration_of, words_of
from conditions.evaluation import Facts, Verdict, evaluate
from core import clock
from core.inputs import iso
from core.mongo import insert_new
from models.automation_trackers import (
    EVENTS_REMEMBERED,
    AutomationDecision,
    AutomationTracker,
    TimelineEntry,
    TimelineKind,
    TrackerStatus,
)
from models.automations import AutomationConfig, AutomationReentry
from models.shops import Shop, ShopStatus
from resolvers.automation_conditions import read_condition
from resolvers.automation_facts import Asked, facts_of
from resolvers.automation_walk import reasons_of
from resolvers.automation_writes import RESTING, announce_tracker, told

SELF_TRIGGERED: Final = timedelta(hours=1)
"""How far apart the runs of a shop are at least that an automation brings about itself, through whichever others."""
LONGEST_CHAIN: Final = 20
ENTERED: Final = "Entered"
NOT_MET: Final = "The condition to enter does not hold"
INVALID: Final = "The condition to enter is not valid any more: see what validating it says"
ERASED: Final = "The shop's data was erased"
CHANGED: Final = "It was let in, or changed, by something else at the same time"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What may let shops enter. `key` names it: it counts once."""

    key: str
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    chain: Sequence[PydanticObjectId] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    shop: Shop
    verdict: Verdict


async def enter_shops(config: AutomationConfig, occasion: Occasion, shops: Sequence[Shop]) -> list[AutomationDecision]:
    """What was decided on each, in their order; all of them are of the automation's app. Doing it again lets nobody
    enter twice."""
    now = clock.now()
    verdicts = await entry_verdicts(config, shops, {shop.id: occasion.data for shop in shops}, now)
    wanted = [Candidate(shop, verdict) for shop in shops if (verdict := verdicts[shop.id]).holds]
    known = await _trackers(config, [one.shop for one in wanted])
    fresh = [_fresh(config, occasion, one, now) for one in wanted if one.shop.domain not in known]
    new = await insert_new(AutomationTracker, fresh) if fresh else []
    entered = {tracker.shop_domain for tracker, is_new in zip(fresh, new, strict=True) if is_new}
    for tracker, is_new in zip(fresh, new, strict=True):
        if is_new:
            await announce_tracker(tracker)
    if len(entered) < len(fresh):
        known = await _trackers(config, [one.shop for one in wanted])
    decisions = []
    for shop in shops:
        verdict = verdicts[shop.id]
        if not verdict.holds or shop.domain in entered:
            sentence = ENTERED if verdict.holds else why_not(config, shop)
            decisions.append(_decision(config, verdict, verdict.holds, sentence))
        else:
            candidate = Candidate(shop, verdict)
            before = known.get(shop.domain)
            refusal = await _enter_again(config, occasion, candidate, before, now) if before else CHANGED
            decisions.append(_decision(config, verdict, refusal is None, refusal or ENTERED))
    return decisions


async def entry_verdicts(
    config: AutomationConfig,
    shops: Sequence[Shop],
    data: Mapping[PydanticObjectId, Mapping[str, Any]],
    now: datetime,
) -> dict[PydanticObjectId, Verdict]:
    """Whether the condition to enter holds. One that is not valid any more holds for nobody."""
    node = read_condition(config.condition).node if config.condition is not None else None
    facts: Mapping[PydanticObjectId, Facts] = {}
    if node is not None:
        facts = await facts_of(shops, Asked.by([node]), now, data)
    verdicts = {}
    for shop in shops:
        if shop.status is ShopStatus.REDACTED or (config.condition is not None and node is None):
            verdicts[shop.id] = Verdict(False, [])
        else:
            verdicts[shop.id] = evaluate(node, facts[shop.id]) if node else Verdict(True, [])
    return verdicts


def why_not(config: AutomationConfig, shop: Shop) -> str:
    """Why a shop does not enter for which the verdict is that it does not."""
    if shop.status is ShopStatus.REDACTED:
        return ERASED
    is_invalid = config.condition is not None and read_condition(config.condition).node is None
    return INVALID if is_invalid else NOT_MET


def refusal_to_reenter(
    config: AutomationConfig, occasion_chain: Sequence[PydanticObjectId], tracker: AutomationTracker, now: datetime
) -> str | None:
    """Why a shop that has been through may not begin again; None where it may."""
    if tracker.is_running:
        return "It is under way already"
    if config.reentry is AutomationReentry.NEVER:
        return f"It has been through, at {iso(tracker.entered_at)}, and nobody begins twice"
    if config.reentry is AutomationReentry.AFTER_COOLDOWN:
        cooldown = duration_of(config.cooldown)
        if tracker.entered_at + cooldown > now:
            return f"It began at {iso(tracker.entered_at)}, and may again {words_of(cooldown)} later"
    if config.id in occasion_chain and tracker.entered_at + SELF_TRIGGERED > now:
        return "The automation brought this about itself, and lets a shop begin again so once an hour at most"
    return None


async def _trackers(config: AutomationConfig, shops: Sequence[Shop]) -> dict[str, AutomationTracker]:
    """By domain."""
    if not shops:
        return {}
    of_shops = {
        "appId": config.app_id,
        "configId": config.id,
        "shopDomain": {"$in": [shop.domain for shop in shops]},
    }
    return {tracker.shop_domain: tracker for tracker in await AutomationTracker.find(of_shops).to_list()}


async def _enter_again(
    config: AutomationConfig, occasion: Occasion, candidate: Candidate, tracker: AutomationTracker, now: datetime
) -> str | None:
    """Why it may not; None where it has."""
    if occasion.key in tracker.seen:
        return None
    if refusal := refusal_to_reenter(config, occasion.chain, tracker, now):
        return refusal
    run = tracker.run + 1
    update = told({**RESTING, **_begun(config, occasion, now), "run": run}, _entry(occasion, candidate, run, now))
    update["$push"]["seen"] = {"$each": [occasion.key], "$slice": -EVENTS_REMEMBERED}
    seen = {"_id": tracker.id, "run": tracker.run, "status": tracker.status.value}
    entered = await AutomationTracker.change(seen, update)
    if entered is None:
        return CHANGED
    await announce_tracker(entered)
    return None


def _fresh(config: AutomationConfig, occasion: Occasion, candidate: Candidate, now: datetime) -> AutomationTracker:
    tracker: AutomationTracker = AutomationTracker.model_validate(
        {
            **_begun(config, occasion, now),
            "appId": config.app_id,
            "configId": config.id,
            "shopId": candidate.shop.id,
            "shopDomain": candidate.shop.domain,
            "seen": [occasion.key],
            "timeline": [_entry(occasion, candidate, 1, now)],
            "createdAt": now,
            "updatedAt": now,
        }
    )
    return tracker


def _begun(config: AutomationConfig, occasion: Occasion, now: datetime) -> dict[str, Any]:
    """What every run begins with, by stored names."""
    chain = [one for one in occasion.chain if one != config.id][1 - LONGEST_CHAIN :]
    return {
        "status": TrackerStatus.ACTIVE.value,
        "version": config.version,
        "stepId": config.steps[0].id,
        "dueAt": now,
        "exitOn": config.exit_on,
        "listensTo": config.exit_on,
        "chain": [*chain, config.id],
        "event": {"key": occasion.key, "name": occasion.name, "data": dict(occasion.data)},
        "enteredAt": now,
        "endedAt": None,
    }


def _entry(occasion: Occasion, candidate: Candidate, run: int, now: datetime) -> TimelineEntry:
    return TimelineEntry(
        at=now,
        run=run,
        kind=TimelineKind.ENTERED,
        sentence=f"Entered by {occasion.name}",
        reasons=reasons_of(candidate.verdict.reasons),
    )


def _decision(config: AutomationConfig, verdict: Verdict, entered: bool, sentence: str) -> AutomationDecision:
    return AutomationDecision(
        config_id=config.id, entered=entered, sentence=sentence, reasons=reasons_of(verdict.reasons)
    )
