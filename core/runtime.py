"""What a running process has besides its documents: settings, tokens, rate limits, topics. Opened once at start."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from beanie import Document

from core.database_commands import listeners_for
from core.mongo import Mongo
from core.rate_limits import RateLimits
from core.settings import Settings
from core.tokens import Tokens
from core.topics import Topics


@dataclass(frozen=True, slots=True)
class Runtime:
    settings: Settings
    mongo: Mongo
    tokens: Tokens
    limits: RateLimits
    topics: Topics


_current: Runtime | None = None


def start(settings: Settings, mongo: Mongo) -> Runtime:
    """Makes `runtime()` answer for this process."""
    global _current  # noqa: PLW0603 - one runtime per process, set at start
    _current = Runtime(settings, mongo, Tokens(settings), RateLimits(settings), Topics(settings))
    return _current


@asynccontextmanager
async def running(settings: Settings, mongo_url: str, documents: Sequence[type[Document]]) -> AsyncIterator[Runtime]:
    """Connects, creates missing indexes, makes `runtime()` answer within the block, and closes what it opened."""
    mongo = Mongo(mongo_url, settings.mongodb_database, listeners_for(settings))
    try:
        await mongo.bind(documents)
        current = start(settings, mongo)
        await current.topics.start()
        try:
            yield current
        finally:
            await current.topics.stop()
    finally:
        await mongo.close()


def is_running() -> bool:
    """Whether `runtime()` answers: a process that is still starting has connected to nothing."""
    return _current is not None


def runtime() -> Runtime:
    if _current is None:
        raise RuntimeError("core.runtime.start was not called")
    return _current
