"""The workers let shops go through automations, and do the jobs that automations leave."""

import asyncio

import pytest

from core import clock
from core.inputs import iso
from models.automation_trackers import AutomationTracker, TrackerStatus
from models.automations import AutomationConfig
from models.email_jobs import EmailJob
from models.shops import Shop
from resolvers.automation_backtests import (
    BACKTEST,
    AutomationBacktestPeriod,
    create_automation_backtest_run,
    jobs_of_backtest_runs,
)
from resolvers.automation_clock import RUN
from resolvers.job_leases import enqueue
from tasks.automations import ACTOR, Pace, do_backtest, run_schedule, running_automations
from tasks.handlers import HANDLERS
from tests.factories.apps import an_app
from tests.factories.automations import an_automation, tagging, tracker_of, worked_off
from tests.factories.shops import a_shop, an_event

pytestmark = pytest.mark.usefixtures("platform")


async def until_it_is_over(config: AutomationConfig, shop: Shop) -> AutomationTracker:
    async with asyncio.timeout(10):
        while await AutomationTracker.find_one({"configId": config.id, "status": "completed"}) is None:
            await asyncio.sleep(0.02)
    return await tracker_of(config, shop)


async def test_a_worker_hears_of_what_happens() -> None:
    app = await an_app()
    config, shop = await an_automation(app, tagging("one"), tagging("two")), await a_shop(app.id)
    async with running_automations(Pace(look=60, pause=0.01)):
        await asyncio.sleep(0.05)  # it begins to listen
        await an_event(app.id, "banner-published", shop.domain)
        tracker = await until_it_is_over(config, shop)
    assert tracker.status is TrackerStatus.COMPLETED


async def test_a_worker_looks_by_itself_where_the_word_was_lost() -> None:
    app = await an_app()
    config, shop = await an_automation(app, tagging("one")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    async with running_automations(Pace(look=0.05, pause=0.01)):
        await until_it_is_over(config, shop)


async def test_a_backtest_is_a_job() -> None:
    app = await an_app()
    config, shop = await an_automation(app, tagging("one")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    run = await create_automation_backtest_run(ACTOR, str(config.id), AutomationBacktestPeriod())
    (job,) = await jobs_of_backtest_runs([run.id])
    assert job is not None
    assert HANDLERS[BACKTEST] is do_backtest
    assert await do_backtest(job) == {"events": 1, "entered": 1}
    assert (job.progress.total, job.progress.done) == (1, 1)


async def test_what_the_clock_starts_is_a_job() -> None:
    app = await an_app()
    schedule = {"trigger": "schedule", "schedule": {"rhythm": "hourly"}}
    condition = {"field": "shop.country", "op": "eq", "value": "GB"}
    config = await an_automation(app, tagging("one"), condition=condition, **schedule)
    british, french = await a_shop(app.id, country="GB"), await a_shop(app.id, country="FR")
    payload = {"configId": str(config.id), "at": iso(clock.now())}
    job: EmailJob = await enqueue(ACTOR, RUN, payload)
    assert HANDLERS[RUN] is run_schedule
    assert await run_schedule(job) == {"entered": 1}
    await worked_off()
    assert (await tracker_of(config, british)).run == 1
    assert await AutomationTracker.find({"shopDomain": french.domain}).count() == 0
