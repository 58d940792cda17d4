"""Indexes: every document's keys in one sorted list, with the rules of unique, sparse and partial indexes."""

from collections.abc import Iterator, Sequence
from typing import Any

from sortedcontainers import SortedList

from embedded_mongo.conditions import first_names, parse_filter
from embedded_mongo.errors import MongoError
from embedded_mongo.matching import matcher
from embedded_mongo.ordering import AFTER_ALL, Key
from embedded_mongo.paths import KeyPattern, reach
from embedded_mongo.values import MISSING, Document

Range = tuple[Key, Key]
EVERYTHING: Range = ((), (AFTER_ALL,))


class Index:
    """One index of a collection. `definition` is what `listIndexes` shows of it.

    An entry is a document's key followed by its record number. A key takes two places per field: rank and payload.
    `fields` are the document's own fields that its keys depend on; `multikey` says that arrays were met.
    """

    def __init__(self, definition: Document) -> None:
        self.definition = definition
        self.name: str = definition["name"]
        self.pattern = KeyPattern([(path, int(direction)) for path, direction in definition["key"].items()])
        self.unique = bool(definition.get("unique")) or self.name == "_id_"
        self.sparse = bool(definition.get("sparse"))
        partial = definition.get("partialFilterExpression")
        self.partial = None if partial is None else parse_filter(partial)
        self._is_covered = None if self.partial is None else matcher(self.partial)
        self.fields = {path[0] for path in self.pattern.paths} | (first_names(self.partial) if self.partial else set())
        self.multikey = False
        self._entries: Any = SortedList()
        self._owners: dict[Key, int] = {}

    def keys(self, document: Document, known: dict[str, Key] | None = None) -> list[Key]:
        """The keys the document has in this index: none if the index leaves it out. `known` is shared by all indexes
        that are asked for the same document."""
        if self._is_covered is not None and not self._is_covered(document):
            return []
        if self.sparse and not self._has_a_field(document):
            return []
        single = self.pattern.single_key(document, {} if known is None else known)
        if single is not None:
            return [single]
        keys = self.pattern.keys(document)
        self.multikey = True
        return keys

    def _has_a_field(self, document: Document) -> bool:
        return any(value is not MISSING for path in self.pattern.paths for value in reach(document, path, expand=False))

    def check(self, keys: Sequence[Key], number: int, document: Document, namespace: str) -> None:
        """Raise MongoError 11000 if another record than `number` has one of the keys of a unique index."""
        if not self.unique:
            return
        for key in keys:
            if self._owners.get(key, number) != number:
                raise self._duplicate(document, namespace)

    def _duplicate(self, document: Document, namespace: str) -> MongoError:
        found = {}
        for (path, _), parts in zip(self.pattern.fields, self.pattern.paths, strict=True):
            value = next(iter(reach(document, parts, expand=False)), MISSING)
            found[path] = None if value is MISSING else value
        shown = ", ".join(f"{path}: {_shown(value)}" for path, value in found.items())
        return MongoError(
            11000,
            f"E11000 duplicate key error collection: {namespace} index: {self.name} dup key: {{ {shown} }}",
            keyPattern=self.definition["key"],
            keyValue=found,
        )

    def add(self, keys: Sequence[Key], number: int) -> None:
        for key in keys:
            self._entries.add((*key, number))
            if self.unique:
                self._owners[key] = number

    def remove(self, keys: Sequence[Key], number: int) -> None:
        for key in keys:
            self._entries.remove((*key, number))
            if self.unique:
                del self._owners[key]

    def fill(self, documents: Iterator[tuple[int, Document]], namespace: str) -> None:
        """Index many documents at once. Raises MongoError 11000 or 171 for the first that doesn't fit."""
        entries = []
        for number, document in documents:
            keys = self.keys(document)
            self.check(keys, number, document, namespace)
            for key in keys:
                entries.append((*key, number))
                if self.unique:
                    self._owners[key] = number
        self._entries = SortedList(entries)

    def owner(self, key: Key) -> int | None:
        """The record number that has a key of a unique index."""
        return self._owners.get(key)

    def entries(self, within: Range, *, reverse: bool) -> Iterator[Key]:
        found: Iterator[Key] = self._entries.irange(*within, reverse=reverse)
        return found

    def count(self, within: Range) -> int:
        low, high = within
        size: int = self._entries.bisect_left(high) - self._entries.bisect_left(low)
        return size


def _shown(value: Any) -> str:
    return f'"{value}"' if type(value) is str else repr(value)
