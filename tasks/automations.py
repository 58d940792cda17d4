"""Lets shops go through automations, within seconds of what happened: by every process, each with what it has
claimed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from beanie import PydanticObjectId
from pydantic import JsonValue
from pymongo.errors import PyMongoError

from core.actor import Actor
from core.background import heard, stopped
from core.inputs import moment_of
from core.runtime import runtime
from models.email_jobs import EmailJob
from resolvers import automation_backtests, automation_clock, automation_events, automation_runner, automation_webhooks
from resolvers.automation_writes import DUE

ACTOR = Actor.system("automations")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds: how often a process looks without having been told, and the pause after each round."""

    look: float = 5.0
    pause: float = 0.2


async def work_off() -> None:
    """All that is due."""
    while True:
        decided = await automation_events.work_off_events(ACTOR)
        went_on = await automation_runner.run_due_trackers(ACTOR)
        if not decided and not went_on:
            return


@asynccontextmanager
async def running_automations(pace: Pace = Pace()) -> AsyncIterator[None]:
    """Within the block this process lets automations run."""
    running = asyncio.create_task(_run(pace))
    try:
        yield
    finally:
        await stopped(running)


async def _run(pace: Pace) -> None:
    async with runtime().topics.signal(DUE) as word:
        while True:
            word.clear()
            try:
                await work_off()
            except PyMongoError as error:
                log.warning("automations.postponed", error=repr(error))
            except Exception:
                log.exception("automations.failed")
            await asyncio.sleep(pace.pause)
            await heard(word, pace.look)


async def start_due_automations() -> None:
    """Starts what the clock starts."""
    await automation_clock.start_due_automations(ACTOR)


async def run_schedule(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `automation.schedule`."""
    config_id, at = PydanticObjectId(job.payload["configId"]), moment_of(job.payload["at"])
    return {"entered": await automation_clock.run_schedule(ACTOR, config_id, at)}


async def call_webhook(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `automation.webhook`."""
    app_id, url, message_id, body = (str(job.payload[name]) for name in ("appId", "url", "id", "body"))
    return {"status": await automation_webhooks.call_webhook(ACTOR, app_id, url, message_id, body)}


async def do_backtest(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `automation.backtest`. What was cut off begins anew."""
    run = await automation_backtests.do_backtest_run(ACTOR, PydanticObjectId(job.payload["runId"]), job.progress)
    return {"events": run.result.events, "entered": run.result.entered} if run.result else {}
