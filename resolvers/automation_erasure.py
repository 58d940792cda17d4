"""People in automations: what brought their shops there, and what conditions found out about it."""

from typing import Any, Final

from models.automation_trackers import AutomationEvent, AutomationTracker
from models.base import touched
from resolvers.holdings import Holding, Person


def _of_shops(person: Person) -> dict[str, Any]:
    return {"appId": {"$in": [*person.app_ids]}, "shopDomain": {"$in": [*person.domains]}}


async def redact_automations_of_shop(app_id: str, domain: str) -> None:
    """What brought a shop into automations, and what conditions found out about it. That it was there stays."""
    of_shop = {"appId": app_id, "shopDomain": domain}
    async for tracker in AutomationTracker.find(of_shop):
        await _forget_reasons_of_tracker(tracker)
    async for event in AutomationEvent.find(of_shop):
        await _forget_data_of_event(event)


async def _erase_from_trackers(holding: Holding, person: Person) -> int:
    count = 0
    async for batch in holding.batches(person):
        for tracker in batch:
            await _forget_reasons_of_tracker(tracker)
        count += len(batch)
    return count


async def _erase_from_events(holding: Holding, person: Person) -> int:
    count = 0
    async for batch in holding.batches(person):
        for event in batch:
            await _forget_data_of_event(event)
        count += len(batch)
    return count


async def _forget_reasons_of_tracker(tracker: AutomationTracker) -> None:
    """One that goes on meanwhile is looked at again."""
    current: AutomationTracker | None = tracker
    while current is not None:
        timeline = [entry.model_copy(update={"reasons": []}).model_dump(by_alias=True) for entry in current.timeline]
        without = touched({"timeline": timeline, "event.data": {}})
        if await AutomationTracker.change({"_id": current.id, "updatedAt": current.updated_at}, without):
            return
        current = await AutomationTracker.get(tracker.id)


async def _forget_data_of_event(event: AutomationEvent) -> None:
    decisions = [one.model_copy(update={"reasons": []}).model_dump(by_alias=True) for one in event.decisions]
    await AutomationEvent.change({"_id": event.id}, {"$set": {"data": {}, "decisions": decisions}})


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
