"""The shops that go through automations: what staff see of them, and do about one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import Input, ShopDomain, ShortText
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from models.automation_trackers import (
    AutomationTracker,
    TimelineEntry,
    TimelineKind,
    TrackerStatus,
)
from models.automations import AutomationConfig
from resolvers.apps import visible_app
from resolvers.automation_versions import steps_of
from resolvers.automation_walk import after_timeout, next_id
from resolvers.automation_writes import announce_tracker, ending, told, topic_of, wake


class TrackerAction(StrEnum):
    """`skip` goes on behind the next step, `resume` also tries a failed one again."""

    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    EXIT = "exit"


class AutomationTrackerChange(Input):
    """`reason` is kept in the timeline."""

    action: TrackerAction
    reason: ShortText | None = None


Identity = Annotated[str, Field(max_length=64)]


class AutomationTrackerFilter(Input):
    automation_id: Identity | None = None
    status: TrackerStatus | None = None
    shop_domain: ShopDomain | None = None


class AutomationTrackerSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"


@dataclass(frozen=True, slots=True)
class ShopTimeline:
    """One entry, and the tracker that it belongs to."""

    tracker: AutomationTracker
    entry: TimelineEntry


@allow(STAFF)
async def list_automation_trackers(
    actor: Actor, app_id: str, window: Window, filters: AutomationTrackerFilter, sort: Sort
) -> Slice[AutomationTracker]:
    """The shops that go through an app's automations, or have."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.automation_id is not None:
        query["configId"] = object_id(filters.automation_id)
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.shop_domain is not None:
        query["shopDomain"] = filters.shop_domain
    return await slice_of(AutomationTracker, query, sort, window)


@allow(STAFF)
async def get_automation_tracker(actor: Actor, tracker_id: str) -> AutomationTracker:
    """One shop's way through an automation."""
    identity = object_id(tracker_id)
    return found(await AutomationTracker.get(identity) if identity else None, "Tracker")


@allow(STAFF)
async def get_shop_tracker(
    actor: Actor, app_id: str, shop_domain: str, automation: str | None = None
) -> AutomationTracker:
    """A shop's way through one automation of the app; the one that changed last where none is named."""
    return (await _of_shop(actor, app_id, shop_domain, automation))[0]


@allow(STAFF)
async def shop_timeline(
    actor: Actor, app_id: str, shop_domain: str, automation: str | None = None
) -> Sequence[ShopTimeline]:
    """What happened to a shop in the app's automations, or in one, the oldest first."""
    trackers = await _of_shop(actor, app_id, shop_domain, automation)
    entries = [ShopTimeline(tracker, entry) for tracker in trackers for entry in tracker.timeline]
    return sorted(entries, key=lambda one: one.entry.at)


@allow(MARKETING)
async def change_automation_tracker(actor: Actor, tracker_id: str, data: AutomationTrackerChange) -> AutomationTracker:
    """Pauses a shop where it is, lets it go on, lets it leave out its next step, or takes it out."""
    while True:
        tracker = await get_automation_tracker(actor, tracker_id)
        changed = await CHANGES[data.action](actor, tracker, data)
        if changed is not None:
            await announce_tracker(changed)
            await wake()
            return changed


@allow(MARKETING)
async def change_shop_tracker(
    actor: Actor, app_id: str, shop_domain: str, data: AutomationTrackerChange, automation: str | None = None
) -> AutomationTracker:
    """As `change_automation_tracker`. Raises `InvalidInput` where the shop has several, and none is named."""
    tracker = await _the_one(actor, app_id, shop_domain, automation)
    return await change_automation_tracker(actor, str(tracker.id), data)


