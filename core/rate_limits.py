"""Rate limits: moving windows in memory, or in Redis where several processes share them."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from core.errors import RateLimited
from core.settings import Settings

LOGIN_FAILURES: Final = RateLimitItemPerMinute(10, 15, namespace="login")
PATIENCE_SECONDS: Final = 1.0
APART_SECONDS: Final = 5.0
"""For how long each process counts for itself after Redis did not answer."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Limiters:
    """Both ways of counting, in one place."""

    def __init__(self, storage: Storage) -> None:
        self.exact = MovingWindowRateLimiter(storage)
        self.cheap = SlidingWindowCounterRateLimiter(storage)


class RateLimits:
    """Where Redis does not answer, each process counts for itself: limits are then as many times higher as there are
    processes, and nobody is turned away for it."""

    def __init__(self, settings: Settings) -> None:
        self._own = Limiters(MemoryStorage())
        self._shared = None if settings.redis_url is None else Limiters(_redis(settings.redis_url.get_secret_value()))
        self._apart_until = 0.0

    async def count(self, limit: RateLimitItem, *subject: str) -> None:
        """Counts one call; raises `RateLimited` beyond the limit."""
        await self._ask(lambda limiters: _hit(limiters.cheap, limit, *subject))

    async def attempt(self, limit: RateLimitItem, *subject: str) -> None:
        """Counts an attempt before its outcome is known, so that many at once are not all let through; to be forgotten
        when it succeeds. Raises `RateLimited` beyond the limit."""
        await self._ask(lambda limiters: _hit(limiters.exact, limit, *subject))

    async def check_failures(self, limit: RateLimitItem, *subject: str) -> None:
        """Raises `RateLimited` when so many failures were recorded; counts nothing."""
        await self._ask(lambda limiters: _test(limiters.exact, limit, *subject))

    async def record_failure(self, limit: RateLimitItem, *subject: str) -> None:
        await self._ask(lambda limiters: limiters.exact.hit(limit, *subject))

    async def forget(self, limit: RateLimitItem, *subject: str) -> None:
        await self._ask(lambda limiters: limiters.exact.clear(limit, *subject))

    async def _ask(self, question: Callable[[Limiters], Awaitable[T]]) -> T:
        if self._shared is None or time.monotonic() < self._apart_until:
            return await question(self._own)
        try:
            return await question(self._shared)
        except (RedisError, OSError) as error:
            log.warning("rate_limits.redis_lost", error=type(error).__name__)
            self._apart_until = time.monotonic() + APART_SECONDS
            return await question(self._own)


async def _hit(limiter: RateLimiter, limit: RateLimitItem, *subject: str) -> None:
    if not await limiter.hit(limit, *subject):
        raise await _refusal(limiter, limit, *subject)


async def _test(limiter: RateLimiter, limit: RateLimitItem, *subject: str) -> None:
    if not await limiter.test(limit, *subject):
        raise await _refusal(limiter, limit, *subject)


async def _refusal(limiter: RateLimiter, limit: RateLimitItem, *subject: str) -> RateLimited:
    reset = (await limiter.get_window_stats(limit, *subject)).reset_time
    seconds = max(1, math.ceil(reset - time.time()))
    return RateLimited(f"Too many attempts: try again in {seconds} seconds", seconds)


def _redis(url: str) -> Storage:
    return RedisStorage(
        f"async+{url}",
        implementation="redispy",
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
    )
