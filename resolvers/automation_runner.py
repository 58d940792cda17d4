"""Takes the trackers that are due, many at a time and under a lease, lets each come as far as it comes, and writes what
happened, and why.

Whatever is cut off is done again when the lease is over: what a step does is named for the run, and how far a tracker
came is one conditional update, which only the lease's holder makes.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from beanie import PydanticObjectId
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from conditions.evaluation import Facts
from conditions.tree import Node
from core import clock
from core.access import allow
from core.actor import Actor
from core.backoff import backoff
from core.errors import DomainError, RateLimited, Unavailable
from models.apps import App
from models.automation_trackers import AutomationTracker, TimelineEntry, TimelineKind, TrackerStatus
from models.automations import AutomationConfig
from models.shops import Shop, ShopStatus
from resolvers.automation_conditions import read_condition
from resolvers.automation_effects import Doing, do_step
from resolvers.automation_facts import Asked, facts_of
from resolvers.automation_holds import Hold, hold_on, waiting_words
from resolvers.automation_versions import Steps, configs_of, key_of, steps_of_all
from resolvers.automation_walk import Effect, Fail, Goal, Listen, Wait, Walk, after_timeout, walk
from resolvers.automation_writes import announce_trackers, ending, thaw, told

BATCH: Final = 500
LEASE: Final = timedelta(seconds=90)
ATTEMPTS: Final = 10
AT_ONCE: Final = 8

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What the trackers of one batch need."""

    configs: Mapping[object, AutomationConfig]
    steps: Mapping[str, Steps]
    shops: Mapping[PydanticObjectId, Shop]
    apps: Mapping[str, App]
    facts: Mapping[PydanticObjectId, Facts]
    """By tracker."""


@allow()
async def run_due_trackers(actor: Actor) -> int:
    """Lets the next trackers that are due go on, and returns how many they were."""
    trackers = await _claimed()
    if not trackers:
        return 0
    around = await _round(trackers)
    updates, doing = [], []
    for tracker in trackers:
        if (update := _without_steps(tracker, around)) is not None:
            updates.append(_held(tracker, update))
            continue
        walked = _walked(tracker, around)
        goal = _goal(tracker, walked, around)
        if isinstance(goal, Effect):
            doing.append((tracker, walked, goal))
        else:
            updates.append(_held(tracker, told(_reached(tracker, goal), *walked.entries, *_last(tracker, goal))))
    if updates:
        await AutomationTracker.get_pymongo_collection().bulk_write(updates, ordered=False)
    await _do_all(doing, around)
    await _thaw_again(trackers, around)
    for app_id in {tracker.app_id for tracker in trackers}:
        await announce_trackers(app_id)
    return len(trackers)


async def _claimed() -> list[AutomationTracker]:
    now, token = clock.now(), secrets.token_hex(16)
    due = {"heldSince": None, "dueAt": {"$lte": now}}
    collection = AutomationTracker.get_pymongo_collection()
    ids = [row["_id"] for row in await collection.find(due, {"_id": 1}).sort("dueAt").limit(BATCH).to_list()]
    if not ids:
        return []
    await collection.update_many(
        {"_id": {"$in": ids}, **due}, {"$set": {"dueAt": now + LEASE, "claim": token}, "$inc": {"attempts": 1}}
    )
    return await AutomationTracker.find({"_id": {"$in": ids}, "claim": token}).to_list()


async def _round(trackers: Sequence[AutomationTracker]) -> Round:
    configs = await configs_of(trackers)
    steps = await steps_of_all(trackers, configs)
    shops = await Shop.find({"_id": {"$in": [tracker.shop_id for tracker in trackers]}}).to_list()
    apps = await App.find({"_id": {"$in": [*{tracker.app_id for tracker in trackers}]}}).to_list()
    by_id = {shop.id: shop for shop in shops}
    facts = await _facts(trackers, steps, by_id)
    return Round(configs, steps, by_id, {app.id: app for app in apps}, facts)