@allow(MARKETING)
async def delete_automation_tracker(actor: Actor, tracker_id: str) -> AutomationTracker:
    """Forgets a shop's way through an automation: it may enter again as if it had never been there."""
    tracker = await get_automation_tracker(actor, tracker_id)
    deleted = await AutomationTracker.find_one({"_id": tracker.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Tracker not found")
    await announce_tracker(tracker)
    return tracker


@allow(MARKETING)
async def delete_shop_tracker(
    actor: Actor, app_id: str, shop_domain: str, automation: str | None = None
) -> AutomationTracker:
    """As `delete_automation_tracker`. Raises `InvalidInput` where the shop has several, and none is named."""
    tracker = await _the_one(actor, app_id, shop_domain, automation)
    return await delete_automation_tracker(actor, str(tracker.id))


@allow(STAFF)
async def watch_automation_trackers(actor: Actor, app_id: str) -> AsyncIterator[AutomationTracker | None]:
    """Each tracker of an app as it is when it changed, from now on; None when many did."""
    await visible_app(actor, app_id)
    return _changing(app_id)


async def _changing(app_id: str) -> AsyncIterator[AutomationTracker | None]:
    async with runtime().topics.listen(topic_of(app_id)) as messages:
        async for message in messages:
            if "trackerId" not in message:
                yield None
            elif tracker := await AutomationTracker.get(object_id(message["trackerId"])):
                yield tracker


async def _automation(app_id: str, named: str) -> AutomationConfig:
    identity = object_id(named)
    query: dict[str, Any] = {"appId": app_id} | ({"_id": identity} if identity else {"slug": named})
    return found(await AutomationConfig.find_one(query), "Automation")


async def _of_shop(actor: Actor, app_id: str, shop_domain: str, automation: str | None) -> Sequence[AutomationTracker]:
    """The one that changed last first."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id, "shopDomain": shop_domain.lower()}
    if automation is not None:
        query["configId"] = (await _automation(app_id, automation)).id
    trackers = await AutomationTracker.find(query).sort("-updatedAt", "-_id").limit(MOST_OF_A_SHOP).to_list()
    if not trackers:
        raise NotFound("Tracker not found")
    return trackers


MOST_OF_A_SHOP: Final = 100


async def _the_one(actor: Actor, app_id: str, shop_domain: str, automation: str | None) -> AutomationTracker:
    first, *others = await _of_shop(actor, app_id, shop_domain, automation)
    if others:
        raise InvalidInput(f"The shop has {len(others) + 1} trackers: say which with automation", "automation")
    return first


def _entry(
    actor: Actor, tracker: AutomationTracker, kind: TimelineKind, said: str, reason: str | None
) -> TimelineEntry:
    sentence = f"{said}: {reason}" if reason else said
    return TimelineEntry(
        at=clock.now(), run=tracker.run, kind=kind, sentence=sentence, step_id=tracker.step_id, by=actor.label
    )


def _seen(tracker: AutomationTracker) -> dict[str, Any]:
    """Nobody has changed it since it was read, a worker least of all."""
    return {"_id": tracker.id, "run": tracker.run, "status": tracker.status.value, "stepId": tracker.step_id}


async def _pause(actor: Actor, tracker: AutomationTracker, data: AutomationTrackerChange) -> AutomationTracker | None:
    _must_be(tracker, TrackerStatus.ACTIVE)
    entry = _entry(actor, tracker, TimelineKind.PAUSED, "Paused", data.reason)
    rests = {
        "status": TrackerStatus.PAUSED.value,
        "restUntil": tracker.due_at or clock.now(),
        "dueAt": None,
        "claim": None,
        "frozen": False,
    }
    return await AutomationTracker.change(_seen(tracker), told(rests, entry))


async def _resume(actor: Actor, tracker: AutomationTracker, data: AutomationTrackerChange) -> AutomationTracker | None:
    """One that failed tries its step again."""
    _must_be(tracker, TrackerStatus.PAUSED, TrackerStatus.FAILED)
    entry = _entry(actor, tracker, TimelineKind.RESUMED, "Resumed", data.reason)
    return await AutomationTracker.change(_seen(tracker), told(_going(tracker), entry))


async def _skip(actor: Actor, tracker: AutomationTracker, data: AutomationTrackerChange) -> AutomationTracker | None:
    """A wait that is under way is over; else the step that would be next is left out."""
    _must_be(tracker, TrackerStatus.ACTIVE, TrackerStatus.PAUSED, TrackerStatus.FAILED)
    steps = await steps_of(tracker)
    step = next((one for one in steps or [] if one.id == tracker.step_id), None)
    now = clock.now()
    is_waiting = tracker.waiting_for is None and tracker.due_at is not None and tracker.due_at > now
    going = {**_going(tracker), "dueAt": now, "waitingFor": None, "waitingSince": None, "heldSince": None}
    if is_waiting and tracker.claim is None:
        said = "Skipped the wait"
    else:
        said = f"Skipped {step.id}" if step else "Skipped to the end"
        going["stepId"] = None
        if steps is not None and step is not None:
            going["stepId"] = after_timeout(steps, step) if tracker.waiting_for else next_id(steps, step)
    entry = _entry(actor, tracker, TimelineKind.SKIPPED, said, data.reason)
    return await AutomationTracker.change(_seen(tracker), told(going, entry))


async def _exit(actor: Actor, tracker: AutomationTracker, data: AutomationTrackerChange) -> AutomationTracker | None:
    _must_be(tracker, TrackerStatus.ACTIVE, TrackerStatus.PAUSED, TrackerStatus.FAILED)
    entry = _entry(actor, tracker, TimelineKind.EXITED, "Taken out", data.reason)
    return await AutomationTracker.change(_seen(tracker), told(ending(TrackerStatus.EXITED, clock.now()), entry))


CHANGES: Final = {
    TrackerAction.PAUSE: _pause,
    TrackerAction.RESUME: _resume,
    TrackerAction.SKIP: _skip,
    TrackerAction.EXIT: _exit,
}


def _going(tracker: AutomationTracker) -> dict[str, Any]:
    """What a tracker stores that goes on: what it waited for, it waits for still."""
    return {
        "status": TrackerStatus.ACTIVE.value,
        "dueAt": tracker.rest_until or clock.now(),
        "restUntil": None,
        "endedAt": None,
        "claim": None,
        "frozen": False,
        "attempts": 0,
        "listensTo": [*tracker.exit_on, *([tracker.waiting_for] if tracker.waiting_for else [])],
    }


def _must_be(tracker: AutomationTracker, *statuses: TrackerStatus) -> None:
    if tracker.status not in statuses:
        can = " or ".join(status.value for status in statuses)
        raise Conflict(f"The tracker is {tracker.status.value}: only what is {can} can do that", "action")
