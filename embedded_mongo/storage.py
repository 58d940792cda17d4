"""The file behind the server: what is in memory is read from it at the start and written to it before a reply."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from embedded_mongo.values import Document, decode, encode

_LOCK_SECONDS = 2.0  # a server that is being replaced may still have to close the file

_SCHEMA = """
CREATE TABLE IF NOT EXISTS collections (
    id INTEGER PRIMARY KEY, database TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (database, name)
);
CREATE TABLE IF NOT EXISTS indexes (
    collection INTEGER NOT NULL, name TEXT NOT NULL, definition BLOB NOT NULL, PRIMARY KEY (collection, name)
);
CREATE TABLE IF NOT EXISTS documents (
    collection INTEGER NOT NULL, number INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY (collection, number)
) WITHOUT ROWID;
"""


class Storage:
    """A SQLite database. Writes are collected, and `commit` makes them durable together.

    With `sync="normal"` what is committed survives the end of this process however it ends; only `"full"` makes
    every commit wait for the disk, and so survive a loss of power. Without a folder nothing is kept.
    """

    def __init__(self, folder: Path | None, *, sync: str = "normal") -> None:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        self._keeps = folder is not None
        self._connection = sqlite3.connect(
            folder / "embedded.sqlite3" if folder else ":memory:", isolation_level=None, timeout=_LOCK_SECONDS
        )
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # a second server must not open the same file
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if sync == 'full' else 'NORMAL'}")
        self._connection.executescript(_SCHEMA)
        self._pending: list[tuple[str, tuple[Any, ...]]] = []
        self._next_collection: int = self._connection.execute(
            "SELECT coalesce(max(id), 0) + 1 FROM collections"
        ).fetchone()[0]

    @property
    def is_pending(self) -> bool:
        return bool(self._pending)

    def commit(self) -> None:
        """Make everything written since the last time durable, all of it or nothing."""
        pending, self._pending = self._pending, []
        self._connection.execute("BEGIN IMMEDIATE")
        for statement, alike in groupby(pending, key=itemgetter(0)):
            self._connection.executemany(statement, [parameters for _, parameters in alike])
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self.commit()
        self._connection.close()

    def collections(self) -> list[tuple[int, str, str]]:
        """All collections as (id, database, name), oldest first."""
        return self._connection.execute("SELECT id, database, name FROM collections ORDER BY id").fetchall()

    def index_definitions(self, collection: int) -> list[Document]:
        rows = self._connection.execute(
            "SELECT definition FROM indexes WHERE collection = ? ORDER BY rowid", (collection,)
        )
        return [decode(definition) for (definition,) in rows]

    def documents(self, collection: int) -> Iterator[tuple[int, bytes]]:
        """All documents of a collection as (record number, BSON), in the order of their insertion."""
        return self._connection.execute(
            "SELECT number, document FROM documents WHERE collection = ? ORDER BY number", (collection,)
        )

    def create_collection(self, database: str, name: str) -> int:
        number = self._next_collection
        self._next_collection += 1
        self._write("INSERT INTO collections VALUES (?, ?, ?)", number, database, name)
        return number

    def drop_collection(self, collection: int) -> None:
        self._write("DELETE FROM collections WHERE id = ?", collection)
        self._write("DELETE FROM indexes WHERE collection = ?", collection)
        self._write("DELETE FROM documents WHERE collection = ?", collection)

    def put_index(self, collection: int, definition: Document) -> None:
        self._write("INSERT INTO indexes VALUES (?, ?, ?)", collection, definition["name"], encode(definition))

    def drop_index(self, collection: int, name: str) -> None:
        self._write("DELETE FROM indexes WHERE collection = ? AND name = ?", collection, name)

    def put_document(self, collection: int, number: int, document: bytes) -> None:
        self._write("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", collection, number, document)

    def drop_document(self, collection: int, number: int) -> None:
        self._write("DELETE FROM documents WHERE collection = ? AND number = ?", collection, number)

    def _write(self, statement: str, *parameters: Any) -> None:
        if self._keeps:
            self._pending.append((statement, parameters))
