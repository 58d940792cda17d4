"""Spans, where they are asked for."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from httpx import AsyncClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from core import tracing
from core.database_commands import CommandSpans, listeners_for
from core.errors import SettingsError
from core.settings import Settings
from models.email_jobs import EmailJob
from tasks.jobs import Pace, doing_jobs
from tests.architecture.project import ROOT
from tests.factories.apps import an_app
from tests.factories.email_jobs import KIND, a_job, kept
from tests.factories.people import logged_in
from tests.schema.asking import ask

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider.get_tracer("tests"))
    yield exporter
    tracing.use(None)


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    finished = {one.name: one for one in spans.get_finished_spans()}
    assert name in finished, list(finished)
    return finished[name]


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


async def test_a_request_goes_on_with_the_trace_of_its_sender(client: AsyncClient, spans: InMemorySpanExporter) -> None:
    app = await an_app("banners")
    await client.get(f"/{app.id}/plans/stats", headers={**await logged_in(), "traceparent": PARENT})
    request, operation = named(spans, "GET /{appId}/plans/stats"), named(spans, "plans.plan_stats")
    assert (trace_of(request), request.kind) == (TRACE, SpanKind.SERVER)
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 200
    assert operation.parent is not None
    assert operation.parent == request.context


async def test_a_query_is_a_span_of_its_own(client: AsyncClient, spans: InMemorySpanExporter) -> None:
    await ask(client, {}, "query Anything { liveness { uptime } }")
    query = named(spans, "query liveness")
    assert query.parent == named(spans, "POST /graphql").context
    assert named(spans, "health.get_liveness").parent == query.context


async def test_what_fails_is_told(client: AsyncClient, spans: InMemorySpanExporter) -> None:
    await client.get("/none/plans/stats", headers=await logged_in())
    assert not named(spans, "plans.plan_stats").status.is_ok


@pytest.mark.usefixtures("platform")
async def test_a_job_is_part_of_the_trace_that_left_it(spans: InMemorySpanExporter) -> None:
    async def handler(_: EmailJob) -> None:
        pass

    with tracing.span("a request", parent=PARENT):
        job = await a_job()
    async with doing_jobs({KIND: handler}, pace=Pace(look=60, grace=0.05)), asyncio.timeout(10):
        while (await kept(job)).open or not spans.get_finished_spans()[-1].name.startswith("job"):
            await asyncio.sleep(0.005)
    assert trace_of(named(spans, f"job {KIND}")) == TRACE


def test_commands_are_told_without_their_values(spans: InMemorySpanExporter, settings: Settings) -> None:
    (listener,) = listeners_for(settings.model_copy(update={"tracing": True}))
    assert isinstance(listener, CommandSpans)
    command: Any = SimpleNamespace(
        command_name="find",
        command={"find": "shops", "filter": {"email": "a@b"}},
        database_name="allover",
        request_id=1,
    )
    listener.started(command)
    listener.succeeded(command)
    command.failure = {"codeName": "MaxTimeMSExpired"}
    listener.started(command)
    listener.failed(command)
    good, bad = spans.get_finished_spans()
    assert (good.name, good.kind) == ("find shops", SpanKind.CLIENT)
    assert "a@b" not in str(good.attributes)
    assert bad.attributes is not None
    assert bad.attributes["error.type"] == "MaxTimeMSExpired"


@pytest.mark.usefixtures("platform")
async def test_without_it_nothing_is_carried_or_listened_to(settings: Settings) -> None:
    assert tracing.span("anything") is tracing.NOTHING
    assert (await a_job()).trace is None
    assert listeners_for(settings) == []


def test_packages_that_are_missing_are_said_so(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    tracing.begin_tracing(settings)
    with pytest.raises(SettingsError, match=r"pip install '.\[otel\]'"):
        tracing.begin_tracing(settings.model_copy(update={"tracing": True}))


def test_nothing_is_imported_that_is_not_asked_for() -> None:
    program = "import sys, core.tracing, core.web; sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
