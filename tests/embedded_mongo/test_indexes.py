"""Declaring indexes: unique, sparse, partial, expiring, and what contradicts what is there."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure

Things = Collection[dict[str, Any]]


def test_indexes_are_listed_as_they_were_declared(things: Things) -> None:
    things.create_index([("a", ASCENDING), ("b.c", DESCENDING)], unique=True)
    things.create_index("d", name="mine", sparse=True)
    things.create_index("e", partialFilterExpression={"e": {"$gt": 5}})
    things.create_index("at", expireAfterSeconds=60)
    assert things.index_information() == {
        "_id_": {"v": 2, "key": [("_id", 1)]},
        "a_1_b.c_-1": {"v": 2, "key": [("a", 1), ("b.c", -1)], "unique": True},
        "mine": {"v": 2, "key": [("d", 1)], "sparse": True},
        "e_1": {"v": 2, "key": [("e", 1)], "partialFilterExpression": {"e": {"$gt": 5}}},
        "at_1": {"v": 2, "key": [("at", 1)], "expireAfterSeconds": 60},
    }


def test_declaring_an_index_again_is_fine_and_dropping_removes_it(things: Things) -> None:
    things.create_index("a", unique=True)
    things.create_index("a", unique=True)
    things.drop_index("a_1")
    assert list(things.index_information()) == ["_id_"]
    things.create_index("a")
    things.drop_indexes()
    assert list(things.index_information()) == ["_id_"]


def test_a_unique_index_has_every_key_once_and_one_null(things: Things) -> None:
    things.create_index([("a", 1), ("b", 1)], unique=True)
    things.insert_many([{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1}])
    with pytest.raises(DuplicateKeyError) as caught:
        things.insert_one({"a": 1, "b": None})
    details = caught.value.details or {}
    assert details["keyPattern"] == {"a": 1, "b": 1}
    assert details["keyValue"] == {"a": 1, "b": None}
    assert "E11000 duplicate key error collection" in str(caught.value)


def test_an_update_can_not_make_a_duplicate_and_then_changes_nothing(things: Things) -> None:
    things.create_index("a", unique=True)
    things.insert_many([{"_id": 1, "a": 1}, {"_id": 2, "a": 2}])
    with pytest.raises(DuplicateKeyError):
        things.update_one({"_id": 2}, {"$set": {"a": 1, "b": 1}})
    with pytest.raises(DuplicateKeyError):
        things.find_one_and_update({"_id": 2}, {"$set": {"a": 1}})
    assert list(things.find({"a": 2})) == [{"_id": 2, "a": 2}]
    things.update_one({"_id": 1}, {"$set": {"a": 3}})
    things.update_one({"_id": 2}, {"$set": {"a": 1}})


def test_a_unique_index_over_arrays_has_every_element_once(things: Things) -> None:
    things.create_index("a", unique=True)
    things.insert_one({"a": [1, 1, 2]})
    with pytest.raises(DuplicateKeyError):
        things.insert_one({"a": 2})


def test_a_sparse_unique_index_leaves_out_what_lacks_the_field(things: Things) -> None:
    things.create_index("a", unique=True, sparse=True)
    things.insert_many([{}, {}, {"a": None}])
    with pytest.raises(DuplicateKeyError):
        things.insert_one({"a": None})
    assert things.count_documents({}) == 3
    assert things.count_documents({"a": None}) == 3


def test_a_partial_unique_index_is_about_what_it_covers(things: Things) -> None:
    things.create_index("a", unique=True, partialFilterExpression={"open": True})
    things.insert_many([{"_id": 1, "a": 1, "open": False}, {"_id": 2, "a": 1, "open": False}])
    things.update_one({"_id": 1}, {"$set": {"open": True}})
    with pytest.raises(DuplicateKeyError):
        things.update_one({"_id": 2}, {"$set": {"open": True}})
    things.update_one({"_id": 1}, {"$set": {"open": 1}})
    things.update_one({"_id": 2}, {"$set": {"open": True}})
    assert things.count_documents({"a": 1}) == 2
    assert things.count_documents({"a": 1, "open": 1}) == 1


def test_two_arrays_can_not_be_indexed_together(things: Things) -> None:
    things.create_index([("a", 1), ("b", 1)])
    things.insert_one({"a": [1, 2], "b": 1})
    with pytest.raises(OperationFailure) as caught:
        things.insert_one({"a": [1], "b": [2]})
    assert caught.value.code == 171


def test_an_index_can_not_be_unique_if_the_documents_are_not(things: Things) -> None:
    things.insert_many([{"a": 1}, {"a": 1}])
    with pytest.raises(DuplicateKeyError):
        things.create_index("a", unique=True)
    assert list(things.index_information()) == ["_id_"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"name": "a_1", "expireAfterSeconds": 5}, 85),
        ({"name": "other"}, 85),
        ({"name": "a_1", "unique": True}, 86),
        ({"name": "a_1", "sparse": True}, 86),
        ({"name": "a_1", "partialFilterExpression": {"b": 1}}, 86),
    ],
    ids=str,
)
def test_an_index_can_not_contradict_one_that_is_there(things: Things, options: dict[str, Any], code: int) -> None:
    things.create_index("a")
    with pytest.raises(OperationFailure) as caught:
        things.create_index("a", **options)
    assert caught.value.code == code


def test_the_same_name_for_other_keys_is_a_conflict(things: Things) -> None:
    things.create_index("a", name="mine")
    with pytest.raises(OperationFailure) as caught:
        things.create_index("b", name="mine")
    assert caught.value.code == 86


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        ("a", {"partialFilterExpression": {"b": {"$ne": 1}}}),
        ("a", {"partialFilterExpression": {"b": {"$exists": False}}}),
        ("a", {"partialFilterExpression": {"b": 1}, "sparse": True}),
        ([("a", 1), ("b", 1)], {"expireAfterSeconds": 5}),
        ("a", {"expireAfterSeconds": -1}),
        ("_id", {"expireAfterSeconds": 5, "name": "x"}),
    ],
    ids=str,
)
def test_an_index_that_mongodb_can_not_create(things: Things, keys: Any, options: dict[str, Any]) -> None:
    with pytest.raises(OperationFailure) as caught:
        things.create_index(keys, **options)
    assert caught.value.code == 67


def test_dropping_what_is_not_there_is_an_error(things: Things) -> None:
    things.insert_one({})
    with pytest.raises(OperationFailure) as caught:
        things.drop_index("nothing")
    assert caught.value.code == 27
    with pytest.raises(OperationFailure) as caught:
        things.drop_index("_id_")
    assert caught.value.code == 72
    with pytest.raises(OperationFailure) as caught:
        things.database.command("dropIndexes", "nowhere", index="nothing")
    assert caught.value.code == 26


def test_what_has_expired_goes_and_the_rest_stays(things: Things) -> None:
    now = datetime.now(UTC)
    things.insert_many(
        [
            {"_id": "old", "at": now - timedelta(hours=2)},
            {"_id": "new", "at": now},
            {"_id": "one of them old", "at": [now, now - timedelta(hours=2)]},
            {"_id": "no date", "at": "yesterday"},
            {"_id": "none"},
        ]
    )
    things.create_index("at", expireAfterSeconds=3600)
    deadline = time.monotonic() + 10
    while things.estimated_document_count() > 3 and time.monotonic() < deadline:
        things.database.command("ping")
    assert [item["_id"] for item in things.find()] == ["new", "no date", "none"]


def test_a_partial_index_expires_only_what_it_covers(things: Things) -> None:
    old = datetime.now(UTC) - timedelta(hours=2)
    things.insert_many([{"_id": 1, "at": old, "done": True}, {"_id": 2, "at": old}])
    things.create_index("at", expireAfterSeconds=0, partialFilterExpression={"done": True})
    deadline = time.monotonic() + 10
    while things.estimated_document_count() > 1 and time.monotonic() < deadline:
        things.database.command("ping")
    assert [item["_id"] for item in things.find()] == [2]
