"""Messages for whoever listens just now (GraphQL subscriptions). Nothing depends on their arrival: the database is
the truth."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.background import stopped
from core.settings import Settings

BACKLOG: Final = 100
"""A listener that is further behind loses the oldest messages."""
CHANNEL: Final = "allover:topics"

log = structlog.get_logger(__name__)

Message = dict[str, Any]


class Topics:
    """Inside one process; with Redis over all of them."""

    def __init__(self, settings: Settings) -> None:
        self._listeners: defaultdict[str, set[asyncio.Queue[Message]]] = defaultdict(set)
        self._redis: Redis | None = (
            Redis.from_url(settings.redis_url.get_secret_value()) if settings.redis_url is not None else None
        )
        self._relay: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._redis is not None:
            self._relay = asyncio.create_task(self._relay_from(self._redis))

    async def stop(self) -> None:
        if self._relay is not None:
            await stopped(self._relay)
        if self._redis is not None:
            await self._redis.aclose()

    async def answers(self, timeout_seconds: float) -> bool | None:
        """Whether Redis answers in time; None where it is not used."""
        if self._redis is None:
            return None
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True

    async def publish(self, topic: str, message: Message) -> None:
        if self._redis is None:
            self._deliver(topic, message)
            return
        try:
            await self._redis.publish(CHANNEL, orjson.dumps([topic, message]))
        except RedisError:
            log.warning("topics.publish_failed", topic=topic)
            self._deliver(topic, message)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[AsyncIterator[Message]]:
        """From entering the block on, no message is missed (but for a listener that falls `BACKLOG` behind)."""
        queue: asyncio.Queue[Message] = asyncio.Queue(BACKLOG)
        self._listeners[topic].add(queue)
        try:
            yield _drain(queue)
        finally:
            self._listeners[topic].discard(queue)
            if not self._listeners[topic]:
                del self._listeners[topic]

    @asynccontextmanager
    async def signal(self, *topics: str) -> AsyncIterator[asyncio.Event]:
        """An event that every message on any of the topics sets: for a listener who then looks at the truth, once for
        however many."""
        arrived = asyncio.Event()

        async def watch(messages: AsyncIterator[Message]) -> None:
            async for _ in messages:
                arrived.set()

        async with AsyncExitStack() as stack:
            for topic in topics:
                watching = asyncio.create_task(watch(await stack.enter_async_context(self.listen(topic))))
                stack.push_async_callback(stopped, watching)
            yield arrived

    def _deliver(self, topic: str, message: Message) -> None:
        for queue in self._listeners.get(topic, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(message)

    async def _relay_from(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._deliver(*orjson.loads(message["data"]))
            except RedisError:
                log.warning("topics.redis_lost")
                await asyncio.sleep(1)


async def _drain(queue: asyncio.Queue[Message]) -> AsyncIterator[Message]:
    while True:
        yield await queue.get()
