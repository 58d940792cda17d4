"""Rate limits: moving windows in memory, or in Redis where several processes share them."""

import math
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from core.errors import RateLimited
from core.settings import Settings

LOGIN_FAILURES: Final = RateLimitItemPerMinute(10, 15, namespace="login")


class RateLimits:
    def __init__(self, settings: Settings) -> None:
        self._storage = _storage(settings)
        self._exact = MovingWindowRateLimiter(self._storage)
        self._cheap = SlidingWindowCounterRateLimiter(self._storage)

    async def count(self, limit: RateLimitItem, *subject: str) -> None:
        """Counts one call; raises `RateLimited` beyond the limit."""
        if not await self._cheap.hit(limit, *subject):
            raise await self._refusal(self._cheap, limit, *subject)

    async def attempt(self, limit: RateLimitItem, *subject: str) -> None:
        """Counts an attempt before its outcome is known, so that many at once are not all let through; to be forgotten
        when it succeeds. Raises `RateLimited` beyond the limit."""
        if not await self._exact.hit(limit, *subject):
            raise await self._refusal(self._exact, limit, *subject)

    async def check_failures(self, limit: RateLimitItem, *subject: str) -> None:
        """Raises `RateLimited` when so many failures were recorded; counts nothing."""
        if not await self._exact.test(limit, *subject):
            raise await self._refusal(self._exact, limit, *subject)

    async def record_failure(self, limit: RateLimitItem, *subject: str) -> None:
        await self._exact.hit(limit, *subject)

    async def forget(self, limit: RateLimitItem, *subject: str) -> None:
        await self._exact.clear(limit, *subject)

    async def _refusal(
        self, limiter: MovingWindowRateLimiter | SlidingWindowCounterRateLimiter, limit: RateLimitItem, *subject: str
    ) -> RateLimited:
        reset = (await limiter.get_window_stats(limit, *subject)).reset_time
        seconds = max(1, math.ceil(reset - time.time()))
        return RateLimited(f"Too many attempts: try again in {seconds} seconds", seconds)


def _storage(settings: Settings) -> Storage:
    if settings.redis_url is None:
        return MemoryStorage()
    return RedisStorage("async+" + settings.redis_url.get_secret_value(), implementation="redispy")
