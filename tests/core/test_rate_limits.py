"""Rate limits, in memory."""

import asyncio

import pytest
from limits import RateLimitItemPerMinute
from pydantic import SecretStr

from core.errors import RateLimited
from core.rate_limits import RateLimits
from core.settings import Settings

THREE = RateLimitItemPerMinute(3)


@pytest.fixture
def limits() -> RateLimits:
    return RateLimits(Settings())


async def test_calls_are_counted_for_each_subject(limits: RateLimits) -> None:
    for _ in range(3):
        await limits.count(THREE, "key", "1")
    with pytest.raises(RateLimited) as refused:
        await limits.count(THREE, "key", "1")
    assert 1 <= refused.value.retry_after <= 60
    assert str(refused.value.retry_after) in refused.value.message
    assert refused.value.headers == {"Retry-After": str(refused.value.retry_after)}
    await limits.count(THREE, "key", "2")


async def test_only_failures_are_counted_where_failures_count(limits: RateLimits) -> None:
    for _ in range(10):
        await limits.check_failures(THREE, "client")
    for _ in range(3):
        await limits.record_failure(THREE, "client")
    with pytest.raises(RateLimited):
        await limits.check_failures(THREE, "client")


async def test_of_attempts_at_once_no_more_than_the_limit_get_through(limits: RateLimits) -> None:
    answers = await asyncio.gather(*(limits.attempt(THREE, "ada") for _ in range(10)), return_exceptions=True)
    assert answers.count(None) == 3


async def test_what_succeeded_is_forgotten(limits: RateLimits) -> None:
    for _ in range(2):
        for _ in range(3):
            await limits.attempt(THREE, "ada")
        await limits.forget(THREE, "ada")
    await limits.attempt(THREE, "ada")


async def test_each_process_counts_for_itself_while_redis_does_not_answer(settings: Settings) -> None:
    away = RateLimits(settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:9")}))
    limit = RateLimitItemPerMinute(2)
    for _ in range(2):
        await away.count(limit, "ada")
    with pytest.raises(RateLimited):
        await away.count(limit, "ada")
    await away.record_failure(limit, "bob")
    await away.forget(limit, "bob")
    await away.check_failures(limit, "bob")
