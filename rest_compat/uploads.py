"""Bodies that are files: read as a stream, up to a size that the row declares, and kept on disk where they are large.

A file comes as the body itself, or as the part `file` of a form (`multipart/form-data`, RFC 7578).
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Final, cast

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request

from core.errors import InvalidInput
from core.web import allow_body

FORM: Final = "multipart/form-data"
PART: Final = "file"
IN_MEMORY: Final = 1_000_000
"""Bytes; a larger file is on disk."""
PIECE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Uploads:
    """What files a row takes: their media types with what OpenAPI says of each, and the bytes of the largest."""

    media_types: Mapping[str, Mapping[str, Any]]
    largest: int

    @property
    def documented(self) -> dict[str, Any]:
        """OpenAPI's `requestBody`."""
        part = {"type": "string", "format": "binary"}
        form = {"type": "object", "properties": {PART: part}, "required": [PART]}
        kinds = {**self.media_types, FORM: form}
        return {"required": True, "content": {kind: {"schema": dict(schema)} for kind, schema in kinds.items()}}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received. It is gone when the request is answered."""

    file: BinaryIO
    media_type: str

    def digest(self) -> bytes:
        """Its SHA-256."""
        sha256 = hashlib.sha256()
        self.file.seek(0)
        while piece := self.file.read(PIECE):
            sha256.update(piece)
        return sha256.digest()


def _from_body() -> None:
    """Tells FastAPI that the file is no parameter; `routing` passes it, and the row describes it."""


CurrentUpload = Annotated[Upload, Depends(_from_body)]
"""In a view's signature: the file that was sent."""


@asynccontextmanager
async def received(request: Request, uploads: Uploads) -> AsyncIterator[Upload]:
    """Raises `InvalidInput` for a media type that the row does not take."""
    allow_body(request.scope, uploads.largest)
    kind = _media_type(request.headers.get("content-type", ""))
    if kind == FORM:
        async with request.form(max_files=1, max_fields=0) as form:
            part = form.get(PART)
            if not isinstance(part, UploadFile):
                raise InvalidInput(f"The form must have one file, as its part {PART}", PART)
            yield Upload(part.file, _kind_of_part(part, uploads))
    elif kind in uploads.media_types:
        with SpooledTemporaryFile(IN_MEMORY) as file:
            async for piece in request.stream():
                file.write(piece)
            yield Upload(cast(BinaryIO, file), kind)
    else:
        raise InvalidInput(f"Content-Type must be {', '.join(uploads.media_types)} or {FORM}", "Content-Type")


def _kind_of_part(part: UploadFile, uploads: Uploads) -> str:
    """Browsers call a file what the operating system calls it: the end of its name says more."""
    name, kind = (part.filename or "").lower(), _media_type(part.content_type or "")
    named = (known for known in uploads.media_types if name.endswith(f".{known.rpartition('/')[2]}"))
    found = next(named, kind if kind in uploads.media_types else None)
    if found is None:
        raise InvalidInput(f"The file must be {' or '.join(uploads.media_types)}", PART)
    return found


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()
