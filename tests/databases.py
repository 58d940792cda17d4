"""The databases of tests, and what is sent to them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandSucceededEvent

from core.mongo import Mongo
from models import DOCUMENTS
from tests.mongo_memory import MemoryMongo

URL_VARIABLE: Final = "ALLOVER_TEST_MONGODB_URL"


class Listener(CommandListener):
    """Hears what the driver sends, as a subclass says, and not what comes back."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def is_in_memory(config: pytest.Config) -> bool:
    return bool(config.getoption("--mongo") == "memory")


def connected(config: pytest.Config, name: str, *listeners: CommandListener) -> Mongo:
    """To a database of this name; inside the process nobody hears anything."""
    return MemoryMongo(name) if is_in_memory(config) else Mongo(os.environ[URL_VARIABLE], name, listeners)


@asynccontextmanager
async def heard(mongo: Mongo, config: pytest.Config, listener: CommandListener) -> AsyncIterator[Mongo]:
    """A second connection to the tests' database: within the block the documents speak to it, and `listener` hears."""
    if is_in_memory(config):
        pytest.skip("mongomock sends no commands")
    second = connected(config, mongo.database.name, listener, mongo.written)  # type: ignore[attr-defined]
    await second.bind(DOCUMENTS)
    yield second
    await mongo.bind(DOCUMENTS)
    await second.close()
