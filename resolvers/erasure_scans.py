"""A look through the whole database for what may be left of somebody who was erased: every document of every
collection, also of those that no model knows, and the content of files."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from core import clock
from core.addresses import digests_of_email
from core.runtime import runtime
from models.erasure_certificates import ErasureScan, FoundTrace, KeptTraces, Trace
from models.files import File, FileChunk
from models.slack_messages import SlackMessage
from models.suppressions import SoftBounces, Suppression
from models.users import User
from resolvers.address_readings import Marker
from resolvers.holdings import ERASED
from resolvers.personal_data import EXEMPT

BATCH: Final = 100
"""Documents that are in memory at a time."""
PIECES: Final = 8
"""As `BATCH`, of files, whose pieces are 255 KB each."""
OVERLAP: Final = 4096
"""Bytes of a file that are read again with its next piece: what begins in one may end in the other."""
SCANNED_AT_ONCE: Final = 25_000
"""How many documents there may be for a scan while the caller waits: about a second, at 35 microseconds for each.
Beyond, it is a job."""
FILES_AT_ONCE: Final = 2 * 1024 * 1024
"""As `SCANNED_AT_ONCE`, of files, in bytes: about a second too, because much has to be tried that may be text."""
MOST_FOUND: Final = 50
"""Documents that are named; of more there is the number."""

KEPT: Final[Mapping[tuple[str, Trace], str]] = {
    (Suppression.Settings.name, Trace.DIGEST): "so that the address is not written to again",
    (SoftBounces.Settings.name, Trace.DIGEST): EXEMPT[SoftBounces],
    (SlackMessage.Settings.name, Trace.ADDRESS): EXEMPT[SlackMessage],
    (User.Settings.name, Trace.ADDRESS): EXEMPT[User],
}
"""Which traces stay in which collection, and why. All others should be gone."""

_RAW: Final = CodecOptions(document_class=RawBSONDocument)
_CHUNKS: Final = FileChunk.Settings.name


@dataclass(slots=True)
class _Findings:
    """What a scan has come upon so far."""

    marker: Marker
    documents: int = 0
    size: int = 0
    kept: Counter[tuple[str, Trace]] = field(default_factory=Counter)
    found: list[FoundTrace] = field(default_factory=list)
    found_count: int = 0
    _file: Any = None
    _end: bytes = b""

    def look_through(self, collection: str, batch: Sequence[RawBSONDocument]) -> None:
        for document in batch:
            raw = bson.encode(document)
            self.documents += 1
            self.size += len(raw)
            traces = self._traces_in_piece(document) if collection == _CHUNKS else self.marker.traces_in(raw)
            for trace in sorted(traces):
                self._note(collection, document, trace)

    def _traces_in_piece(self, document: RawBSONDocument) -> frozenset[Trace]:
        """Of a file, together with the end of the piece before it, unless that was found to have a trace itself."""
        goes_on = document.get("files_id") == self._file
        content = (self._end if goes_on else b"") + bytes(document.get("data") or b"")
        traces = self.marker.traces_in(content)
        self._file, self._end = document.get("files_id"), b"" if traces else content[-OVERLAP:]
        return traces

    def _note(self, collection: str, document: RawBSONDocument, trace: Trace) -> None:
        if (collection, trace) in KEPT:
            self.kept[collection, trace] += 1
            return
        self.found_count += 1
        if len(self.found) < MOST_FOUND:
            fields = [
                self._said(name)
                for name, value in document.items()
                if trace in self.marker.traces_in(bson.encode({name: value}))
            ]
            identity = self._said(str(document.get("_id")))
            self.found.append(FoundTrace(collection=collection, document_id=identity, fields=fields, trace=trace))

    def _said(self, name: str) -> str:
        """A certificate names no address, not even where one is the name of a field."""
        return ERASED if self.marker.traces_in(name.encode()) else name


async def scan_for(address: str) -> ErasureScan:
    """Reads all there is, a batch at a time and on a thread of its own, and says where the address is, or a digest of
    it. What is written meanwhile may be seen or not."""
    database, started_at = runtime().mongo.database, clock.now()
    findings = _Findings(Marker(address, digests_of_email(runtime().settings, address)))
    names = [name for name in sorted(await database.list_collection_names()) if not name.startswith("system.")]
    for name in names:
        collection: AsyncCollection[Any] = database.get_collection(name, codec_options=cast(Any, _RAW))
        async for batch in _batches(collection):
            await asyncio.to_thread(findings.look_through, name, batch)
    return ErasureScan(
        started_at=started_at,
        ended_at=clock.now(),
        collections=len(names),
        documents=findings.documents,
        size=findings.size,
        kept=[
            KeptTraces(collection=name, trace=trace, count=count, reason=KEPT[name, trace])
            for (name, trace), count in sorted(findings.kept.items())
        ],
        found=findings.found,
        found_count=findings.found_count,
    )


async def is_quick() -> bool:
    """Whether so little is stored that somebody can wait for a scan."""
    database, left = runtime().mongo.database, SCANNED_AT_ONCE
    for name in await database.list_collection_names():
        left -= await database[name].count_documents({}, limit=left + 1)
        if left < 0:
            return False
    return (await File.find_all().sum("length") or 0) <= FILES_AT_ONCE


async def _batches(collection: AsyncCollection[Any]) -> AsyncIterator[list[RawBSONDocument]]:
    """Files in the order of their pieces."""
    size, cursor = BATCH, collection.find(batch_size=BATCH)
    if collection.name == _CHUNKS:
        order = [("files_id", ASCENDING), ("n", ASCENDING)]
        size, cursor = PIECES, collection.find(batch_size=PIECES, sort=order)
    batch: list[RawBSONDocument] = []
    async for document in cursor:
        batch.append(document)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
