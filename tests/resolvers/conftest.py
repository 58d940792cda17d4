"""What tests of operations share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from core.settings import Settings
from mail.providers.memory import MemoryProvider
from resolvers.outbox import sending_mail


@pytest_asyncio.fixture
async def post(settings: Settings) -> AsyncIterator[MemoryProvider]:
    """This process sends mail: what was sent is in here."""
    provider = MemoryProvider()
    async with sending_mail(settings, provider):
        yield provider
