"""Inserting, deleting, and finding with a change."""

from typing import Any

import pytest
from bson import ObjectId, Timestamp
from bson.datetime_ms import DatetimeMS
from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError
from pymongo.write_concern import WriteConcern

Things = Collection[dict[str, Any]]


def test_what_is_inserted_is_found_with_all_types_unchanged(things: Things) -> None:
    document = {"_id": 1, "nested": {"list": [1, 2.5, None, {"x": b"y"}]}, "id": ObjectId(), "at": Timestamp(5, 1)}
    things.insert_one(document)
    assert things.find_one() == document


def test_the_id_is_made_by_the_server_if_there_is_none_and_comes_first(things: Things) -> None:
    things.database.command("insert", things.name, documents=[{"a": 1}, {"b": 1, "_id": 5}])
    first, second = things.find()
    assert isinstance(first["_id"], ObjectId)
    assert list(first) == ["_id", "a"]
    assert list(second) == ["_id", "b"]


def test_delete_one_takes_one_and_delete_many_all(things: Things) -> None:
    things.insert_many([{"a": 1}, {"a": 1}, {"a": 1}, {"a": 2}])
    assert things.delete_one({"a": 1}).deleted_count == 1
    assert things.delete_many({"a": 1}).deleted_count == 2
    assert things.delete_many({"a": 1}).deleted_count == 0
    assert things.estimated_document_count() == 1


def test_a_write_that_nobody_waits_for_is_done(things: Things) -> None:
    unacknowledged = things.with_options(write_concern=WriteConcern(w=0))
    unacknowledged.insert_one({"_id": 1})
    things.database.command("ping")
    while things.find_one() is None:  # it may come by another connection
        things.database.command("ping")
    assert things.find_one() == {"_id": 1}


def test_find_one_and_update_shows_the_document_before_or_after(things: Things) -> None:
    things.insert_many([{"_id": 1, "n": 1}, {"_id": 2, "n": 2}])
    before = things.find_one_and_update({}, {"$inc": {"n": 10}}, sort=[("n", -1)])
    after = things.find_one_and_update(
        {"_id": 2}, {"$inc": {"n": 10}}, projection={"n": 1, "_id": 0}, return_document=ReturnDocument.AFTER
    )
    assert before == {"_id": 2, "n": 2}
    assert after == {"n": 22}


def test_find_one_and_update_inserts_what_is_missing(things: Things) -> None:
    change: dict[str, Any] = {"$inc": {"n": 1}}
    assert things.find_one_and_update({"_id": 1}, change) is None
    assert things.find_one_and_update({"_id": 1}, change, upsert=True) is None
    assert things.find_one_and_update({"_id": 2}, change, upsert=True, return_document=ReturnDocument.AFTER) == {
        "_id": 2,
        "n": 1,
    }
    outcome = things.database.command(
        "findAndModify", things.name, query={"_id": 3}, update={"$set": {"a": 1}}, upsert=True
    )
    assert outcome["lastErrorObject"] == {"n": 1, "updatedExisting": False, "upserted": 3}


def test_find_one_and_replace_and_delete(things: Things) -> None:
    things.insert_one({"_id": 1, "a": 1})
    assert things.find_one_and_replace({"_id": 1}, {"b": 2}, return_document=ReturnDocument.AFTER) == {"_id": 1, "b": 2}
    assert things.find_one_and_delete({"b": 2}) == {"_id": 1, "b": 2}
    assert things.find_one_and_delete({"b": 2}) is None


def test_a_second_document_with_the_same_id_is_a_duplicate_key_error(things: Things) -> None:
    things.insert_one({"_id": 1})
    with pytest.raises(DuplicateKeyError) as caught:
        things.insert_one({"_id": 1.0})
    details = caught.value.details or {}
    assert (details["code"], details["keyPattern"], details["keyValue"]) == (11000, {"_id": 1}, {"_id": 1.0})


@pytest.mark.parametrize(("ordered", "kept"), [(True, [0, 1]), (False, [0, 1, 2, 3])])
def test_insert_many_stops_at_an_error_only_if_ordered(things: Things, *, ordered: bool, kept: list[int]) -> None:
    with pytest.raises(BulkWriteError) as caught:
        things.insert_many([{"_id": number} for number in (0, 1, 1, 2, 2, 3)], ordered=ordered)
    indexes = [error["index"] for error in caught.value.details["writeErrors"]]
    assert indexes == ([2] if ordered else [2, 4])
    assert caught.value.details["nInserted"] == len(kept)
    assert [item["_id"] for item in things.find()] == kept


def test_an_id_can_not_be_an_array(things: Things) -> None:
    with pytest.raises(WriteError) as caught:
        things.insert_one({"_id": [1]})
    assert caught.value.code == 53


def test_a_date_that_python_does_not_have_is_an_error_of_that_document(things: Things) -> None:
    with pytest.raises(WriteError) as caught:
        things.insert_one({"at": DatetimeMS(2**60)})
    assert caught.value.code == 22
    assert things.database.command("ping")["ok"] == 1
