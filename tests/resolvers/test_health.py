"""Is the server able to work?"""

from core.actor import Actor
from core.mongo import Mongo
from core.runtime import Runtime, start
from resolvers.health import get_health


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
