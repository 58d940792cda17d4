"""What the walking tests share."""

from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import AsyncClient

from tests.contract.requests import an_owner
from tests.contract.requests.calling import Caller


@pytest_asyncio.fixture
async def caller(client: AsyncClient) -> Caller:
    return await an_owner(client)


@pytest.fixture(scope="session")
def openapi(web_app: FastAPI) -> dict[str, Any]:
    return web_app.openapi()
