"""Which database a command works on: the one that MONGODB_URL names, the embedded one that a server of this data
folder has running, or one started for the command."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from commands.console import without_password
from commands.errors import CommandError
from core.runtime import Runtime, running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS

FOLDER: Final = "database"
ADDRESS: Final = "database-url"
PATIENCE_MILLISECONDS: Final = 3000
REDIS_PATIENCE_SECONDS: Final = 3.0
LEAVING_SECONDS: Final = 2.0
NEARBY_PATIENCE_MILLISECONDS: Final = 500


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The connection string. What the block does not find running, it starts, and stops at its end."""
    if settings.mongodb_url is not None:
        yield settings.mongodb_url.get_secret_value()
        return
    address = settings.data_folder / ADDRESS
    if (url := _running_at(address)) is not None:
        yield url
        return
    with _started(settings.data_folder / FOLDER) as server:
        address.write_text(server.url)
        try:
            yield server.url
        finally:
            address.unlink(missing_ok=True)


@contextmanager
def own_database(settings: Settings) -> Iterator[str]:
    """As `database`, for a server: two of them can't share one embedded database.

    The database of a server that was just killed ends within a second, so it is given two.
    """
    address, patience = settings.data_folder / ADDRESS, time.monotonic() + LEAVING_SECONDS
    while settings.mongodb_url is None and (url := _running_at(address)) is not None:
        if time.monotonic() < patience:
            time.sleep(0.1)
            continue
        raise CommandError(
            f"Another server runs on {settings.data_folder.resolve()} (its database is at {url}). "
            "Stop it, or set DATA_FOLDER to another folder, or MONGODB_URL to a database that several can share."
        )
    with database(settings) as url:
        yield url


@asynccontextmanager
async def platform(settings: Settings, url: str) -> AsyncIterator[Runtime]:
    """The operations ready to be called. Raises `CommandError` when the database or Redis does not answer."""
    await check_answer(url)
    async with running(settings, url, DOCUMENTS) as current:
        if await current.topics.answers(REDIS_PATIENCE_SECONDS) is False:
            raise CommandError("Redis does not answer: start it, or correct REDIS_URL (without it, none is needed).")
        yield current


async def check_answer(url: str) -> None:
    """Raises `CommandError` that says what is wrong and what to do, without the URL's password.

    Asked in a thread, since PyMongo's asynchronous client leaves a socket behind when it is closed while it connects,
    as it is when its last try falls on the end of the patience.
    """
    shown = without_password(url)
    try:
        await asyncio.to_thread(_ping, url, PATIENCE_MILLISECONDS)
    except OperationFailure as error:
        raise CommandError(f"The database {shown} refuses: {error.details and error.details.get('errmsg')}") from None
    except PyMongoError as error:
        reason = str(error).partition(" (configured timeouts")[0]
        raise CommandError(
            f"The database {shown} does not answer: {reason}. Start it, or correct MONGODB_URL "
            "(without it, the embedded database is used)."
        ) from None


def _ping(url: str, patience_milliseconds: int) -> None:
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=patience_milliseconds) as client:
        client.admin.command("ping")


@contextmanager
def _started(folder: Path) -> Iterator[EmbeddedMongo]:
    try:
        server = EmbeddedMongo(folder).start()
    except (RuntimeError, OSError) as error:
        raise CommandError(f"{error}. Is another process using {folder.resolve()}?") from None
    try:
        yield server
    finally:
        server.stop()


def _running_at(address: Path) -> str | None:
    """The address that a server left, if one still answers there (after a kill it does not)."""
    try:
        url = address.read_text().strip()
        _ping(url, NEARBY_PATIENCE_MILLISECONDS)
    except (OSError, PyMongoError):
        return None
    return url
