"""People in automations: what brought their shops there, and what conditions found out about it."""

from typing import Any, Final

from models.automation_trackers import AutomationEvent, AutomationTracker
from models.base import touched
from resolvers.holdings import Holding, Person


def _of_shops(person: Person) -> dict[str, Any]:
    return {"appId": {"$in": [*person.app_ids]}, "shopDomain": {"$in": [*person.domains]}}


async def _erase_from_trackers(holding: Holding, person: Person) -> int:
    """That a shop was there, and what was done, stays; a tracker that goes on meanwhile is looked at again."""
    count = 0
    async for batch in holding.batches(person):
        for tracker in batch:
            current: AutomationTracker | None = tracker
            while current is not None and not await _erased(current):
                current = await AutomationTracker.get(tracker.id)
        count += len(batch)
    return count


async def _erased(tracker: AutomationTracker) -> bool:
    timeline = [entry.model_copy(update={"reasons": []}).model_dump(by_alias=True) for entry in tracker.timeline]
    without = {"timeline": timeline, "event.data": {}}
    seen = {"_id": tracker.id, "updatedAt": tracker.updated_at}
    return await AutomationTracker.change(seen, touched(without)) is not None


async def _erase_from_events(holding: Holding, person: Person) -> int:
    count = 0
    async for batch in holding.batches(person):
        for event in batch:
            decisions = [one.model_copy(update={"reasons": []}).model_dump(by_alias=True) for one in event.decisions]
            await AutomationEvent.change({"_id": event.id}, {"$set": {"data": {}, "decisions": decisions}})
        count += len(batch)
    return count


AUTOMATION_TRACKERS: Final = Holding(
    AutomationTracker,
    _of_shops,
    frozenset({"app_id", "shop_domain", "status", "entered_at", "ended_at"}),
    _erase_from_trackers,
)
AUTOMATION_EVENTS: Final = Holding(
    AutomationEvent,
    _of_shops,
    frozenset({"app_id", "shop_domain", "name", "at", "data"}),
    _erase_from_events,
)
