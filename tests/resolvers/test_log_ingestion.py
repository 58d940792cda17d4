"""How logs come in: what is right is kept, masked, counted and told; what is not is refused by itself."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pymongo.asynchronous.collection import AsyncCollection

from core import clock
from core.actor import Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.inputs import iso
from core.runtime import runtime
from core.scopes import Scope
from models.apps import App
from models.log_tallies import ErrorGroup, ErrorGroupStatus
from models.logs import LogEntry, LogLevel
from models.slack_messages import SlackMessage
from resolvers.error_groups import resolve_error_group
from resolvers.log_ingestion import MOST, LogsIngest, ingest_logs
from resolvers.log_recounts import DEAD_AFTER, settle_log_counts
from resolvers.log_tail import watch_logs
from resolvers.logs import LogFilter
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.logs import (
    BACKEND,
    SHOP,
    an_entry,
    an_error,
    assert_counts_are_right,
    logged,
    the_log,
)
from tests.factories.people import an_actor
from tests.factories.slack import a_rule

pytestmark = pytest.mark.usefixtures("platform")


async def refusal_of(app: App, entry: Any) -> tuple[str, str]:
    """The field and what is said of it, of an entry beside one that is right."""
    taken = await logged(app.id, entry, an_entry())
    (refused,) = taken.refused
    assert (taken.accepted, refused.index) == (1, 0)
    return refused.field, refused.message


class TestWhatIsKept:
    async def test_all_that_was_sent(self) -> None:
        app, at = await an_app(), clock.now() - timedelta(minutes=90)
        sent = an_error(
            shopDomain=SHOP, data={"a": [1, {"b": None}]}, timestamp=iso(at), requestId="r-1", traceId="t-1"
        )
        assert (await logged(app.id, sent)).accepted == 1
        entry = await the_log(app.id)
        assert (entry.level, entry.module, entry.message) == (LogLevel.ERROR, "orders", "Not synchronised")
        assert (entry.shop_domain, entry.data, entry.created_at) == (SHOP, {"a": [1, {"b": None}]}, at)
        assert (entry.request_id, entry.trace_id, len(entry.fingerprint or "")) == ("r-1", "t-1", 16)
        assert entry.error is not None
        assert (entry.error.type, entry.error.is_error_instance) == ("TypeError", True)
        assert entry.hour == at.replace(minute=0, second=0, microsecond=0)
        assert entry.expires_at == at + timedelta(days=30)

    async def test_little_is_needed(self) -> None:
        app = await an_app()
        await logged(app.id, {"level": "debug", "message": "x"})
        entry = await the_log(app.id)
        assert (entry.module, entry.shop_domain, entry.error, entry.data) == ("app", None, None, {})
        assert entry.created_at == entry.received_at

    async def test_a_time_may_be_milliseconds_since_1970(self) -> None:
        app, at = await an_app(), clock.now() - timedelta(minutes=1)
        await logged(app.id, an_entry(timestamp=int(at.timestamp() * 1000)))
        assert (await the_log(app.id)).created_at == at

    async def test_for_as_long_as_the_app_says(self) -> None:
        app = await an_app()
        await app.set({"logDays": 90})
        await logged(app.id, an_entry(timestamp=iso(clock.now() - timedelta(days=60))))
        entry = await the_log(app.id)
        assert entry.expires_at == entry.created_at + timedelta(days=90)

    async def test_secrets_are_masked_everywhere(self) -> None:
        app = await an_app()
        thrown = {"message": "password=hunter2", "stack": "Authorization: Bearer abcdefghijkl"}
        await logged(
            app.id, an_entry("error", "GET /?token=hunter2", data={"a": {"X-Api-Key": "hunter2"}}, error=thrown)
        )
        stored = str(await LogEntry.get_pymongo_collection().find_one({}))
        assert "hunter2" not in stored
        assert "abcdefghijkl" not in stored

    async def test_texts_that_are_long_are_cut_and_control_characters_are_spaces(self) -> None:
        app = await an_app()
        await logged(app.id, an_entry(message="\x1b[31mred\x1b[0m\x00 " + "x" * 20_000))
        message = (await the_log(app.id)).message
        assert (message.startswith(" red   x"), message[-1], len(message) <= 10_000) == (True, "…", True)

    async def test_keys_of_data_may_be_anything(self) -> None:
        app = await an_app()
        data = {"$where": "1", "http.status": 500, "": 1, "a\x00b": {"$ne": None}}
        await logged(app.id, an_entry(data=data))
        assert (await the_log(app.id)).data == data

    async def test_addresses_in_it_are_found_by_their_hashes(self) -> None:
        app = await an_app()
        await logged(app.id, an_entry(message="to Ada@Example.com", data={"cc": "grace@example.com"}))
        assert len((await the_log(app.id)).address_digests) == 2


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("entry", "field", "sentence"),
        [
            ("text", "", "must be an object"),
            ({"message": "x"}, "level", "is required"),
            ({"level": "info"}, "message", "is required"),
            (an_entry("fatal"), "level", "Input should be 'debug', 'info', 'warn' or 'error'"),
            (an_entry() | {"level": {"$ne": None}}, "level", "Input should be 'debug', 'info', 'warn' or 'error'"),
            (an_entry(message=" "), "message", "String should have at least 1 character"),
            (an_entry() | {"message": ["x"]}, "message", "Input should be a valid string"),
            (an_entry(more=1), "more", "is not a known field"),
            (an_entry(shopDomain="tea.example.com"), "shopDomain", "must be a domain such as example.myshopify.com"),
            (an_entry(module="x" * 101), "module", "Value should have at most 100"),
            (an_entry(module="a\x00b"), "module", "must not contain control characters"),
            (an_entry(timestamp="yesterday"), "timestamp", "must be an ISO 8601 date and time"),
            (an_entry(timestamp=1e300), "timestamp", "must be an ISO 8601 date and time"),
            (an_entry(timestamp="2020-01-01T00:00:00Z"), "timestamp", "must be of the last 30 days"),
            (an_entry(timestamp="2999-01-01T00:00:00Z"), "timestamp", "must be of the last 30 days"),
            (an_entry(error={"stack": 1}), "error.stack", "Input should be a valid string"),
            (an_entry(error={"more": "x"}), "error.more", "is not a known field"),
            (an_entry(data="text"), "data", "Input should be a valid dictionary"),
            (an_entry(data={"a": list(range(9000))}), "data", "must have at most 32,000 characters as JSON"),
            (an_entry(data={"a": json.loads("[" * 900 + "]" * 900)}), "data", "Recursion limit reached"),
            (an_entry(data={"a": 2**70}), "data", "Integer exceeds 64-bit range"),
        ],
    )
    async def test_with_its_place_and_the_reason(self, entry: Any, field: str, sentence: str) -> None:
        refused_field, said = await refusal_of(await an_app(), entry)
        assert refused_field == field
        assert said.startswith(sentence)

    async def test_where_none_is_right_nothing_is_kept(self) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput, match=r"^entries\.0\.level: .*; entries\.1\.message: is required") as refused:
            await logged(app.id, an_entry("loud"), {"level": "info"})
        assert (refused.value.field, await LogEntry.count()) == ("entries.0.level", 0)

    def test_more_than_a_thousand_or_none(self) -> None:
        for entries in ([], [an_entry()] * (MOST + 1)):
            with pytest.raises(ValueError, match="entries"):
                LogsIngest(entries=entries)


class TestWhoMay:
    async def test_an_apps_backend_with_the_scope_into_its_own_app(self) -> None:
        app, other = await an_app(), await an_app()
        key = backend_of(app.id, Scope.LOGS_WRITE)
        assert (await ingest_logs(key, app.id, LogsIngest(entries=[an_entry()]))).accepted == 1
        with pytest.raises(NotFound, match="Unknown app"):
            await ingest_logs(key, other.id, LogsIngest(entries=[an_entry()]))
        lacking = backend_of(app.id, Scope.SHOPS_READ)
        with pytest.raises(Forbidden, match="lacks the scope logs:write"):
            await ingest_logs(lacking, app.id, LogsIngest(entries=[an_entry()]))

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.MARKETING])
    async def test_not_staff_but_admins(self, role: Role) -> None:
        app = await an_app()
        with pytest.raises(Forbidden):
            await ingest_logs(await an_actor(role), app.id, LogsIngest(entries=[an_entry()]))


class TestCounting:
    async def test_many_batches_at_once_are_all_counted(self) -> None:
        app, now, hour = await an_app(), clock.now(), timedelta(hours=1)
        batches = [
            [
                an_entry("debug" if number % 2 else "warn", module=f"m{number % 3}"),
                an_error(shopDomain=SHOP, timestamp=iso(now - number * hour)),
            ]
            for number in range(8)
        ]
        await asyncio.gather(*(logged(app.id, *batch) for batch in batches))
        await assert_counts_are_right()
        (group,) = await ErrorGroup.find_all().to_list()
        assert (group.total, group.levels[LogLevel.ERROR]) == (8, 8)
        assert (group.last_seen, group.first_seen) == (now, now - 7 * hour)

    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(9))
    async def test_whoever_dies_in_between_nothing_is_counted_twice_or_not_at_all(
        self, writes: int, last_arrives: bool
    ) -> None:
        app = await an_app()
        await logged(app.id, an_error(shopDomain=SHOP), an_entry())
        with dying(writes, last_arrives=last_arrives), pytest.raises(Killed):
            await logged(
                app.id, an_error("another"), an_error(shopDomain=SHOP), an_entry("warn", module="m"), an_entry()
            )
            raise Killed
        await logged(app.id, an_error(), an_entry("warn", module="m"))
        with clock.shifted(2 * DEAD_AFTER):
            await settle_log_counts(BACKEND)
            await assert_counts_are_right()
            await settle_log_counts(BACKEND)
        await assert_counts_are_right()

    async def test_who_was_taken_for_dead_and_comes_back_is_counted_once(self) -> None:
        app, insert_many = await an_app(), AsyncCollection.insert_many

        async def late(*arguments: Any, **options: Any) -> Any:
            with clock.shifted(2 * DEAD_AFTER):
                await settle_log_counts(BACKEND)
            return await insert_many(*arguments, **options)

        with patch.object(AsyncCollection, "insert_many", late):
            await logged(app.id, an_error(), an_entry())
        await assert_counts_are_right()
        assert await ErrorGroup.count() == 1


class TestRegressions:
    async def test_an_error_that_was_resolved_and_happens_again_is_open_again(self) -> None:
        app, staff = await an_app(), await an_actor()
        await logged(app.id, an_error())
        (group,) = await ErrorGroup.find_all().to_list()
        await resolve_error_group(staff, app.id, group.fingerprint)
        await logged(app.id, an_error(timestamp=iso(clock.now() - timedelta(minutes=5))))
        (late,) = await ErrorGroup.find_all().to_list()
        assert (late.status, late.regressions) == (ErrorGroupStatus.RESOLVED, 0)
        with clock.shifted(timedelta(minutes=1)):
            await logged(app.id, an_error())
        (again,) = await ErrorGroup.find_all().to_list()
        assert (again.status, again.regressions, again.status_by) == (ErrorGroupStatus.OPEN, 1, None)
        assert again.regressed_at is not None

    async def test_slack_is_told_of_new_errors_and_of_those_that_come_back(self) -> None:
        await a_rule()
        app, staff = await an_app(), await an_actor()
        for _ in range(3):
            await logged(app.id, an_error())
        (group,) = await ErrorGroup.find_all().to_list()
        await resolve_error_group(staff, app.id, group.fingerprint)
        with clock.shifted(timedelta(minutes=1)):
            await logged(app.id, an_error())
        news = [one.text for one in await SlackMessage.find_all().sort("place").to_list()]
        assert news == [
            "A new error: TypeError: order.lines is undefined in sync (app/orders.js)",
            "An error that was resolved happens again: TypeError: order.lines is undefined in sync (app/orders.js)",
        ]


class TestWatching:
    async def test_who_listens_gets_what_they_asked_for_and_one_word_per_batch(self) -> None:
        app = await an_app()
        watched = await watch_logs(await an_actor(Role.VIEWER), app.id, LogFilter(level=LogLevel.WARN))
        waiting = asyncio.ensure_future(anext(watched))
        while not runtime().topics._listeners.get(f"logs:{app.id}"):
            await asyncio.sleep(0)
        await logged((await an_app()).id, an_entry("warn", "of another app"))
        await logged(app.id, an_entry(), an_entry("warn", "first"), an_entry("warn", "second"))
        async with asyncio.timeout(10):
            assert [(await waiting).message, (await anext(watched)).message] == ["first", "second"]
        await watched.aclose()  # type: ignore[attr-defined]  # it is a generator
