"""The bytes of files, as MongoDB's drivers and tools keep them (GridFS, default bucket): a document for each file, and
its content in pieces. What a file is for says the document that has its id."""

from datetime import datetime
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import ConfigDict, Field
from pymongo import ASCENDING, IndexModel

from models.base import Record

CHUNK_SIZE: Final = 255 * 1024
"""Bytes of each piece but the last: GridFS's own size."""


class File(Record):
    """`length` is in bytes."""

    id: PydanticObjectId = Field(alias="_id")
    length: int
    chunk_size: int = CHUNK_SIZE
    upload_date: datetime
    filename: str

    class Settings:
        name = "fs.files"
        indexes: ClassVar[list[Any]] = [IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)])]


class FileChunk(Record):
    """The piece number `n` of a file, from 0."""

    model_config = ConfigDict(ser_json_bytes="base64")

    id: PydanticObjectId = Field(default_factory=PydanticObjectId, alias="_id")
    files_id: PydanticObjectId = Field(alias="files_id")
    n: int
    data: bytes = Field(repr=False)

    class Settings:
        name = "fs.chunks"
        indexes: ClassVar[list[Any]] = [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)]
