"""The database and Redis: whether they answer, how fast, and whether they are what the platform needs."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import Any, Final

from bson import ObjectId
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from commands.console import without_password
from commands.database import check_answer, database
from commands.doctor.findings import Finding, bad, doubtful, good, unused
from commands.doctor.work import examine_work
from commands.errors import CommandError
from core import clock
from core.mongo import Mongo
from core.settings import Settings
from models import DOCUMENTS

PATIENCE_SECONDS: Final = 5.0
SCRATCH: Final = "doctor"
"""The collection that a round trip goes through."""
LEAST_VERSION: Final = 6
MOST_SKEW: Final = timedelta(seconds=2)
LEAST_FREE: Final = 0.1
"""Of the database's disk."""


async def examine_stores(settings: Settings) -> list[Finding]:
    return [*[finding async for finding in _database(settings)], await _redis(settings)]


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    is_embedded = settings.mongodb_url is None
    try:
        with database(settings) as url:
            await check_answer(url)
            mongo = Mongo(url, settings.mongodb_database)
            try:
                yield await _answer(mongo, f"{'embedded' if is_embedded else 'MongoDB'} at {without_password(url)}")
                yield await _round_trip(mongo.database)
                if not is_embedded:
                    yield await _version(mongo)
                    yield await _replica_set(mongo)
                    yield await _room(mongo.database)
                yield await _clocks(mongo)
                async for finding in _indexes(mongo.database):
                    yield finding
                async for finding in examine_work(mongo.database, settings):
                    yield finding
            finally:
                await mongo.close()
    except (CommandError, PyMongoError) as error:
        yield bad("Database", str(error))


async def _answer(mongo: Mongo, where: str) -> Finding:
    started = time.perf_counter()
    await mongo.client.admin.command("hello")
    milliseconds = (time.perf_counter() - started) * 1000
    return good("Database", f"{where}, answers in {milliseconds:.1f} ms")


async def _round_trip(collections: AsyncDatabase[dict[str, Any]]) -> Finding:
    scratch, mark = collections[SCRATCH], ObjectId()
    started = time.perf_counter()
    await scratch.insert_one({"_id": mark})
    found = await scratch.find_one({"_id": mark})
    milliseconds = (time.perf_counter() - started) * 1000
    await scratch.drop()
    if found is None:
        return bad("Write and read", "what was written is not found")
    return good("Write and read", f"{milliseconds:.1f} ms, by a majority of the replica set where it has one")


async def _version(mongo: Mongo) -> Finding:
    version = str((await mongo.client.admin.command("buildInfo"))["version"])
    if int(version.partition(".")[0]) < LEAST_VERSION:
        return bad("MongoDB", f"{version}: use {LEAST_VERSION} or newer (7 is what we test with)")
    return good("MongoDB", version)


async def _replica_set(mongo: Mongo) -> Finding:
    """Without one, writes can't be tried again by the driver, and a restart of the server is an outage."""
    hello = await mongo.client.admin.command("hello")
    if "setName" not in hello:
        return bad("Replica set", "none: start mongod with --replSet, also where it is one server alone")
    if not hello.get("isWritablePrimary"):
        return bad("Replica set", f"{hello['setName']} has no primary that answers here: nothing can be written")
    return good("Replica set", f"{hello['setName']}, {len(hello.get('hosts', []))} members with data")


async def _room(collections: AsyncDatabase[dict[str, Any]]) -> Finding:
    stats = await collections.command("dbStats")
    total, used = stats.get("fsTotalSize", 0), stats.get("fsUsedSize", 0)
    size = f"{(stats.get('dataSize', 0) + stats.get('indexSize', 0)) / 1024**3:,.1f} GiB of documents and indexes"
    if total and (total - used) / total < LEAST_FREE:
        return doubtful("Database disk", f"{size}; {100 * used / total:.0f} % of the disk is used: make room")
    return good("Database disk", f"{size}" + (f"; {100 * used / total:.0f} % of the disk is used" if total else ""))


async def _clocks(mongo: Mongo) -> Finding:
    """Leases are compared by the clocks of those who hold them."""
    asked = clock.now()
    told = (await mongo.client.admin.command("hello"))["localTime"].replace(tzinfo=UTC)
    skew = told - (asked + (clock.now() - asked) / 2)
    milliseconds = f"{abs(skew) / timedelta(milliseconds=1):.0f} ms"
    if abs(skew) > MOST_SKEW:
        return bad("Clocks", f"this machine and the database differ by {milliseconds}: run an NTP client on both")
    return good("Clocks", f"this machine and the database differ by {milliseconds}")


async def _indexes(collections: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[Finding]:
    """Compared by name, before the server would create them."""
    declared = {
        (document.Settings.name, index.document["name"])
        for document in DOCUMENTS
        for index in document.Settings.indexes
    }
    present = {
        (name, index)
        for name in await collections.list_collection_names()
        for index in await collections[name].index_information()
    }
    if not declared & present:
        yield unused("Indexes", "none yet: the server creates them when it starts")
        return
    if missing := _names(declared - present):
        yield bad("Indexes", f"start the server, which creates what is missing: {missing}")
    else:
        yield good("Indexes", f"all {len(declared)} present")
    ours = {document.Settings.name for document in DOCUMENTS}
    others = {(name, index) for name, index in present - declared if name in ours and index != "_id_"}
    if others:
        yield doubtful("Other indexes", f"nothing we ask needs them, and each write pays: {_names(others)}")


def _names(indexes: set[tuple[str, str]]) -> str:
    return ", ".join(sorted(f"{name}.{index}" for name, index in indexes))


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return unused("Redis", "not used: the server does the background work itself")
    url = settings.redis_url.get_secret_value()
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), Redis.from_url(url) as redis:
            await redis.ping()
            milliseconds = (time.perf_counter() - started) * 1000
            hint = await _persistence(redis)
    except (RedisError, OSError, TimeoutError) as error:
        return bad("Redis", f"{without_password(url)} does not answer: {error or 'no reply in time'}")
    return good("Redis", f"{without_password(url)}, answers in {milliseconds:.1f} ms; {hint}")


async def _persistence(redis: Redis) -> str:
    try:
        found = await redis.info("persistence")
    except RedisError:
        return "whether it keeps anything may not be asked"
    if found.get("aof_enabled"):
        return "it writes a log of all commands, which nothing here needs"
    return "it need keep nothing: what is lost with it are wake-ups, rate limits and events on their way"
