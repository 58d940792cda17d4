"""What happens elsewhere and an automation may listen to: stored durably before anything starts, worked off by the
workers, each event once."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from pymongo.errors import PyMongoError

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input, ShopDomain
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.automation_trackers import (
    AutomationDecision,
    AutomationEvent,
    AutomationTracker,
    TimelineEntry,
    TimelineKind,
    TrackerStatus,
)
from models.automations import AutomationConfig
from models.shops import Shop
from resolvers.apps import visible_app
from resolvers.automation_entries import Occasion, enter_shops
from resolvers.automation_versions import steps_of
from resolvers.automation_walk import next_id
from resolvers.automation_writes import announce_tracker, ending, told

BATCH: Final = 100
LEASE: Final = timedelta(seconds=60)
ATTEMPTS: Final = 10

log = structlog.get_logger(__name__)


class AutomationEventFilter(Input):
    name: str | None = None
    shop_domain: ShopDomain | None = None


class AutomationEventSortKey(SortKey):
    CREATED_AT = "createdAt"


@allow(STAFF)
async def list_automation_events(
    actor: Actor, app_id: str, window: Window, filters: AutomationEventFilter, sort: Sort
) -> Slice[AutomationEvent]:
    """What automations of an app listened to in the last 90 days, and what was decided each time."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.name is not None:
        query["name"] = filters.name
    if filters.shop_domain is not None:
        query["shopDomain"] = filters.shop_domain
    return await slice_of(AutomationEvent, query, sort, window)


@allow()
async def work_off_events(actor: Actor) -> int:
    """Decides on the events that wait, the oldest first, and returns how many there were. One that fails is tried again
    a minute later, and does not hold up the others."""
    events = await _claimed()
    listening = await _configs(events)
    for event in events:
        try:
            await _work_off(event, listening.get((event.app_id, event.name), []))
        except PyMongoError:
            raise
        except Exception:
            log.exception("automations.event_failed", event_id=event.id)
            if event.attempts >= ATTEMPTS:
                await _settle(event, [])
    return len(events)


async def _claimed() -> list[AutomationEvent]:
    now, token = clock.now(), secrets.token_hex(16)
    due = {"visibleAt": {"$lte": now}}
    collection = AutomationEvent.get_pymongo_collection()
    ids = [row["_id"] for row in await collection.find(due, {"_id": 1}).sort("visibleAt").limit(BATCH).to_list()]
    if not ids:
        return []
    taken = {"$set": {"visibleAt": now + LEASE, "claim": token}, "$inc": {"attempts": 1}}
    await collection.update_many({"_id": {"$in": ids}, **due}, taken)
    return await AutomationEvent.find({"_id": {"$in": ids}, "claim": token}).sort("at").to_list()


async def _configs(events: Sequence[AutomationEvent]) -> dict[tuple[str, str], list[AutomationConfig]]:
    """By app and trigger."""
    listening: dict[tuple[str, str], list[AutomationConfig]] = {}
    for key in {(event.app_id, event.name) for event in events}:
        begins = {"appId": key[0], "trigger": key[1], "enabled": True}
        listening[key] = await AutomationConfig.find(begins).sort("_id").to_list()
    return listening


async def _work_off(event: AutomationEvent, configs: Sequence[AutomationConfig]) -> None:
    await _tell_trackers(event)
    shop = await Shop.find_one({"appId": event.app_id, "domain": event.shop_domain})
    decisions = []
    for config in configs if shop else []:
        occasion = Occasion(event.id, event.name, event.data, event.chain)
        decisions += await enter_shops(config, occasion, [shop] if shop else [])
    await _settle(event, decisions)


async def _settle(event: AutomationEvent, decisions: Sequence[AutomationDecision]) -> None:
    done = {"visibleAt": None, "claim": None, "decisions": [one.model_dump(by_alias=True) for one in decisions]}
    await AutomationEvent.change({"_id": event.id, "claim": event.claim}, {"$set": done})


async def _tell_trackers(event: AutomationEvent) -> None:
    """Those that end by the event, and those that wait for it."""
    listening = {"appId": event.app_id, "shopDomain": event.shop_domain, "listensTo": event.name}
    for tracker in await AutomationTracker.find(listening).to_list():
        changed = None
        if event.name in tracker.exit_on:
            changed = await _exit(tracker, event)
        elif tracker.waiting_for == event.name and tracker.waiting_since and tracker.waiting_since <= event.at:
            changed = await _go_on(tracker, event)
        if changed is not None:
            await announce_tracker(changed)


async def _exit(tracker: AutomationTracker, event: AutomationEvent) -> AutomationTracker | None:
    now = clock.now()
    said = f"Ended by {event.name}"
    entry = TimelineEntry(at=now, run=tracker.run, kind=TimelineKind.EXITED, sentence=said, step_id=tracker.step_id)
    here = {"_id": tracker.id, "run": tracker.run, "listensTo": event.name}
    return await AutomationTracker.change(here, told(ending(TrackerStatus.EXITED, now), entry))


async def _go_on(tracker: AutomationTracker, event: AutomationEvent) -> AutomationTracker | None:
    """A paused one goes on when it is resumed."""
    steps, now = await steps_of(tracker), clock.now()
    step = next((one for one in steps or [] if one.id == tracker.step_id), None)
    if steps is None or step is None:
        return None
    goes_on: dict[str, Any] = {
        "waitingFor": None,
        "waitingSince": None,
        "listensTo": tracker.exit_on,
        "stepId": next_id(steps, step),
        "claim": None,
        "heldSince": None,
    }
    goes_on |= {"dueAt": now} if tracker.status is TrackerStatus.ACTIVE else {"restUntil": now}
    said = f"{event.name} happened"
    entry = TimelineEntry(at=now, run=tracker.run, kind=TimelineKind.WENT_ON, sentence=said, step_id=step.id)
    here = {
        "_id": tracker.id,
        "run": tracker.run,
        "waitingFor": event.name,
        "stepId": step.id,
        "status": tracker.status.value,
    }
    return await AutomationTracker.change(here, told(goes_on, entry))
