"""Redis for the tests of background work."""

import socket
from collections.abc import AsyncIterator

import pytest_asyncio
from pydantic import SecretStr

from core.settings import Settings
from tests.tasks.redis_server import started_redis, until_it_answers


@pytest_asyncio.fixture
async def redis_settings(settings: Settings) -> AsyncIterator[Settings]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = started_redis(port)
    url = f"redis://127.0.0.1:{port}"
    try:
        await until_it_answers(url)
        yield settings.model_copy(update={"redis_url": SecretStr(url)})
    finally:
        server.kill()
        server.wait()
