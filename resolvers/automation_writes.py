"""How trackers are written: each way in, through and out is one conditional update, which also says why in the
timeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core import clock
from core.runtime import runtime
from models.automation_trackers import (
    RUNNING,
    TIMELINE_KEPT,
    AutomationTracker,
    TimelineEntry,
    TimelineKind,
    TrackerStatus,
)
from models.automations import AutomationConfig
from models.base import touched

DUE: Final = "automations.due"
"""The topic of word that there is something to do."""
RESTING: Final[Mapping[str, Any]] = {
    "dueAt": None, "waitingFor": None, "waitingSince": None, "listensTo": [], "claim": None, "frozen": False,
    "heldSince": None, "attempts": 0, "restUntil": None,
}  # fmt: skip
"""What a tracker stores that is not under way any more."""


def topic_of(app_id: str) -> str:
    """Where changes of an app's trackers are told. Message: `trackerId`, or none of many."""
    return f"automation_trackers:{app_id}"


async def announce_tracker(tracker: AutomationTracker) -> None:
    await runtime().topics.publish(topic_of(tracker.app_id), {"trackerId": str(tracker.id)})


async def announce_trackers(app_id: str) -> None:
    await runtime().topics.publish(topic_of(app_id), {})


async def wake() -> None:
    """Where the word is lost, workers look by themselves within seconds."""
    await runtime().topics.publish(DUE, {})


def told(changes: Mapping[str, Any], *entries: TimelineEntry) -> dict[str, Any]:
    """A `$set` of the changes that also adds to the timeline, whose oldest entries go."""
    update = touched(dict(changes))
    if entries:
        added = [entry.model_dump(by_alias=True) for entry in entries]
        update["$push"] = {"timeline": {"$each": added, "$slice": -TIMELINE_KEPT}}
    return update


def ending(status: TrackerStatus, at: datetime) -> dict[str, Any]:
    """What a tracker stores that has come to its end."""
    return {**RESTING, "status": status.value, "stepId": None, "endedAt": at}


async def exit_all(config: AutomationConfig, sentence: str, *, by: str) -> int:
    """Takes all shops out of an automation that are under way, and returns how many."""
    now = clock.now()
    running = {
        "appId": config.app_id,
        "configId": config.id,
        "status": {"$in": [status.value for status in RUNNING]},
    }
    entry = TimelineEntry(at=now, run=None, kind=TimelineKind.EXITED, sentence=sentence, by=by)
    exited = await AutomationTracker.get_pymongo_collection().update_many(
        running, told(ending(TrackerStatus.EXITED, now), entry)
    )
    await announce_trackers(config.app_id)
    return exited.modified_count


async def thaw(config: AutomationConfig) -> None:
    """Lets those go on that stopped where they were when the automation was switched off."""
    frozen = {"configId": config.id, "frozen": True}
    await AutomationTracker.get_pymongo_collection().update_many(
        frozen, touched({"frozen": False, "dueAt": clock.now(), "claim": None})
    )
    await wake()
