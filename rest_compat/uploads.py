"""Bodies that have files: read as a stream, up to sizes that the row declares, and kept on disk where they are large.

A file comes as the body itself, or as a part of a form (`multipart/form-data`, RFC 7578), where fields may stand beside
several files.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Final, cast

from fastapi import Depends
from limits import RateLimitItemPerMinute
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from core.actor import Actor, Kind
from core.errors import InvalidInput
from core.runtime import runtime
from core.web import LARGEST_BODY, allow_body

FORM: Final = "multipart/form-data"
JSON: Final = "application/json"
PART: Final = "file"
MOST_FIELDS: Final = 100
FORMS_OF_AN_END_USER: Final = RateLimitItemPerMinute(10, namespace="forms")
FORMS_OF_OTHERS: Final = RateLimitItemPerMinute(600, namespace="forms")
"""Counted before a form is read: what comes is on disk until it is answered."""
IN_MEMORY: Final = 1_000_000
"""Bytes; a larger file is on disk."""
PIECE: Final = 1_000_000
BINARY: Final = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received. It is gone when the request is answered. `filename` is what the sender calls it, where
    it came in a form."""

    file: BinaryIO
    media_type: str = ""
    filename: str = ""

    def digest(self) -> bytes:
        """Its SHA-256."""
        sha256 = hashlib.sha256()
        self.file.seek(0)
        while piece := self.file.read(PIECE):
            sha256.update(piece)
        self.file.seek(0)
        return sha256.digest()


class Files(tuple[Upload, ...]):
    """The files of a form."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields in their order, and files."""

    fields: Sequence[tuple[str, str]] = ()
    files: Files = field(default_factory=Files)

    def digest(self) -> bytes:
        """The same for the same fields and files, whatever stands between the parts."""
        parts: Iterator[bytes] = (repr(one).encode() for one in self.fields)
        files = (file.filename.encode(errors="replace") + b"\0" + file.digest() for file in self.files)
        return hashlib.sha256(b"\n".join([*parts, *files])).digest()


Body = bytes | Upload | Form


@dataclass(frozen=True, slots=True)
class Uploads:
    """A body that is one file: the media types that a row takes, with what OpenAPI says of each, and the bytes of the
    largest."""

    media_types: Mapping[str, Mapping[str, Any]]
    largest: int

    def documented(self, model: type[BaseModel] | None) -> dict[str, Any]:
        """OpenAPI's `requestBody`."""
        form = {"type": "object", "properties": {PART: BINARY}, "required": [PART]}
        kinds = {**self.media_types, FORM: form}
        return {"required": True, "content": {kind: {"schema": dict(schema)} for kind, schema in kinds.items()}}

    @asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[Body]:
        """Raises `InvalidInput` for a media type that the row does not take."""
        allow_body(request.scope, self.largest)
        kind = media_type_of(request)
        if kind == FORM:
            async with _parts(request, PART, most=1, largest=self.largest, fields=0) as form:
                part = form.get(PART)
                if not isinstance(part, UploadFile):
                    raise InvalidInput(f"The form must have one file, as its part {PART}", PART)
                yield Upload(part.file, self._kind_of(part), part.filename or "")
        elif kind in self.media_types:
            with SpooledTemporaryFile(IN_MEMORY) as file:
                async for piece in request.stream():
                    file.write(piece)
                yield Upload(cast(BinaryIO, file), kind)
        else:
            raise InvalidInput(f"Content-Type must be {', '.join(self.media_types)} or {FORM}", "Content-Type")

    def _kind_of(self, part: UploadFile) -> str:
        """Browsers call a file what the operating system calls it: the end of its name says more."""
        name, kind = (part.filename or "").lower(), _media_type(part.content_type or "")
        named = (known for known in self.media_types if name.endswith(f".{known.rpartition('/')[2]}"))
        found = next(named, kind if kind in self.media_types else None)
        if found is None:
            raise InvalidInput(f"The file must be {' or '.join(self.media_types)}", PART)
        return found


