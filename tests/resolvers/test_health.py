"""Is the server able to work?"""

import pytest

from core import runtime as runtimes
from core import stopping
from core.actor import Actor
from core.mongo import Mongo
from core.runtime import Runtime, start
from resolvers.health import Stage, get_health, get_liveness, get_readiness


async def test_says_ok_to_anybody(platform: Runtime) -> None:
    found = await get_health(Actor.anonymous())
    assert (found.status, found.databases.connected, found.databases.total) == ("ok", 1, 1)
    assert found.memory.rss >= found.memory.heap_used > 0
    assert found.uptime > 0


async def test_says_degraded_when_the_database_does_not_answer(platform: Runtime) -> None:
    nowhere = Mongo("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100", "nowhere")
    start(platform.settings, nowhere)
    try:
        found = await get_health(Actor.anonymous())
    finally:
        await nowhere.close()
    assert (found.status, found.databases.failed) == ("degraded", 1)


class TestReadiness:
    async def test_is_when_all_that_is_needed_answers(self, platform: Runtime) -> None:
        found = await get_readiness(Actor.anonymous())
        assert (found.stage, found.database, found.broker) == (Stage.READY, True, None)

    async def test_is_not_before_the_start_has_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runtimes, "_current", None)
        assert (await get_readiness(Actor.anonymous())).stage is Stage.STARTING
        assert (await get_liveness(Actor.anonymous())).uptime > 0

    async def test_is_not_once_the_process_was_told_to_end(
        self, platform: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stopping, "_is_stopping", True)
        found = await get_readiness(Actor.anonymous())
        assert (found.stage, found.database) == (Stage.STOPPING, True)

    async def test_is_not_while_the_database_does_not_answer(
        self, platform: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def silent(self: object, timeout_seconds: float) -> bool:
            return False

        monkeypatch.setattr(type(platform.mongo), "answers", silent)
        found = await get_readiness(Actor.anonymous())
        assert (found.stage, found.database) == (Stage.UNAVAILABLE, False)

    async def test_does_not_end_with_redis(self, platform: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
        async def silent(self: object, timeout_seconds: float) -> bool:
            return False

        monkeypatch.setattr(type(platform.topics), "answers", silent)
        found = await get_readiness(Actor.anonymous())
        assert (found.stage, found.database, found.broker) == (Stage.READY, True, False)
