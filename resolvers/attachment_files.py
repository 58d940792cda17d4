"""Files in the database, in GridFS's format. The driver's own GridFS holds up to 48 MB of a file in memory while it
writes, and 16 MB while it reads: here it is four pieces, one megabyte."""

import hashlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from beanie import PydanticObjectId
from bson import Int64

from core import clock
from models.files import CHUNK_SIZE, File, FileChunk

AT_A_TIME: Final = 4
"""Pieces that are sent or fetched together."""


@dataclass(frozen=True, slots=True)
class Written:
    """`sha256` is in hex."""

    size: int
    sha256: str


async def write_file(file_id: PydanticObjectId, filename: str, source: BinaryIO) -> Written:
    """All of the source, from where it stands. What breaks off leaves pieces, which `delete_files` removes."""
    sha256, size, number = hashlib.sha256(), 0, 0
    chunks = FileChunk.get_pymongo_collection()
    while content := source.read(CHUNK_SIZE * AT_A_TIME):
        sha256.update(content)
        size += len(content)
        pieces = [content[start : start + CHUNK_SIZE] for start in range(0, len(content), CHUNK_SIZE)]
        await chunks.insert_many([_chunk(file_id, number + at, piece) for at, piece in enumerate(pieces)])
        number += len(pieces)
    stored = {"_id": file_id, "length": Int64(size), "chunkSize": CHUNK_SIZE, "uploadDate": clock.now()}
    await File.get_pymongo_collection().insert_one({**stored, "filename": filename})
    return Written(size, sha256.hexdigest())


async def read_file(file_id: PydanticObjectId, start: int, stop: int) -> AsyncIterator[bytes]:
    """The bytes from `start` to before `stop`, piece by piece."""
    first, last = start // CHUNK_SIZE, (stop - 1) // CHUNK_SIZE
    wanted = {"files_id": file_id, "n": {"$gte": first, "$lte": last}}
    async for chunk in FileChunk.get_pymongo_collection().find(wanted).sort("n", 1).batch_size(AT_A_TIME):
        begins = chunk["n"] * CHUNK_SIZE
        yield chunk["data"][max(start - begins, 0) : stop - begins]


async def delete_files(file_ids: Collection[PydanticObjectId]) -> None:
    """Whatever there is of them."""
    await File.get_pymongo_collection().delete_many({"_id": {"$in": list(file_ids)}})
    await FileChunk.get_pymongo_collection().delete_many({"files_id": {"$in": list(file_ids)}})


def _chunk(file_id: PydanticObjectId, number: int, data: bytes) -> dict[str, Any]:
    return {"files_id": file_id, "n": number, "data": data}
