"""A collection: its documents in memory, its indexes, and the writes that keep both and the file in step."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from embedded_mongo.conditions import Condition
from embedded_mongo.errors import MongoError
from embedded_mongo.indexes import Index
from embedded_mongo.ordering import Key
from embedded_mongo.planning import Sort, plan_query
from embedded_mongo.plans import Plan
from embedded_mongo.storage import Storage
from embedded_mongo.values import MAXIMUM_DOCUMENT_BYTES, Document, decode

ID_INDEX: Document = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


@dataclass(frozen=True, slots=True)
class Record:
    """A stored document, decoded and as BSON. Nobody changes either: an update makes a new record."""

    number: int
    document: Document
    raw: bytes


class Collection:
    """Records are numbered in the order of their insertion, which is also their natural order."""

    def __init__(self, database: str, name: str, number: int, storage: Storage) -> None:
        self.database = database
        self.name = name
        self.number = number
        self.namespace = f"{database}.{name}"
        self.records: dict[int, Record] = {}
        self.indexes: dict[str, Index] = {"_id_": Index(ID_INDEX)}
        self._storage = storage
        self._next_number = 1

    def load(self) -> None:
        """Read everything from the file."""
        for number, raw in self._storage.documents(self.number):
            self.records[number] = Record(number, decode(raw), raw)
            self._next_number = number + 1
        definitions = [ID_INDEX, *self._storage.index_definitions(self.number)]
        self.indexes = {definition["name"]: self._filled(definition) for definition in definitions}

    def plan(self, condition: Condition, sort: Sort = (), wanted: int = 0) -> Plan:
        return plan_query(self.records, self.indexes.values(), condition, sort, wanted)

    def insert(self, document: Document, raw: bytes) -> Record:
        """Store a new document. Raises MongoError 11000 if a unique index has one of its keys already."""
        record = Record(self._next_number, document, raw)
        known: dict[str, Key] = {}
        self._store(record, [(index, (), index.keys(document, known)) for index in self.indexes.values()])
        self._next_number += 1
        return record

    def replace(self, old: Record, document: Document, raw: bytes, changed: Set[str]) -> Record:
        """Store what has become of a document, of which only the fields `changed` can differ. Raises MongoError 11000
        as `insert` does; then nothing has changed."""
        record = Record(old.number, document, raw)
        touched = [index for index in self.indexes.values() if not index.fields.isdisjoint(changed)]
        moves = [(index, index.keys(old.document), index.keys(document)) for index in touched]
        self._store(record, [(index, old_keys, keys) for index, old_keys, keys in moves if old_keys != keys])
        return record

    def remove(self, record: Record) -> None:
        known: dict[str, Key] = {}
        for index in self.indexes.values():
            index.remove(index.keys(record.document, known), record.number)
        del self.records[record.number]
        self._storage.drop_document(self.number, record.number)

    def create_index(self, definition: Document) -> None:
        """Build an index. Raises MongoError 11000 if it is unique and the documents are not."""
        self.indexes[definition["name"]] = self._filled(definition)
        self._storage.put_index(self.number, definition)

    def drop_index(self, name: str) -> None:
        del self.indexes[name]
        self._storage.drop_index(self.number, name)

    def _filled(self, definition: Document) -> Index:
        index = Index(definition)
        index.fill(((number, record.document) for number, record in self.records.items()), self.namespace)
        return index

    def _store(self, record: Record, moves: Sequence[tuple[Index, Sequence[Key], Sequence[Key]]]) -> None:
        """`moves` are the indexes that the record has other keys in than before, with the keys before and now."""
        if len(record.raw) > MAXIMUM_DOCUMENT_BYTES:
            raise MongoError(10334, f"BSONObj size: {len(record.raw)} is invalid. It must be at most 16777216 bytes")
        number = record.number
        for index, _, keys in moves:
            index.check(keys, number, record.document, self.namespace)
        for index, old_keys, keys in moves:
            index.remove(old_keys, number)
            index.add(keys, number)
        self.records[number] = record
        self._storage.put_document(self.number, number, record.raw)
