"""`allover doctor`: what is configured, what answers, and how fast. Shows no secret."""

import asyncio
import platform
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import pymongo
from bson import ObjectId
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import VERSION
from commands.console import OUTPUT, without_password
from commands.database import check_answer, database
from commands.errors import CommandError
from commands.secret import FILE
from core.mongo import Mongo
from core.settings import DEVELOPMENT_SECRET, SHORTEST_SECRET, Settings, SettingsError
from mail.providers import Unavailable
from mail.providers.opening import open_provider, open_signer
from models import DOCUMENTS
from pages.routes import BUILT

PATIENCE_SECONDS: Final = 5.0
SCRATCH: Final = "doctor"
"""The collection that a round trip goes through."""


class Mark(StrEnum):
    GOOD = "[green]✓[/]"
    BAD = "[red]✗[/]"
    UNUSED = "[dim]–[/]"  # noqa: RUF001  a dash, as meant


@dataclass(frozen=True, slots=True)
class Finding:
    mark: Mark
    subject: str
    detail: str


def examine(settings: Settings) -> None:
    """Prints a line per finding; ends with status 1 where something that is needed fails."""
    findings = [*_configuration(settings), *asyncio.run(_answering(settings))]
    for finding in findings:
        OUTPUT.print(f"{finding.mark} {finding.subject:<16}", end="")
        OUTPUT.print(finding.detail, markup=False, highlight=False, soft_wrap=True)
    if any(finding.mark is Mark.BAD for finding in findings):
        sys.exit(1)


def _configuration(settings: Settings) -> Iterator[Finding]:
    versions = f"allover {VERSION}, Python {platform.python_version()}, PyMongo {pymongo.version}"
    yield Finding(Mark.GOOD, "Versions", versions)
    yield Finding(Mark.GOOD, "Environment", settings.environment.value)
    yield Finding(Mark.GOOD, "Public URL", settings.public_url)
    yield _secret(settings)
    built = (BUILT / "graphiql.html").exists()
    yield (
        Finding(Mark.GOOD, "Pages", "built")
        if built
        else Finding(Mark.UNUSED, "Pages", "not built: `make assets` (needs Node); the API runs without")
    )


def _secret(settings: Settings) -> Finding:
    if settings.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
        return Finding(Mark.GOOD, "Secret", f"generated, in {settings.data_folder / FILE}")
    length = len(settings.secret_key.get_secret_value())
    if length < SHORTEST_SECRET:
        return Finding(
            Mark.BAD, "Secret", f"SECRET_KEY has {length} characters: use at least {SHORTEST_SECRET} random ones"
        )
    return Finding(Mark.GOOD, "Secret", f"SECRET_KEY, {length} characters")


async def _answering(settings: Settings) -> list[Finding]:
    stores = [*[finding async for finding in _database(settings)], await _redis(settings)]
    return [*stores, await _mail(settings), _signature(settings)]


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    kind = "embedded" if settings.mongodb_url is None else "MongoDB"
    try:
        with database(settings) as url:
            await check_answer(url)
            mongo = Mongo(url, settings.mongodb_database)
            try:
                yield await _answer(mongo, f"{kind} at {without_password(url)}")
                yield await _round_trip(mongo.database)
                yield await _indexes(mongo.database)
            finally:
                await mongo.close()
    except (CommandError, PyMongoError) as error:
        yield Finding(Mark.BAD, "Database", str(error))


async def _answer(mongo: Mongo, where: str) -> Finding:
    started = time.perf_counter()
    hello = await mongo.client.admin.command("hello")
    milliseconds = (time.perf_counter() - started) * 1000
    replica_set = f", replica set {hello['setName']}" if "setName" in hello else ""
    return Finding(Mark.GOOD, "Database", f"{where}{replica_set}, answers in {milliseconds:.1f} ms")


async def _round_trip(collections: AsyncDatabase[dict[str, Any]]) -> Finding:
    scratch, mark = collections[SCRATCH], ObjectId()
    started = time.perf_counter()
    await scratch.insert_one({"_id": mark})
    found = await scratch.find_one({"_id": mark})
    milliseconds = (time.perf_counter() - started) * 1000
    await scratch.drop()
    if found is None:
        return Finding(Mark.BAD, "Write and read", "what was written is not found")
    return Finding(Mark.GOOD, "Write and read", f"{milliseconds:.1f} ms")


async def _indexes(collections: AsyncDatabase[dict[str, Any]]) -> Finding:
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
        return Finding(Mark.UNUSED, "Indexes", "none yet: the server creates them when it starts")
    if missing := sorted(f"{name}.{index}" for name, index in declared - present):
        return Finding(Mark.BAD, "Indexes", f"start the server, which creates what is missing: {', '.join(missing)}")
    return Finding(Mark.GOOD, "Indexes", f"all {len(declared)} present")


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return Finding(Mark.UNUSED, "Redis", "not used: the server does the background work itself")
    url = settings.redis_url.get_secret_value()
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), Redis.from_url(url) as redis:
            await redis.ping()
    except (RedisError, OSError, TimeoutError) as error:
        return Finding(Mark.BAD, "Redis", f"{without_password(url)} does not answer: {error or 'no reply in time'}")
    milliseconds = (time.perf_counter() - started) * 1000
    return Finding(Mark.GOOD, "Redis", f"{without_password(url)}, answers in {milliseconds:.1f} ms")


async def _mail(settings: Settings) -> Finding:
    started = time.perf_counter()
    try:
        provider = open_provider(settings)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answered = await provider.check()
        finally:
            await provider.close()
    except (SettingsError, Unavailable, TimeoutError) as error:
        return Finding(Mark.BAD, "Mail", f"{settings.mail_provider}: {error or 'no reply in time'}")
    milliseconds = (time.perf_counter() - started) * 1000
    return Finding(Mark.GOOD, "Mail", f"{settings.mail_provider}: {answered}, answers in {milliseconds:.1f} ms")


def _signature(settings: Settings) -> Finding:
    try:
        signer = open_signer(settings)
    except SettingsError as error:
        return Finding(Mark.BAD, "DKIM", str(error))
    if signer is None:
        return Finding(Mark.UNUSED, "DKIM", "not used: mail is signed by the server that it goes through, or by nobody")
    name = f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}"
    return Finding(Mark.GOOD, "DKIM", f"signs; DNS needs the TXT record {name}: {signer.dns_record}")
