"""Whatever updates do, indexes hold what the documents say: an update looks only at those whose fields it touched."""

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import DeleteOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, WriteError

Things = Collection[dict[str, Any]]

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 2), st.sampled_from([None, "x", True, 1.0, []]), st.lists(st.integers(0, 2), max_size=2)
)
INNER = st.fixed_dictionaries({}, optional={"b": VALUES, "d": VALUES})
IDENTITIES = st.integers(0, 4)
CHANGES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda name, value: {"$set": {name: value}}, st.sampled_from(["a", "c", "a.b", "a.d", "e"]), VALUES),
    st.builds(lambda value: {"$set": {"a": value}}, INNER),
    st.builds(lambda name: {"$unset": {name: ""}}, st.sampled_from(["a", "c", "a.b", "e"])),
    st.builds(lambda name, number: {"$inc": {name: number}}, st.sampled_from(["c", "a.b"]), st.integers(0, 1)),
    st.builds(lambda value: {"$push": {"e": value}}, st.integers(0, 2)),
    st.builds(lambda value: {"$pull": {"e": value}}, st.integers(0, 2)),
    st.sampled_from([{"$rename": {"c": "e"}}, {"$rename": {"e": "c"}}, {"$set": {"c": 1}, "$unset": {"e": ""}}]),
)
WRITES = st.one_of(
    st.builds(lambda one, change: UpdateOne({"_id": one}, change, upsert=True), IDENTITIES, CHANGES),
    st.builds(lambda ids, change: UpdateMany({"_id": {"$in": ids}}, change), st.lists(IDENTITIES, max_size=3), CHANGES),
    st.builds(lambda value, change: UpdateMany({"c": value}, change), st.integers(0, 2), CHANGES),
    st.builds(
        lambda one, fields: ReplaceOne({"_id": one}, fields, upsert=True),
        IDENTITIES,
        st.fixed_dictionaries({}, optional={"a": st.one_of(VALUES, INNER), "c": VALUES, "e": VALUES}),
    ),
    st.builds(lambda one: DeleteOne({"_id": one}), IDENTITIES),
)
INDEXES: list[tuple[list[tuple[str, int]], dict[str, Any]]] = [
    ([("a.b", 1), ("_id", -1)], {}),
    ([("e", -1)], {}),
    ([("c", 1), ("_id", 1)], {"unique": True}),
    ([("c", 1)], {"sparse": True}),
    ([("e", 1)], {"partialFilterExpression": {"a.d": {"$gte": 1}}}),
]
QUERIES: list[dict[str, Any]] = [
    *({name: value} for name in ("a.b", "c", "e") for value in (0, 1, 2, "x", None, [1])),
    *({"c": {"$in": [value, 1]}, "_id": {"$in": [0, 1, 2, 3]}} for value in (0, 2, "x", None)),
    *({"a.d": {"$gte": 1}, "e": value} for value in (0, 1, None)),
    {"_id": {"$in": [4, 2, 0]}, "c": {"$gte": 0}},
    {"_id": 2, "e": {"$exists": True}},
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(WRITES, min_size=1, max_size=12))
def test_what_is_found_by_an_index_is_what_is_there(things: Things, writes: list[Any]) -> None:
    plain, indexed = things.database["plain"], things
    for collection in (plain, indexed):
        collection.drop()
    for keys, options in INDEXES:
        indexed.create_index(keys, **options)
    for write in writes:
        for collection in (plain, indexed):
            # What can't be done, such as an $inc of a text, can't be done with an index either.
            with suppress(BulkWriteError, WriteError):
                collection.bulk_write([write])
    documents = list(plain.find().sort("_id"))
    assert list(indexed.find().sort("_id")) == documents
    for query in QUERIES:
        expected = list(plain.find(query).sort("_id"))
        for sort in ([], [("_id", 1)], [("_id", -1)]):
            cursor = indexed.find(query)
            found = list(cursor.sort(sort) if sort else cursor)
            assert sorted(found, key=lambda item: item["_id"]) == expected
            assert not sort or found == (expected if sort[0][1] > 0 else expected[::-1])
        assert indexed.count_documents(query) == len(expected)