@dataclass(frozen=True, slots=True)
class Forms:
    """A body that is a form: files in parts that are all called `part`, each of at most `largest` bytes, and the fields
    of the view's body. With fields alone it may also be JSON, where the view has such a body."""

    part: str
    most: int
    largest: int

    def documented(self, model: type[BaseModel] | None) -> dict[str, Any]:
        """OpenAPI's `requestBody`; FastAPI adds the JSON of the model."""
        files = {self.part: {"type": "array", "items": BINARY, "maxItems": self.most}}
        if model is None:
            form = {"type": "object", "properties": files, "required": [self.part], "additionalProperties": False}
        else:
            fields = model.model_json_schema(ref_template="#/components/schemas/{model}")
            form = {name: part for name, part in fields.items() if name != "$defs"}
            form["properties"] = {**fields.get("properties", {}), **files}
        return {"required": True, "content": {FORM: {"schema": form}}}

    @asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[Body]:
        """What is no form is left to whoever reads the body. Raises `InvalidInput` for a form that is broken, or has
        too many or too large files."""
        if media_type_of(request) != FORM:
            yield await request.body()
            return
        allow_body(request.scope, self.most * self.largest + LARGEST_BODY)
        async with _parts(request, self.part, most=self.most, largest=self.largest, fields=MOST_FIELDS) as form:
            fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
            files = [(name, part) for name, part in form.multi_items() if isinstance(part, UploadFile)]
            for name, _ in files:
                if name != self.part:
                    raise InvalidInput(f"{name}: is not a known file: send files as {self.part}", name)
            yield Form(fields, Files(Upload(part.file, filename=part.filename or "") for _, part in _chosen(files)))


def _from_body() -> None:
    """Tells FastAPI that this is no parameter; `routing` passes it, and the row describes it."""


CurrentUpload = Annotated[Upload, Depends(_from_body)]
"""In a view's signature: the file that was sent."""
CurrentFiles = Annotated[Files, Depends(_from_body)]
"""In a view's signature: the files that were sent with a form; none where there was no form."""


async def count_form(request: Request, actor: Actor) -> None:
    """Raises `RateLimited` for a caller who sends too many forms."""
    if media_type_of(request) == FORM:
        limit = FORMS_OF_AN_END_USER if actor.kind is Kind.END_USER else FORMS_OF_OTHERS
        await runtime().limits.count(limit, actor.label)


def media_type_of(request: Request) -> str:
    return _media_type(request.headers.get("content-type", ""))


class _Parts(MultiPartParser):
    """Stops in the middle of a file that is too large, and where the form was cut off. What was received by then is
    closed by the parser itself, since these fail within it."""

    def __init__(self, request: Request, part: str, *, most: int, largest: int, fields: int) -> None:
        pieces = self._to_the_end(request.stream())
        super().__init__(request.headers, pieces, max_files=most, max_fields=fields, max_part_size=LARGEST_BODY)
        self._part = part
        self._largest = largest
        self._size = 0
        self._is_complete = False

    def on_part_begin(self) -> None:
        self._size = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._largest:
            raise InvalidInput(f"{self._part}: a file is larger than {self._largest // 1024**2} MiB", self._part)
        super().on_part_data(data, start, end)

    def on_end(self) -> None:
        self._is_complete = True
        super().on_end()

    async def _to_the_end(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        async for piece in pieces:
            yield piece
        if not self._is_complete:
            raise InvalidInput(f"{self._part}: the form was cut off", self._part)


@asynccontextmanager
async def _parts(request: Request, part: str, *, most: int, largest: int, fields: int) -> AsyncIterator[FormData]:
    parser = _Parts(request, part, most=most, largest=largest, fields=fields)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidInput(error.message, part) from None
    try:
        yield form
    finally:
        await form.close()


def _chosen(files: Sequence[tuple[str, UploadFile]]) -> Iterator[tuple[str, UploadFile]]:
    """Browsers send a nameless, empty file where none was chosen."""
    return ((name, part) for name, part in files if part.filename or part.size)


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()
