"""Automations that the clock starts: each time once, over all shops for which the condition holds."""

from datetime import datetime
from typing import Final

from beanie import PydanticObjectId
from pydantic import JsonValue

from conditions.filters import narrowing_filter
from core import clock
from core.access import allow
from core.actor import Actor
from core.inputs import iso
from core.mongo import Filter
from models.automations import SCHEDULE, AutomationConfig
from models.shops import Shop, ShopStatus
from resolvers.automation_conditions import read_condition
from resolvers.automation_entries import Occasion, enter_shops
from resolvers.automation_schedules import next_run
from resolvers.automation_writes import wake
from resolvers.job_leases import enqueue

SYSTEM: Final = Actor.system("automations")
RUN: Final = "automation.schedule"
"""The type of the jobs that look through the shops of an automation. Payload: `configId` and `at`."""
ATTEMPTS: Final = 12
BATCH: Final = 500


@allow()
async def start_due_automations(actor: Actor) -> int:
    """Leaves to the workers what the clock starts, and returns how many automations that are. The job is there before
    the next time is set: whoever does it again leaves no second one."""
    due = {"nextRunAt": {"$lte": clock.now()}}
    started = 0
    for config in await AutomationConfig.find(due).sort("nextRunAt").to_list():
        at = config.next_run_at
        if at is None or config.schedule is None:
            continue
        payload: dict[str, JsonValue] = {"appId": config.app_id, "configId": str(config.id), "at": iso(at)}
        await enqueue(SYSTEM, RUN, payload, dedupe_key=f"{RUN}:{config.id}:{iso(at)}", max_attempts=ATTEMPTS)
        again = {"$set": {"nextRunAt": next_run(config.schedule, clock.now())}}
        await AutomationConfig.change({"_id": config.id, "nextRunAt": at}, again)
        started += 1
    return started


@allow()
async def run_schedule(actor: Actor, config_id: PydanticObjectId, at: datetime) -> int:
    """Lets the shops enter for which the condition holds, and returns how many did. Doing it again lets nobody enter
    twice."""
    config = await AutomationConfig.find_one({"_id": config_id, "enabled": True})
    if config is None:
        return 0
    node = read_condition(config.condition).node if config.condition is not None else None
    narrowed = narrowing_filter(node, clock.now()) if node else {}
    candidates = {"appId": config.app_id, "status": {"$ne": ShopStatus.REDACTED.value}}
    occasion = Occasion(f"{SCHEDULE}:{config.id}:{iso(at)}", SCHEDULE)
    entered, last = 0, None
    while True:
        beyond: list[Filter] = [{"_id": {"$gt": last}}] if last else []
        query = {"$and": [candidates, *([narrowed] if narrowed else []), *beyond]}
        shops = await Shop.find(query).sort("_id").limit(BATCH).to_list()
        if not shops:
            await wake()
            return entered
        last = shops[-1].id
        entered += sum(decision.entered for decision in await enter_shops(config, occasion, shops))
