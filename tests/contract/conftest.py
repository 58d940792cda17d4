"""What the walking tests share."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import AsyncClient

from core.runtime import Runtime
from tests.contract.requests import an_owner
from tests.contract.requests.calling import Caller
from tests.factories.slack import FakeSlack, slack_for


@pytest_asyncio.fixture
async def caller(client: AsyncClient) -> Caller:
    return await an_owner(client)


@pytest.fixture(scope="session")
def openapi(web_app: FastAPI) -> dict[str, Any]:
    return web_app.openapi()


@pytest_asyncio.fixture
async def slack(platform: Runtime) -> AsyncIterator[FakeSlack]:
    """The platform may post to it."""
    async with slack_for(platform) as server:
        yield server
