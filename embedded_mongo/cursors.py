"""Cursors: the rest of an answer, kept until the client asks for it."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from bson import Int64

from embedded_mongo.errors import MongoError
from embedded_mongo.values import MAXIMUM_DOCUMENT_BYTES, Document
from embedded_mongo.wire import Batch

FIRST_BATCH = 101
_IDLE_SECONDS = 600.0


@dataclass(slots=True)
class _Cursor:
    namespace: str
    documents: Iterator[bytes]
    waiting: bytes | None
    used_at: float


class Cursors:
    """Open cursors. One that nobody asks for in ten minutes is forgotten."""

    def __init__(self) -> None:
        self._open: dict[int, _Cursor] = {}
        self._identifiers = count(1)

    def first_batch(
        self, namespace: str, documents: Iterable[bytes], size: int = FIRST_BATCH, *, single: bool = False
    ) -> Document:
        """The reply of a command that answers with a cursor."""
        cursor = _Cursor(namespace, iter(documents), None, time.monotonic())
        batch = self._take(cursor, size)
        identifier = 0
        if not single and self._has_more(cursor):
            identifier = next(self._identifiers)
            self._open[identifier] = cursor
        return {"cursor": {"firstBatch": batch, "id": Int64(identifier), "ns": namespace}, "ok": 1.0}

    def next_batch(self, identifier: int, namespace: str, size: int | None) -> Document:
        """The reply of `getMore`. Raises MongoError 43 if there is no such cursor."""
        cursor = self._open.get(identifier)
        if cursor is None or cursor.namespace != namespace:
            raise MongoError(43, f"cursor id {identifier} not found")
        cursor.used_at = time.monotonic()
        batch = self._take(cursor, size)
        if not self._has_more(cursor):
            del self._open[identifier]
            identifier = 0
        return {"cursor": {"nextBatch": batch, "id": Int64(identifier), "ns": namespace}, "ok": 1.0}

    def kill(self, identifier: int) -> bool:
        return self._open.pop(identifier, None) is not None

    def forget_idle(self) -> None:
        oldest = time.monotonic() - _IDLE_SECONDS
        for identifier in [number for number, cursor in self._open.items() if cursor.used_at < oldest]:
            del self._open[identifier]

    @staticmethod
    def _take(cursor: _Cursor, size: int | None) -> Batch:
        batch = Batch()
        total = 0
        while size is None or len(batch) < size:
            document: Any = cursor.waiting if cursor.waiting is not None else next(cursor.documents, None)
            cursor.waiting = None
            if document is None:
                break
            if batch and total + len(document) > MAXIMUM_DOCUMENT_BYTES:
                cursor.waiting = document
                break
            batch.append(document)
            total += len(document)
        return batch

    @staticmethod
    def _has_more(cursor: _Cursor) -> bool:
        if cursor.waiting is None:
            cursor.waiting = next(cursor.documents, None)
        return cursor.waiting is not None