async def _facts(
    trackers: Sequence[AutomationTracker], steps: Mapping[str, Steps], shops: Mapping[PydanticObjectId, Shop]
) -> dict[PydanticObjectId, Facts]:
    """By tracker: trackers of one app and version ask the same, of shops that differ."""
    together: defaultdict[tuple[str, str], list[AutomationTracker]] = defaultdict(list)
    for tracker in trackers:
        if tracker.shop_id in shops:
            together[tracker.app_id, key_of(tracker)].append(tracker)
    found = {}
    for (_, version), these in together.items():
        asked = Asked.by(conditions_of(steps.get(version, [])))
        events = {tracker.shop_id: tracker.event.get("data", {}) for tracker in these}
        by_shop = await facts_of([shops[tracker.shop_id] for tracker in these], asked, clock.now(), events)
        found.update({tracker.id: by_shop[tracker.shop_id] for tracker in these})
    return found


def conditions_of(steps: Steps) -> list[Node]:
    return [node for step in steps if step.condition is not None and (node := read_condition(step.condition).node)]


def _without_steps(tracker: AutomationTracker, around: Round) -> dict[str, Any] | None:
    """What becomes of a tracker that goes no further; None where it does."""
    now, shop = clock.now(), around.shops.get(tracker.shop_id)
    config = around.configs.get(tracker.config_id)
    steps = around.steps.get(key_of(tracker))
    said = None
    if config is None or steps is None or tracker.app_id not in around.apps:
        said = "The automation was deleted"
    elif shop is None or shop.status is ShopStatus.REDACTED:
        said = "The shop's data was erased"
    elif not config.enabled:
        return told({"dueAt": None, "claim": None, "frozen": True, "heldSince": None, "attempts": 0})
    if said is None:
        return None
    entry = TimelineEntry(at=now, run=tracker.run, kind=TimelineKind.EXITED, sentence=said, step_id=tracker.step_id)
    return told(ending(TrackerStatus.EXITED, now), entry)


def _walked(tracker: AutomationTracker, around: Round) -> Walk:
    steps, facts = around.steps[key_of(tracker)], around.facts[tracker.id]
    if tracker.waiting_for is None:
        return walk(steps, tracker.step_id, tracker.run, facts)
    waited = next((step for step in steps if step.id == tracker.step_id), None)
    said = f"{tracker.waiting_for} did not happen in time"
    entry = TimelineEntry(
        at=facts.now, run=tracker.run, kind=TimelineKind.WENT_ON, sentence=said, step_id=tracker.step_id
    )
    begin = after_timeout(steps, waited) if waited else tracker.step_id
    walked = walk(steps, begin, tracker.run, facts)
    return Walk([entry, *walked.entries], walked.goal)


def _goal(tracker: AutomationTracker, walked: Walk, around: Round) -> Goal | Hold:
    """Where it comes to, which may be a mail that has to wait."""
    goal = walked.goal
    if isinstance(goal, Effect) and (hold := hold_on(around.apps[tracker.app_id], goal.step)):
        return Hold(goal.step, waiting_words(goal.step.template_key, hold))
    return goal


def _reached(tracker: AutomationTracker, goal: Goal | Hold) -> dict[str, Any]:
    """What a tracker stores that has come to a goal, by stored names."""
    now = clock.now()
    here = {"claim": None, "attempts": 0, "waitingFor": None, "waitingSince": None, "listensTo": tracker.exit_on}
    match goal:
        case Wait(until, next_id):
            return here | {"stepId": next_id, "dueAt": until}
        case Listen(step, until):
            listens = [*tracker.exit_on, step.event]
            waits = {"waitingFor": step.event, "waitingSince": now, "listensTo": listens}
            return here | waits | {"stepId": step.id, "dueAt": until}
        case Effect(_, next_id):
            return here | {"stepId": next_id, "dueAt": now}
        case Hold(step, _):
            return here | {"stepId": step.id, "dueAt": now, "heldSince": now}
        case Fail(step_id, _):
            return ending(TrackerStatus.FAILED, now) | {"stepId": step_id}
        case _:
            return ending(TrackerStatus.COMPLETED, now)


