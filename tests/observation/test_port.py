"""The port for those who watch."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect

from commands.observation import observing
from core import runtime as runtimes
from core.settings import Settings
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers import job_measurements
from tests.factories.email_jobs import KIND, a_job, an_ended_job
from tests.observation.measured import counted, value_of

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_measurements, "_fresh_until", 0.0)


@pytest_asyncio.fixture
async def watcher(settings: Settings) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(observing(settings)), base_url="http://test") as http:
        yield http


async def test_shows_what_prometheus_reads(watcher: AsyncClient) -> None:
    await a_job()
    await an_ended_job(EmailJobStatus.DEAD, "count_goats")
    answer = await watcher.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'allover_open_jobs{status="pending",type="count_sheep"} 1.0' in answer.text
    assert "allover_dead_jobs 1.0" in answer.text
    assert "allover_database_up 1.0" in answer.text
    assert "process_resident_memory_bytes" in answer.text


async def test_says_how_long_the_oldest_job_waits_and_asks_no_more_often_than_it_must(watcher: AsyncClient) -> None:
    await watcher.get("/metrics")
    await a_job()
    await watcher.get("/metrics")
    assert value_of(counted(), "allover_open_jobs", type=KIND, status="pending") == 0


async def test_asks_for_the_token(settings: Settings) -> None:
    guarded = settings.model_copy(update={"metrics_token": SecretStr("a token of the tests")})
    async with AsyncClient(transport=ASGITransport(observing(guarded)), base_url="http://test") as http:
        refused = [await http.get("/metrics"), await http.get("/metrics", headers={"Authorization": "Bearer no"})]
        taken = await http.get("/metrics", headers={"Authorization": "Bearer a token of the tests"})
        health = await http.get("/health/ready")
    assert [answer.status_code for answer in [*refused, taken, health]] == [401, 401, 200, 200]


async def test_says_so_when_the_database_does_not_answer(watcher: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise AutoReconnect("The database does not answer")

    monkeypatch.setattr(EmailJob, "aggregate", silent)
    monkeypatch.setattr(AsyncDatabase, "command", silent)
    answers = [await watcher.get(path) for path in ("/metrics", "/health/live", "/health/ready")]
    assert "allover_database_up 0.0" in answers[0].text
    assert "allover_dead_jobs NaN" in answers[0].text
    assert [answer.status_code for answer in answers] == [200, 200, 503]


async def test_answers_while_the_process_is_still_starting(
    watcher: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "_current", None)
    answer = await watcher.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "starting")
    assert (await watcher.get("/health/live")).json()["status"] == "live"
    assert "allover_database_up 0.0" in (await watcher.get("/metrics")).text
