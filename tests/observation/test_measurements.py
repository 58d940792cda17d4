"""What the platform counts about itself, and that nobody outside can make it count in more places."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest
from httpx import AsyncClient

from core import event_loop
from core.database_commands import CommandTimes, listeners_for
from core.errors import InvalidInput
from core.mongo import Mongo
from core.settings import Settings
from models.email_jobs import EmailJob
from tasks.jobs import Pace, doing_jobs
from tests.factories.apps import an_app
from tests.factories.email_jobs import KIND, a_job, kept
from tests.factories.people import logged_in
from tests.factories.webhooks import from_resend, post, resend_payload
from tests.observation.measured import Since, counted
from tests.schema.asking import ask, error_of

pytestmark = pytest.mark.usefixtures("platform")


class TestRequests:
    async def test_are_counted_by_the_template_of_their_route(self, client: AsyncClient) -> None:
        since, app = Since(), await an_app("banners")
        await client.get(f"/{app.id}/shops/{'0' * 24}", headers=await logged_in())
        await client.get("/health/live")
        await client.get("/graphiql")
        route = "/{appId}/shops/{shopId}"
        assert since("allover_http_requests_total", method="GET", route=route, status="404") == 1
        assert since("allover_http_request_seconds_count", route=route) == 1
        assert since("allover_http_requests_total", method="GET", route="/health/live", status="200") == 1
        assert since("allover_http_request_seconds_count", route="/graphiql") == 1

    async def test_of_mails_are_counted_without_their_tokens(self, client: AsyncClient) -> None:
        since = Since()
        await client.get("/t/o/whatever")
        assert since("allover_http_requests_total", method="GET", route="/t/o/{token}", status="200") == 1

    async def test_that_nobody_expected_make_no_series_of_their_own(self, client: AsyncClient) -> None:
        headers = await logged_in()
        ways: list[Callable[[int], Awaitable[object]]] = [
            lambda number: client.get(f"/nothing/here/{number}"),
            lambda number: client.request(f"METHOD{number}", "/health"),
            lambda number: client.request(f"METHOD{number}", f"/nothing/{number}"),
            lambda number: client.get(f"/t/o/{number}"),
            lambda number: client.get(f"/assets/{number}"),
            lambda number: client.get("/graphiql" + "/" * number),
            lambda number: client.get(f"/app-{number}/shops", headers=headers),
            lambda number: client.post(f"/webhooks/resend?{number}", json={"number": number}),
            lambda number: client.post(
                "/graphql", json={"query": f"query Name{number} {{ a{number}: liveness {{ uptime }} }}"}
            ),
            lambda number: client.post("/graphql", json={"query": f"{{ nothing{number} }}"}),
        ]
        for way in ways:
            await way(0)
        before = counted().keys()
        for number in range(1, 20):
            for way in ways:
                await way(number)
        assert counted().keys() == before


class TestOperations:
    async def test_of_graphql_are_counted_by_their_field_and_outcome(self, client: AsyncClient) -> None:
        since, headers = Since(), await logged_in()
        await ask(client, headers, "query Whatever { readiness { stage } }")
        await ask(client, headers, 'mutation { planCreate(appId: "none", input: {handle: "p", name: "P", price: "1"}) '
                  "{ userErrors { message } } }")  # fmt: skip
        await error_of(client, headers, "{ nothing }")
        name = "allover_graphql_operations_total"
        assert since(name, kind="query", field="readiness", outcome="succeeded") == 1
        assert since(name, kind="mutation", field="planCreate", outcome="user_errors") == 1
        assert since(name, kind="refused", field="refused", outcome="refused") == 1

    async def test_that_fail_are_counted_once_by_their_code(self, client: AsyncClient) -> None:
        since = Since()
        await client.get("/none/shops", headers=await logged_in())
        failed = "allover_operation_failures_total"
        assert sum(since(failed, **dict(labels)) for name, labels in counted() if name == failed) == 1
        await client.get("/apps")
        await client.get(f"/{(await an_app('banners')).id}/plans/{'0' * 24}", headers=await logged_in())
        assert since(failed, operation="plans.get_plan", code="NOT_FOUND") == 1


class TestWork:
    @pytest.mark.parametrize(
        ("error", "outcome"),
        [(None, "completed"), (InvalidInput("No"), "failed"), (RuntimeError("boom"), "postponed")],
    )
    async def test_of_jobs_is_counted_by_how_it_ended(self, error: Exception | None, outcome: str) -> None:
        async def handler(_: EmailJob) -> None:
            if error:
                raise error

        since, job = Since(), await a_job()
        async with doing_jobs({KIND: handler}, pace=Pace(look=60, grace=0.05)), asyncio.timeout(10):
            while not since("allover_jobs_total", type=KIND, outcome=outcome):
                await asyncio.sleep(0.005)
        assert since("allover_job_seconds_count", type=KIND) == 1
        assert since("allover_worker_heartbeat_timestamp_seconds") > 0
        assert (await kept(job)).attempts == 1

    async def test_of_webhooks_is_counted_by_sender(self, client: AsyncClient) -> None:
        since, request = Since(), from_resend(resend_payload("email.bounced"))
        for _ in range(2):
            await post(client, "/webhooks/resend", request)
        await client.post("/webhooks/resend", json={})
        counts = [
            since("allover_webhooks_total", provider="resend", outcome=one) for one in ("new", "known", "refused")
        ]
        assert counts == [1, 1, 1]


class TestTheDatabase:
    async def test_is_timed_where_somebody_looks(self, mongo: Mongo, settings: Settings) -> None:
        assert listeners_for(settings) == []
        (times,) = listeners_for(settings.model_copy(update={"metrics_port": 9100}))
        assert isinstance(times, CommandTimes)

    def test_is_timed_by_command(self) -> None:
        since, times = Since(), CommandTimes()
        times.succeeded(SimpleNamespace(command_name="find", duration_micros=1000))  # type: ignore[arg-type]
        times.failed(SimpleNamespace(command_name="unheardOf", duration_micros=1000))  # type: ignore[arg-type]
        name = "allover_database_command_seconds_count"
        assert since(name, command="find", outcome="succeeded") == 1
        assert since(name, command="other", outcome="failed") == 1


async def test_the_event_loop_s_lag_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    since = Since()
    monkeypatch.setattr(event_loop, "LOOK_SECONDS", 0.001)
    watching = asyncio.create_task(event_loop.watch_lag())
    while not since("allover_event_loop_lag_seconds_count"):
        await asyncio.sleep(0.002)
    watching.cancel()
