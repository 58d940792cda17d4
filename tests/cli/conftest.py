"""What tests of commands share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from core.mongo import Mongo
from models import DOCUMENTS


@pytest_asyncio.fixture
async def of_its_own(mongo: Mongo) -> AsyncIterator[None]:
    """A command that runs in this process binds the documents to its database: afterwards they belong to the tests'
    again."""
    yield
    await mongo.bind(DOCUMENTS)
