"""How an app's automations do."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beanie import PydanticObjectId

from core.access import STAFF, allow
from core.actor import Actor
from models.automation_trackers import AutomationTracker, TrackerStatus
from models.automations import AutomationConfig
from resolvers.apps import visible_app


@dataclass(frozen=True, slots=True)
class TrackerCounts:
    """Shops, by where they stand."""

    by_status: Mapping[TrackerStatus, int]

    @property
    def trackers(self) -> int:
        return sum(self.by_status.values())

    @property
    def active(self) -> int:
        return self.by_status.get(TrackerStatus.ACTIVE, 0)

    @property
    def paused(self) -> int:
        return self.by_status.get(TrackerStatus.PAUSED, 0)

    @property
    def completed(self) -> int:
        return self.by_status.get(TrackerStatus.COMPLETED, 0)

    @property
    def exited(self) -> int:
        return self.by_status.get(TrackerStatus.EXITED, 0)

    @property
    def failed(self) -> int:
        return self.by_status.get(TrackerStatus.FAILED, 0)


@dataclass(frozen=True, slots=True)
class AutomationStats(TrackerCounts):
    """Of all automations of an app."""

    automations: int
    enabled: int


@allow(STAFF)
async def automation_stats(actor: Actor, app_id: str) -> AutomationStats:
    """How many automations an app has, and where the shops stand that went through them."""
    await visible_app(actor, app_id)
    of_app = {"appId": app_id}
    counts = [AutomationTracker.find({**of_app, "status": status.value}).count() for status in TrackerStatus]
    automations = AutomationConfig.find(of_app).count()
    enabled = AutomationConfig.find({**of_app, "enabled": True}).count()
    total, on, *found = await asyncio.gather(automations, enabled, *counts)
    return AutomationStats(dict(zip(TrackerStatus, found, strict=True)), total, on)


async def counts_of(automations: Sequence[tuple[str, PydanticObjectId]]) -> list[TrackerCounts]:
    """Of each automation, given as app id and id, with one query."""
    of_these: dict[str, Any] = {
        "appId": {"$in": [*{app_id for app_id, _ in automations}]},
        "configId": {"$in": [config_id for _, config_id in automations]},
    }
    group = {"$group": {"_id": {"configId": "$configId", "status": "$status"}, "trackers": {"$sum": 1}}}
    found: dict[PydanticObjectId, dict[TrackerStatus, int]] = {}
    for row in await AutomationTracker.aggregate([{"$match": of_these}, group]).to_list():
        found.setdefault(row["_id"]["configId"], {})[TrackerStatus(row["_id"]["status"])] = row["trackers"]
    return [TrackerCounts(found.get(config_id, {})) for _, config_id in automations]
