"""Back-tests of all the events: left to the workers, one at a time, and found to be what the quick one finds."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.actor import Role
from core.errors import Conflict, Forbidden, NotFound
from models.app_events import AppEvent
from models.automation_backtests import AutomationBacktestRun
from models.email_jobs import EmailJob, Progress
from resolvers import automation_backtests, automation_history
from resolvers.automation_backtests import (
    BACKTEST,
    AutomationBacktestPeriod,
    backtest_automation,
    create_automation_backtest_run,
    do_backtest_run,
    get_automation_backtest_run,
    jobs_of_backtest_runs,
    latest_backtest_runs,
)
from resolvers.automation_history import History
from resolvers.automations import delete_automation
from resolvers.email_jobs import cancel_email_job
from tests.factories.apps import an_app
from tests.factories.automations import MAIL, SYSTEM, WAIT, a_mail, an_automation
from tests.factories.dying import Killed, dying
from tests.factories.people import an_actor
from tests.factories.shops import a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

PERIOD: Final = AutomationBacktestPeriod()


async def a_run(*steps: dict[str, Any], events: int = 3, **given: Any) -> AutomationBacktestRun:
    app = await an_app()
    await a_mail(app)
    config = await an_automation(app, *(steps or (MAIL,)), **given)
    for number in range(events):
        shop = await a_shop(app.id, at=days_ago(80), email=f"ada-{number}@tea.example.com")
        await an_event(app.id, "banner-published", shop.domain, at=days_ago(10 + number))
    return await create_automation_backtest_run(SYSTEM, str(config.id), PERIOD)


async def done(run: AutomationBacktestRun, progress: Progress | None = None) -> AutomationBacktestRun:
    return await do_backtest_run(SYSTEM, run.id, progress or Progress())


class TestRuns:
    async def test_are_left_to_the_workers_and_find_what_the_quick_one_finds(self) -> None:
        run, progress = await a_run(), Progress()
        (job,) = await jobs_of_backtest_runs([run.id])
        assert job is not None
        assert (run.open, run.result, job.type, job.payload["runId"]) == (True, None, BACKTEST, str(run.id))
        ended = await done(run, progress)
        assert ended.result is not None
        assert (ended.open, ended.result.entered, ended.result.is_partial) == (False, 3, False)
        assert (progress.total, progress.done) == (3, 3)
        quick = await backtest_automation(SYSTEM, str(run.config_id), PERIOD)
        same = {"since", "most_events"}
        assert ended.result.model_dump(exclude=same) == quick.model_dump(exclude=same)

    async def test_there_is_one_at_a_time_of_an_automation(self) -> None:
        run = await a_run()
        with pytest.raises(Conflict, match="is under way"):
            await create_automation_backtest_run(SYSTEM, str(run.config_id), PERIOD)
        await done(run)
        again = await create_automation_backtest_run(SYSTEM, str(run.config_id), PERIOD)
        assert await latest_backtest_runs([(run.app_id, run.config_id)]) == [again]

    async def test_one_whose_job_came_to_nothing_gives_way(self) -> None:
        run = await a_run()
        (job,) = await jobs_of_backtest_runs([run.id])
        assert job is not None
        await cancel_email_job(SYSTEM, str(job.id))
        again = await create_automation_backtest_run(SYSTEM, str(run.config_id), PERIOD)
        assert await AutomationBacktestRun.find({"open": True}).distinct("_id") == [again.id]

    async def test_one_that_was_begun_by_somebody_who_died_gets_its_job(self) -> None:
        run = await a_run(events=0)
        await EmailJob.find({"type": BACKTEST}).delete()
        with pytest.raises(Conflict):
            await create_automation_backtest_run(SYSTEM, str(run.config_id), PERIOD)
        assert await jobs_of_backtest_runs([run.id]) != [None]

    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_a_killed_one_begins_anew_and_ends_once(self, last_arrives: bool) -> None:
        run = await a_run()
        with suppress(Killed), dying(0, last_arrives=last_arrives):
            await done(run)
        ended = await done(run)
        assert ended.result is not None
        assert ended.result.entered == 3
        assert await done(run) == ended

    async def test_what_comes_after_it_was_asked_for_does_not_count(self) -> None:
        run = await a_run(events=1)
        shop = await a_shop(run.app_id)
        with clock.shifted(timedelta(hours=1)):
            await an_event(run.app_id, "banner-published", shop.domain)
            ended = await done(run)
        assert ended.result is not None
        assert ended.result.events == 1

    async def test_of_more_than_it_looks_at_are_of_the_newest_and_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = await a_run(events=3)
        monkeypatch.setattr(automation_backtests, "MOST_OF_A_RUN", 2)
        ended = await done(run)
        assert ended.result is not None
        assert (ended.result.events, ended.result.most_events, ended.result.is_partial) == (2, 2, True)
        newest = [shop.at for shop in ended.result.shops]
        assert newest == sorted(newest, reverse=True)
        assert newest[-1] > days_ago(11.5)

    async def test_may_be_begun_by_marketing_and_seen_by_staff(self) -> None:
        run = await a_run(events=0)
        with pytest.raises(Forbidden):
            await create_automation_backtest_run(await an_actor(Role.VIEWER), str(run.config_id), PERIOD)
        assert (await get_automation_backtest_run(await an_actor(Role.VIEWER), str(run.id))).id == run.id

    async def test_go_with_their_automation(self) -> None:
        run = await a_run(events=0)
        await delete_automation(SYSTEM, str(run.config_id))
        for asked in (get_automation_backtest_run(SYSTEM, str(run.id)), done(run)):
            with pytest.raises(NotFound):
                await asked


class TestHistory:
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(0, 3), max_size=9), st.integers(1, 9), st.integers(1, 4))
    async def test_is_the_newest_in_order_whatever_the_batches(self, days: list[int], most: int, batch: int) -> None:
        """Many happened at the same moment."""
        collection, noon = AppEvent.get_pymongo_collection(), clock.now()
        await collection.delete_many({})
        events = [event_of(noon - timedelta(days=day), f"shop-{number}") for number, day in enumerate(days)]
        if events:
            await AppEvent.insert_many(events)
        history = History.of("banners", "banner-published", noon - timedelta(days=9), noon)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(automation_history, "BATCH", batch)
            count = await history.count(most)
            batches = [past async for past in history.newest(most, are_more=count > most)]
        assert count == min(len(days), most + 1)
        assert all(len(past) <= batch for past in batches)
        inserted = sorted(events, key=lambda one: (one.occurred_at, one.id))
        assert [one.shop_domain for past in batches for one in past] == [one.shop_domain for one in inserted[-most:]]

    async def test_mail_of_earlier_batches_counts_for_the_cap_of_later_ones(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = await an_app()
        await a_mail(app)
        config = await an_automation(app, WAIT, MAIL, reentry="always")
        shop = await a_shop(app.id, at=days_ago(80), email="ada@tea.example.com")
        others = [await a_shop(app.id, at=days_ago(80), email="ada@tea.example.com") for _ in range(5)]
        for days, one in enumerate([shop, *others]):
            await an_event(app.id, "banner-published", one.domain, at=days_ago(20 - days / 2))
        found = []
        for batch in (1, 2, 500):
            monkeypatch.setattr(automation_history, "BATCH", batch)
            found.append((await backtest_automation(SYSTEM, str(config.id), PERIOD)).mails)
        assert found[0] == found[1] == found[2]
        assert (found[0][0].sent, found[0][0].refused[0].count) == (4, 2)


def event_of(at: datetime, domain: str) -> AppEvent:
    return AppEvent(
        app_id="banners",
        name="banner-published",
        shop_domain=domain,
        occurred_at=at,
        sent_by="test",
        expires_at=at + timedelta(days=90),
    )
