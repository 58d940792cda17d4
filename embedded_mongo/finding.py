"""Running a query: the records that meet a condition, sorted and cut to a window."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bson import Int64

from embedded_mongo.collection import Collection, Record
from embedded_mongo.conditions import Condition, Field, conjuncts, parse_filter
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.indexes import Index
from embedded_mongo.matching import matcher
from embedded_mongo.ordering import Key, key
from embedded_mongo.paths import KeyPattern
from embedded_mongo.planning import Sort, is_complete, plan_query
from embedded_mongo.plans import Plan
from embedded_mongo.values import NUMBERS, type_name


@dataclass(frozen=True, slots=True)
class Query:
    """What to find. A limit of 0 means no limit."""

    condition: Condition
    sort: Sort = ()
    skip: int = 0
    limit: int = 0
    hint: Any = None

    def plan(self, collection: Collection) -> Plan:
        wanted = self.skip + self.limit if self.limit else 0
        if self.hint is None:
            return plan_query(collection.records, collection.indexes.values(), self.condition, self.sort, wanted)
        index = _hinted(collection, self.hint)
        if not is_complete(index, list(conjuncts(self.condition))):
            raise refused(f"a hint at the sparse or partial index {index.name}, which would miss documents")
        return plan_query(collection.records, [index], self.condition, self.sort, wanted)

    def records(self, collection: Collection) -> list[Record]:
        """The records asked for. The list is not affected by later writes."""
        identified = self._by_id(collection) if self.hint is None else None
        if identified is not None:
            return identified[self.skip :]
        plan = self.plan(collection)
        found = _matching(collection, plan, self.condition)
        end = self.skip + self.limit if self.limit else None
        if plan.ordered or not self.sort:
            return list(islice(found, self.skip, end))
        pattern = KeyPattern(self.sort)
        if end is not None:
            return heapq.nsmallest(end, found, key=lambda record: pattern.sort_key(record.document))[self.skip :]
        return sorted(found, key=lambda record: pattern.sort_key(record.document))[self.skip :]

    def count(self, collection: Collection) -> int:
        """How many there are within skip and limit, from the index alone where it is exact; else no more are looked at
        than are counted."""
        plan = self.plan(collection)
        most = self.skip + self.limit if self.limit else None
        size = plan.size if plan.exact else sum(1 for _ in islice(_matching(collection, plan, self.condition), most))
        size = max(size - self.skip, 0)
        return min(size, self.limit) if self.limit else size

    def _by_id(self, collection: Collection) -> list[Record] | None:
        """The record with the one `_id` that is asked for, if it meets the rest; None if there is no such condition."""
        parts = list(conjuncts(self.condition))
        wanted = next((found for part in parts if (found := id_key(part))), None)
        if wanted is None:
            return None
        number = collection.indexes["_id_"].owner(wanted)
        if number is None:
            return []
        record = collection.records[number]
        return [record] if len(parts) == 1 or matcher(self.condition)(record.document) else []


def id_key(condition: Condition) -> Key | None:
    """The key of the one `_id` that a condition asks for, if it asks for nothing else."""
    if isinstance(condition, Field) and condition.path == "_id" and condition.operator == "$eq":
        return key(condition.operand)
    return None


def parse_query(filter: Any, *, sort: Any = None, skip: Any = 0, limit: Any = 0, hint: Any = None) -> Query:
    """Check the parts of a query as they come with a command. Raises MongoError."""
    return Query(
        parse_filter({} if filter is None else filter),
        parse_sort(sort),
        whole_number(skip or 0, "skip"),
        whole_number(limit or 0, "limit"),
        hint or None,
    )


def whole_number(value: Any, name: str) -> int:
    """A number that is not negative. Raises MongoError 2 or 14."""
    if type(value) not in (int, Int64, float) or value % 1 != 0:
        raise MongoError(14, f"BSON field '{name}' is the wrong type '{type_name(value)}', expected a whole number")
    if value < 0:
        raise MongoError(51024, f"BSON field '{name}' value must be >= 0, actual value '{int(value)}'")
    return int(value)


def parse_sort(sort: Any) -> Sort:
    """The fields and directions of a sort. Raises MongoError 2 or 15974 if it is malformed."""
    if not sort:
        return ()
    if type(sort) is not dict:
        raise MongoError(14, f"Expected a sort to be an object, but it is of type {type_name(sort)}")
    fields = []
    for path, direction in sort.items():
        if type(direction) is dict:
            raise refused(f"a sort by {next(iter(direction), 'an object')}")
        if path == "$natural" or any(part.isdigit() for part in path.split(".")):
            raise refused(f"a sort by {path}")
        if type(direction) not in NUMBERS or direction not in (1, -1):
            raise MongoError(15975, f"$sort key ordering must be 1 (for ascending) or -1 (for descending): {path}")
        fields.append((path, int(direction)))
    return tuple(fields)


def _matching(collection: Collection, plan: Plan, condition: Condition) -> Iterator[Record]:
    records = collection.records
    if plan.exact:
        return (records[number] for number in plan.numbers())
    matches = matcher(condition)
    return (record for number in plan.numbers() if matches((record := records[number]).document))


def _hinted(collection: Collection, hint: Any) -> Index:
    if type(hint) is dict and "$natural" in hint:
        raise refused("a hint at $natural")
    for index in collection.indexes.values():
        if hint == index.name or (type(hint) is dict and list(hint.items()) == list(index.definition["key"].items())):
            return index
    raise MongoError(2, "error processing query: hint provided does not correspond to an existing index")
