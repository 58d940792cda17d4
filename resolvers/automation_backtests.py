"""The back-test: who would have got what, had an automation been there for the last weeks. Nothing is done.

What is quickly found out is answered at once, and kept nowhere; all of it is a run, which the workers do and whose
result is kept for a month.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from beanie import PydanticObjectId
from pydantic import Field

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, found
from core.ids import object_id
from core.inputs import Input
from core.mongo import insert_new
from models.apps import App
from models.automation_backtests import KEPT, AutomationBacktest, AutomationBacktestRun
from models.automations import AutomationConfig
from models.base import touched
from models.email_jobs import EmailJob, Progress
from resolvers.automation_backtesting import backtested
from resolvers.automation_history import History
from resolvers.automations import get_automation
from resolvers.job_leases import enqueue

BACKTEST: Final = "automation.backtest"
"""The type of the jobs that do runs. Payload: `runId`."""
MOST_AT_ONCE: Final = 5_000
"""Events that are looked at while the caller waits."""
MOST_OF_A_RUN: Final = 1_000_000
"""What a run remembers, of each shop that entered and each mail that waits, bounds it: under a kilobyte each."""
SYSTEM: Final = Actor.system("automations")


class AutomationBacktestPeriod(Input):
    """`days` are counted back from now."""

    days: Annotated[int, Field(ge=1, le=90)] = 90
    events_come: bool = False


@allow(STAFF)
async def backtest_automation(actor: Actor, config_id: str, data: AutomationBacktestPeriod) -> AutomationBacktest:
    """Who would have got what from an automation, as it is now, in the last weeks: after consent and caps, by the
    newest 5,000 events. Nothing is kept, nothing is done."""
    config = await get_automation(actor, config_id)
    return await _backtested(config, data.days, clock.now(), MOST_AT_ONCE, Progress(), events_come=data.events_come)


@allow(MARKETING)
async def create_automation_backtest_run(
    actor: Actor, config_id: str, data: AutomationBacktestPeriod
) -> AutomationBacktestRun:
    """Leaves a back-test by up to a million events to the workers. Raises `Conflict` while there is another one of the
    automation."""
    config = await get_automation(actor, config_id)
    now = clock.now()
    run = AutomationBacktestRun(
        app_id=config.app_id,
        config_id=config.id,
        days=data.days,
        events_come=data.events_come,
        created_by=actor.label,
        created_at=now,
        updated_at=now,
        expires_at=now + KEPT,
    )
    while not all(await insert_new(AutomationBacktestRun, [run])):
        await _make_room(config)
    await _leave_to_workers(run)
    return run


@allow(STAFF)
async def get_automation_backtest_run(actor: Actor, run_id: str) -> AutomationBacktestRun:
    """A back-test that was left to the workers, for a month."""
    identity = object_id(run_id)
    return found(await AutomationBacktestRun.get(identity) if identity else None, "Back-test")


@allow()
async def do_backtest_run(actor: Actor, run_id: PydanticObjectId, progress: Progress) -> AutomationBacktestRun:
    """Finds the result of a run, from the beginning, unless it has one. Raises `NotFound` where its automation was
    deleted."""
    run = found(await AutomationBacktestRun.get(run_id), "Back-test")
    if run.result is not None:
        return run
    config = await get_automation(actor, str(run.config_id))
    result = await _backtested(config, run.days, run.created_at, MOST_OF_A_RUN, progress, events_come=run.events_come)
    ended = {"result": result.model_dump(by_alias=True), "open": False, "endedAt": clock.now()}
    return found(await AutomationBacktestRun.change({"_id": run.id}, touched(ended)), "Back-test")


async def latest_backtest_runs(
    automations: Sequence[tuple[str, PydanticObjectId]],
) -> list[AutomationBacktestRun | None]:
    """Of each automation, given as app id and id, the one that was asked for last: with two queries."""
    match = {
        "appId": {"$in": [*{app_id for app_id, _ in automations}]},
        "configId": {"$in": [config_id for _, config_id in automations]},
    }
    group = {"$group": {"_id": "$configId", "newest": {"$max": "$_id"}}}
    newest = [row["newest"] for row in await AutomationBacktestRun.aggregate([{"$match": match}, group]).to_list()]
    runs = await AutomationBacktestRun.find({"_id": {"$in": newest}}).to_list() if newest else []
    by_automation = {run.config_id: run for run in runs}
    return [by_automation.get(config_id) for _, config_id in automations]


async def jobs_of_backtest_runs(run_ids: Sequence[PydanticObjectId]) -> list[EmailJob | None]:
    """None where whoever began one died before its job was there."""
    keys = [_job_key(run_id) for run_id in run_ids]
    jobs = {job.dedupe_key: job for job in await EmailJob.find({"dedupeKey": {"$in": keys}}).to_list()}
    return [jobs.get(key) for key in keys]


async def _backtested(
    config: AutomationConfig, days: int, until: datetime, most: int, progress: Progress, *, events_come: bool
) -> AutomationBacktest:
    app = found(await App.get(config.app_id), "App")
    history = History.of(config.app_id, config.trigger, until - timedelta(days=days), until)
    return await backtested(app, config, history, most, progress, events_come=events_come)


async def _make_room(config: AutomationConfig) -> None:
    """Raises `Conflict` where another run is under way. One whose job came to nothing gives way; one without a job gets
    it."""
    running = await AutomationBacktestRun.find_one({"appId": config.app_id, "configId": config.id, "open": True})
    if running is None:
        return
    if (await _leave_to_workers(running)).open:
        raise Conflict("A back-test of the automation is under way: wait for its result, or cancel its job", "id")
    await AutomationBacktestRun.change({"_id": running.id}, touched({"open": False}))


async def _leave_to_workers(run: AutomationBacktestRun) -> EmailJob:
    """However often it is called, there is one job."""
    payload = {"runId": str(run.id), "appId": run.app_id, "configId": str(run.config_id)}
    return await enqueue(SYSTEM, BACKTEST, payload, dedupe_key=_job_key(run.id))


def _job_key(run_id: PydanticObjectId) -> str:
    return f"{BACKTEST}:{run_id}"
