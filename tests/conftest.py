"""One database server per run, a database per process, and each test's own writes cleared after it.

`--mongo embedded` (the default) starts the embedded server, `--mongo memory` uses mongomock inside the process (the
fast inner loop), `--mongo mongodb://…` takes a real server.
"""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import bcrypt
import hypothesis
import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck
from pydantic import SecretStr

from app import create_app
from core import passwords, runtime
from core.mongo import Mongo
from core.runtime import Runtime
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from tests.collections_written import CollectionsWritten
from tests.databases import URL_VARIABLE, connected

HERE: Final = Path(__file__).parent
SLOW: Final = {"cli", "seed", "stories", "tasks"}
"""Whose tests start processes, or found a company."""
SENDGRID_KEYS: Final = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEh7k9esDGvG9N/ZmxN97RdF/Js3BlIJ6GFs/1mVdeGqWxxk0BzxIInbXVn/LcDb10c8Z2ca1lnQUGJvIGoM3Ikw==",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEo8elRjDn0CmsL+R4k2zg4Q/cVi3oqrf/jzSB4armhPZ5+q1aH5wcba0ps5mIJLGuW5qdVFnhU7LH1JVlgvs9GA==",
)
"""The public halves of those in `tests/factories/inbound.py`."""
SETTINGS: Final = Settings(
    secret_key=SecretStr("a secret of the tests, 32 characters and more"),
    resend_webhook_secrets=(SecretStr("whsec_bmV3ZXN0IHNlY3JldA=="), SecretStr("whsec_b2xkZXIgc2VjcmV0")),
    cold_provider_secrets=(SecretStr("newest cold secret"), SecretStr("older cold secret")),
    inbound_postmark_passwords=(SecretStr("newest password"), SecretStr("older password")),
    inbound_mailgun_keys=(SecretStr("newest mailgun key"), SecretStr("older mailgun key")),
    inbound_sendgrid_keys=tuple(map(SecretStr, SENDGRID_KEYS)),
    inbound_raw_secrets=(SecretStr("newest raw secret"), SecretStr("older raw secret")),
)

passwords.COST = 4
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mongo", default="embedded", help="embedded, memory, or the URL of a server")


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the workers starts the server too."""
    choice = config.getoption("--mongo")
    if hasattr(config, "workerinput") or choice == "memory":
        return
    if choice == "embedded":
        server = EmbeddedMongo()
        server.start()
        config.add_cleanup(server.stop)
        choice = server.url
    os.environ[URL_VARIABLE] = choice


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several workers, none is left with the slow ones while the others have done all the rest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in SLOW)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What was loaded and collected stays, so the collector of garbage need not look at it again after each few tests,
    nor often at all: that took a quarter of their time."""
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()


@pytest.fixture(scope="session")
def settings() -> Settings:
    return SETTINGS


@pytest_asyncio.fixture(scope="session")
async def mongo(request: pytest.FixtureRequest, worker_id: str) -> AsyncIterator[Mongo]:
    written = CollectionsWritten()
    name = f"test_{worker_id}"
    database = connected(request.config, name, written)
    await database.client.drop_database(name)
    await database.bind(DOCUMENTS)
    database.written = written  # type: ignore[attr-defined]
    yield database
    await database.client.drop_database(name)
    await database.close()


@pytest_asyncio.fixture
async def platform(mongo: Mongo, settings: Settings) -> AsyncIterator[Runtime]:
    """A running platform with an empty database."""
    yield runtime.start(settings, mongo)
    for name in mongo.written.take() or await mongo.database.list_collection_names():  # type: ignore[attr-defined]
        await mongo.database[name].delete_many({})


@pytest.fixture(scope="session")
def web_app(settings: Settings) -> FastAPI:
    return create_app(settings, mongo_url="mongodb://unused")


@pytest_asyncio.fixture
async def client(platform: Runtime, web_app: FastAPI) -> AsyncIterator[AsyncClient]:
    """HTTP to the application inside this process."""
    async with AsyncClient(transport=ASGITransport(web_app), base_url="http://test") as http:
        yield http


@pytest.fixture(scope="session")
def hashed_password() -> Iterator[str]:
    yield bcrypt.hashpw(b"correct horse battery", bcrypt.gensalt(4)).decode()
