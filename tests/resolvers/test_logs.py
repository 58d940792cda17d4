"""Logs are read, searched and counted; of one app alone."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from core.actor import Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.inputs import iso
from core.pages import Page
from models.apps import App
from models.logs import LogEntry
from resolvers.logs import (
    LevelCounts,
    LogFilter,
    LogPeriod,
    LogSortKey,
    LogsOverTimeQuery,
    get_log,
    list_log_modules,
    list_log_shop_domains,
    list_logs,
    list_merchant_logs,
    log_stats,
    logs_over_time,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.logs import SHOP, an_entry, an_error, logged, the_log
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NEWEST = LogSortKey.CREATED_AT.order(descending=True)


async def found(app: App, **filters: object) -> list[str]:
    given = LogFilter.model_validate(filters)
    return [one.message for one in (await list_logs(await an_actor(Role.VIEWER), app.id, Page(), given, NEWEST)).items]


class TestFinding:
    async def test_by_whatever_is_known(self) -> None:
        app, now = await an_app(), clock.now()
        await logged(
            app.id,
            an_entry(message="first", shopDomain=SHOP, timestamp=iso(now - 3 * HOUR), requestId="r-1"),
            an_entry("warn", "second", timestamp=iso(now - 2 * HOUR), traceId="t-1") | {"module": "billing"},
            an_error(timestamp=iso(now - HOUR)) | {"message": "third"},
        )
        fingerprint = (await LogEntry.find({"message": "third"}).to_list())[0].fingerprint
        assert await found(app) == ["third", "second", "first"]
        assert await found(app, shopDomain=SHOP) == ["first"]
        assert await found(app, module="billing") == ["second"]
        assert await found(app, level="error") == ["third"]
        assert await found(app, requestId="r-1") == ["first"]
        assert await found(app, traceId="t-1") == ["second"]
        assert await found(app, fingerprint=fingerprint) == ["third"]
        assert await found(app, createdFrom=iso(now - 2 * HOUR)) == ["third", "second"]
        assert await found(app, createdFrom=iso(now - 3 * HOUR), createdTo=iso(now - 2 * HOUR)) == ["first"]

    async def test_by_words_without_regard_to_case_and_taken_literally(self) -> None:
        app = await an_app()
        await logged(app.id, an_entry(message="Order 12 (paid) is GONE"), an_entry(message="Order 13 is there"))
        assert await found(app, search="(PAID)") == ["Order 12 (paid) is GONE"]
        assert await found(app, startsWith="order 13") == ["Order 13 is there"]
        for pattern in (".*", "^", "$", "(a+)+$", "[", "\\", "Order.12"):
            assert await found(app, search=pattern) == [], pattern
            assert await found(app, startsWith=pattern) == [], pattern

    async def test_words_are_looked_for_in_the_last_week_unless_a_time_is_given(self) -> None:
        app, now = await an_app(), clock.now()
        await logged(app.id, an_entry(timestamp=iso(now - 8 * DAY)), an_entry(message="Something else"))
        assert await found(app, search="something") == ["Something else"]
        assert await found(app, search="something", createdFrom=iso(now - 9 * DAY)) == [
            "Something else",
            "Something happened",
        ]
        assert await found(app, search="something", createdTo=iso(now - 2 * DAY)) == ["Something happened"]

    async def test_no_operators(self) -> None:
        for field in LogFilter.model_fields.values():
            with pytest.raises(ValueError, match="validation error"):
                LogFilter.model_validate({field.alias: {"$ne": None}})

    async def test_what_several_apps_logged_of_a_merchant(self) -> None:
        apps = [await an_app() for _ in range(3)]
        for number, app in enumerate(apps):
            await logged(app.id, an_entry(message=str(number), shopDomain=SHOP), an_entry(message="of nobody"))
        given = LogFilter().of_shop(SHOP)
        both = await list_merchant_logs(await an_actor(Role.VIEWER), [apps[0].id, apps[2].id], Page(), given)
        assert sorted(one.message for one in both.items) == ["0", "2"]


class TestOneApp:
    async def test_does_not_see_another(self) -> None:
        mine, other = await an_app(), await an_app()
        await logged(other.id, an_entry(shopDomain=SHOP))
        entry, viewer = await the_log(other.id), await an_actor(Role.VIEWER)
        assert await found(mine) == []
        assert await list_log_modules(viewer, mine.id) == await list_log_shop_domains(viewer, mine.id) == []
        assert (await log_stats(viewer, mine.id, LogPeriod())).total == 0
        for app_id, log_id in ((mine.id, str(entry.id)), (other.id, "0" * 24), (other.id, "nonsense")):
            with pytest.raises(NotFound, match="Log not found"):
                await get_log(viewer, app_id, log_id)
        with pytest.raises(NotFound, match="Unknown app"):
            await get_log(viewer, "nonsense", str(entry.id))

    async def test_is_read_by_staff_alone(self) -> None:
        app = await an_app()
        with pytest.raises(Forbidden):
            await list_logs(backend_of(app.id), app.id, Page(), LogFilter(), NEWEST)


class TestCounting:
    async def test_by_level_and_by_module(self) -> None:
        app = await an_app()
        many = [an_entry("debug") | {"module": f"m{number % 12:02}"} for number in range(30)]
        await logged(app.id, *many, an_entry("warn"), an_error(), an_error())
        stats = await log_stats(await an_actor(Role.VIEWER), app.id, LogPeriod())
        assert (stats.total, stats.by_level) == (33, LevelCounts(debug=30, info=0, warn=1, error=2))
        assert [(one.module, one.count) for one in stats.top_modules] == [
            *((f"m{number:02}", 3) for number in range(6)),
            ("orders", 3),
            *((f"m{number:02}", 2) for number in range(6, 9)),
        ]

    async def test_of_a_period(self) -> None:
        app, now = await an_app(), clock.now()
        await logged(app.id, an_entry(timestamp=iso(now - 3 * DAY)), an_entry("warn"))
        viewer = await an_actor(Role.VIEWER)
        stats = await log_stats(viewer, app.id, LogPeriod.model_validate({"createdFrom": iso(now - DAY)}))
        assert stats.by_level == LevelCounts(warn=1)
        stats = await log_stats(viewer, app.id, LogPeriod.model_validate({"createdTo": iso(now - DAY)}))
        assert stats.by_level == LevelCounts(info=1)

    async def test_by_day_with_zeros_in_between(self) -> None:
        app, today = await an_app(), clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        await logged(app.id, an_entry("warn", timestamp=iso(today - 2 * DAY)), an_entry(), an_error())
        asked = LogsOverTimeQuery.model_validate({"createdFrom": iso(today - 3 * DAY)})
        shown = await logs_over_time(await an_actor(Role.VIEWER), app.id, asked)
        assert [(one.date, one.counts) for one in shown] == [
            (today - 3 * DAY, LevelCounts()),
            (today - 2 * DAY, LevelCounts(warn=1)),
            (today - DAY, LevelCounts()),
            (today, LevelCounts(info=1, error=1)),
        ]

    async def test_thirty_days_are_shown_where_no_time_is_given(self) -> None:
        shown = await logs_over_time(await an_actor(Role.VIEWER), (await an_app()).id, LogsOverTimeQuery())
        assert len(shown) == 31
        assert shown[-1].date.date() == clock.now().date()

    async def test_by_hour_of_a_module_or_a_shop(self) -> None:
        app, hour = await an_app(), clock.now().replace(minute=0, second=0, microsecond=0)
        await logged(
            app.id,
            an_entry("warn", timestamp=iso(hour - HOUR), shopDomain=SHOP),
            an_entry("info", timestamp=iso(hour - HOUR)) | {"module": "billing"},
        )
        viewer = await an_actor(Role.VIEWER)

        async def counts(**of: str) -> list[LevelCounts]:
            asked = {"interval": "hour", "createdFrom": iso(hour - 2 * HOUR), "createdTo": iso(hour)}
            shown = await logs_over_time(viewer, app.id, LogsOverTimeQuery.model_validate(asked | of))
            return [one.counts for one in shown]

        assert await counts() == [LevelCounts(), LevelCounts(info=1, warn=1)]
        assert await counts(module="billing") == [LevelCounts(), LevelCounts(info=1)]
        assert await counts(shopDomain=SHOP) == [LevelCounts(), LevelCounts(warn=1)]
        assert await counts(shopDomain=SHOP, module="billing") == [LevelCounts(), LevelCounts()]

    async def test_periods_have_an_end_and_a_length(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        wrong = [
            {"createdFrom": "2026-02-01T00:00:00Z", "createdTo": "2026-01-01T00:00:00Z"},
            {"createdFrom": "2020-01-01T00:00:00Z"},
            {"createdFrom": iso(clock.now() - 60 * DAY), "interval": "hour"},
        ]
        for period in wrong:
            with pytest.raises(InvalidInput, match="createdFrom: "):
                await logs_over_time(viewer, app.id, LogsOverTimeQuery.model_validate(period))

    async def test_an_entry_on_the_hour_counts_in_the_hour_that_begins(self) -> None:
        app = await an_app()
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        await logged(app.id, an_entry(timestamp=iso(hour)))
        assert (await log_stats(await an_actor(Role.VIEWER), app.id, LogPeriod())).total == 1

    async def test_modules_and_shops_that_logged_something(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        await logged(app.id, an_entry(shopDomain=SHOP), an_entry() | {"module": "billing"}, an_entry(shopDomain=SHOP))
        assert await list_log_modules(viewer, app.id) == ["billing", "orders"]
        assert await list_log_shop_domains(viewer, app.id) == [SHOP]