def _last(tracker: AutomationTracker, goal: Goal | Hold) -> list[TimelineEntry]:
    """What is to be said of the goal itself."""
    now = clock.now()
    match goal:
        case Fail(step_id, sentence):
            return [
                TimelineEntry(at=now, run=tracker.run, kind=TimelineKind.FAILED, sentence=sentence, step_id=step_id)
            ]
        case Hold(step, sentence):
            return [TimelineEntry(at=now, run=tracker.run, kind=TimelineKind.HELD, sentence=sentence, step_id=step.id)]
        case Wait() | Listen():
            return []
        case _:
            return [TimelineEntry(at=now, run=tracker.run, kind=TimelineKind.COMPLETED, sentence="Came to its end")]


def _held(tracker: AutomationTracker, update: Mapping[str, Any]) -> UpdateOne:
    return UpdateOne({"_id": tracker.id, "claim": tracker.claim}, dict(update))


async def _do_all(doing: Sequence[tuple[AutomationTracker, Walk, Effect]], around: Round) -> None:
    slots = asyncio.Semaphore(AT_ONCE)

    async def do(tracker: AutomationTracker, walked: Walk, effect: Effect) -> None:
        async with slots:
            await _do(tracker, walked, effect, around)

    async with asyncio.TaskGroup() as tasks:
        for one in doing:
            tasks.create_task(do(*one))


async def _do(tracker: AutomationTracker, walked: Walk, effect: Effect, around: Round) -> None:
    """What was decided on the way is kept before anything is done: done again, it does not go another way."""
    here = {"_id": tracker.id, "claim": tracker.claim}
    if walked.entries:
        kept = {"stepId": effect.step.id, "waitingFor": None, "waitingSince": None, "listensTo": tracker.exit_on}
        if await AutomationTracker.change(here, told(kept, *walked.entries)) is None:
            return
    try:
        update = await _done(tracker, effect, around)
    except PyMongoError:
        raise
    except DomainError as error:
        update = _not_done(tracker, effect, error.message, passing=isinstance(error, Unavailable | RateLimited))
    except Exception as error:
        log.exception("automations.step_failed", tracker_id=str(tracker.id), step_id=effect.step.id)
        update = _not_done(tracker, effect, f"It could not be done: {type(error).__name__}", passing=True)
    await AutomationTracker.change(here, update)


async def _done(tracker: AutomationTracker, effect: Effect, around: Round) -> dict[str, Any]:
    doing = Doing(tracker, effect.step, around.shops[tracker.shop_id], around.apps[tracker.app_id])
    done = await do_step(doing)
    entry = TimelineEntry(
        at=clock.now(),
        run=tracker.run,
        kind=done.kind,
        sentence=done.sentence,
        step_id=effect.step.id,
        delivery_id=done.delivery_id,
    )
    return told(_reached(tracker, effect), entry)


def _not_done(tracker: AutomationTracker, effect: Effect, sentence: str, *, passing: bool) -> dict[str, Any]:
    """A passing fault is tried again later; of a lasting one somebody has to hear."""
    now = clock.now()
    again = passing and tracker.attempts < ATTEMPTS
    kind = TimelineKind.POSTPONED if again else TimelineKind.FAILED
    entry = TimelineEntry(at=now, run=tracker.run, kind=kind, sentence=sentence, step_id=effect.step.id)
    if again:
        return told({"dueAt": now + backoff(tracker.attempts), "claim": None}, entry)
    return told(_reached(tracker, Fail(effect.step.id, sentence)), entry)


async def _thaw_again(trackers: Sequence[AutomationTracker], around: Round) -> None:
    """Where an automation was switched on while we let its trackers stop because it was off."""
    off = [config.id for config in around.configs.values() if not config.enabled]
    on_again = {"_id": {"$in": off}, "enabled": True}
    for config in await AutomationConfig.find(on_again).to_list() if off else []:
        await thaw(config)
