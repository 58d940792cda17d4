"""Backups of the embedded database: a file of BSON for each collection, as mongodump writes them, so that mongorestore
can read them into a MongoDB too."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from commands.console import OUTPUT
from commands.database import check_answer, database, platform
from commands.errors import CommandError
from core.mongo import Mongo
from core.settings import Settings

AS_THEY_ARE: Final = CodecOptions(document_class=RawBSONDocument)
TOGETHER: Final = 500
SUFFIX: Final = ".bson"


def back_up(settings: Settings, folder: Path) -> None:
    """Writes everything to `folder/<database>`. A server may go on meanwhile: what it writes then may be in it or not.

    Raises `CommandError` where there is a backup already, or the database is not the embedded one.
    """
    if settings.mongodb_url is not None:
        raise CommandError(
            "MONGODB_URL is set: back that database up with mongodump, or with its provider's snapshots."
        )
    place, draft = folder / settings.mongodb_database, folder / f"{settings.mongodb_database}.unfinished"
    if place.exists() or draft.exists():
        raise CommandError(f"There is a backup in {folder} already: name another folder.")
    draft.mkdir(parents=True)
    with database(settings) as url:
        written = asyncio.run(_write(url, settings.mongodb_database, draft))
    draft.rename(place)
    OUTPUT.print(f"{written:,} documents in {place}", highlight=False, soft_wrap=True)


def restore(settings: Settings, folder: Path) -> None:
    """Reads a backup into an empty database: the embedded one, or the one that MONGODB_URL names.

    Raises `CommandError` where there is no backup, or something in the database.
    """
    place = folder / settings.mongodb_database
    files = sorted(place.glob(f"*{SUFFIX}"))
    if not files:
        raise CommandError(f"There is no backup of the database {settings.mongodb_database} in {folder}.")
    with database(settings) as url:
        read = asyncio.run(_read(settings, url, files))
    OUTPUT.print(f"{read:,} documents from {place}", highlight=False, soft_wrap=True)


async def _write(url: str, name: str, place: Path) -> int:
    await check_answer(url)
    mongo = Mongo(url, name)
    try:
        collections = await mongo.database.list_collection_names()
        return sum([await _write_one(mongo.database, one, place / f"{one}{SUFFIX}") for one in collections])
    finally:
        await mongo.close()


async def _write_one(source: AsyncDatabase[dict[str, Any]], name: str, file: Path) -> int:
    count = 0
    collection: AsyncCollection[Any] = source.get_collection(name, codec_options=cast(Any, AS_THEY_ARE))
    with file.open("wb") as out:
        async for document in collection.find():
            out.write(document.raw)
            count += 1
    return count


async def _read(settings: Settings, url: str, files: list[Path]) -> int:
    """Indexes first, so that what must be unique is."""
    async with platform(settings, url) as running:
        target = running.mongo.database
        for name in await target.list_collection_names():
            if await target[name].find_one() is not None:
                raise CommandError(f"The database {settings.mongodb_database} is not empty: {name} has documents.")
        count = 0
        for file in files:
            for documents in _batches(file):
                await target[file.name.removesuffix(SUFFIX)].insert_many(documents)
                count += len(documents)
        return count


def _batches(file: Path) -> Iterator[list[Any]]:
    with file.open("rb") as source:
        documents = decode_file_iter(source, AS_THEY_ARE)
        while batch := list(itertools.islice(documents, TOGETHER)):
            yield batch
