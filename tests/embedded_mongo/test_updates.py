"""What an update makes of a document. Each row: the document (without `_id`), the update, the document afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, OperationFailure, WriteError

Things = Collection[dict[str, Any]]

FIELDS = [
    ({}, {"$set": {"a": 1}}, {"a": 1}),
    ({"a": 1}, {"$set": {"a": {"b": 2}}}, {"a": {"b": 2}}),
    ({}, {"$set": {"a.b.c": 1}}, {"a": {"b": {"c": 1}}}),
    ({"a": {"x": 1}}, {"$set": {"a.b": 2}}, {"a": {"x": 1, "b": 2}}),
    ({"a": [1, 2]}, {"$set": {"a.1": 9}}, {"a": [1, 9]}),
    ({"a": [1]}, {"$set": {"a.3": 9}}, {"a": [1, None, None, 9]}),
    ({"a": [{"b": 1}]}, {"$set": {"a.0.b": 2}}, {"a": [{"b": 2}]}),
    ({}, {"$set": {"a.0": 1}}, {"a": {"0": 1}}),
    ({"a": 1}, {"$set": {}}, {"a": 1}),
    ({"a": 1, "b": 2}, {"$unset": {"a": ""}}, {"b": 2}),
    ({"a": [1, 2]}, {"$unset": {"a.0": ""}}, {"a": [None, 2]}),
    ({"a": 1}, {"$unset": {"b.c": "", "a.b": ""}}, {"a": 1}),
    ({"a": 1, "b": {"c": 2}}, {"$rename": {"a": "b.d"}}, {"b": {"c": 2, "d": 1}}),
    ({"a": 1}, {"$rename": {"x": "y"}}, {"a": 1}),
    ({"a": 1, "b": 2}, {"$rename": {"a": "b"}}, {"b": 1}),
    ({"a": 1}, {"$setOnInsert": {"b": 1}}, {"a": 1}),
    ({"a": 5}, {"$min": {"a": 3, "b": 1}}, {"a": 3, "b": 1}),
    ({"a": 5}, {"$max": {"a": 3}}, {"a": 5}),
    ({"a": 5}, {"$max": {"a": "text"}}, {"a": "text"}),
    ({"a": None}, {"$min": {"a": 3}}, {"a": None}),
]

NUMBERS = [
    ({"a": 1}, {"$inc": {"a": 2, "b": 3}}, {"a": 3, "b": 3}),
    ({"a": 1}, {"$inc": {"a": 0.5}}, {"a": 1.5}),
    ({"a": 2**31 - 1}, {"$inc": {"a": 1}}, {"a": Int64(2**31)}),
    ({"a": Int64(1)}, {"$inc": {"a": 1}}, {"a": Int64(2)}),
    ({"a": Decimal128("1.10")}, {"$inc": {"a": 1}}, {"a": Decimal128("2.10")}),
    ({"a": 4}, {"$mul": {"a": 3, "b": 5}}, {"a": 12, "b": 0}),
    ({"a": 4}, {"$mul": {"a": 0.5}}, {"a": 2.0}),
]

ARRAYS = [
    ({}, {"$push": {"a": 1}}, {"a": [1]}),
    ({"a": [1]}, {"$push": {"a": [2]}}, {"a": [1, [2]]}),
    ({"a": [1]}, {"$push": {"a": {"x": 1}}}, {"a": [1, {"x": 1}]}),
    ({"a": [1]}, {"$push": {"a": {"$each": [2, 3]}}}, {"a": [1, 2, 3]}),
    ({"a": [1, 2]}, {"$push": {"a": {"$each": [9], "$position": 0}}}, {"a": [9, 1, 2]}),
    ({"a": [1, 2]}, {"$push": {"a": {"$each": [9], "$position": -1}}}, {"a": [1, 9, 2]}),
    ({"a": [3, 1]}, {"$push": {"a": {"$each": [2], "$sort": 1}}}, {"a": [1, 2, 3]}),
    ({"a": [3, 1]}, {"$push": {"a": {"$each": [2], "$sort": -1, "$slice": 2}}}, {"a": [3, 2]}),
    ({"a": [1, 2]}, {"$push": {"a": {"$each": [3], "$slice": -2}}}, {"a": [2, 3]}),
    ({"a": [1, 2]}, {"$push": {"a": {"$each": [], "$slice": 0}}}, {"a": []}),
    ({"a": [{"n": 2}]}, {"$push": {"a": {"$each": [{"n": 1}], "$sort": {"n": 1}}}}, {"a": [{"n": 1}, {"n": 2}]}),
    ({"a": [1]}, {"$addToSet": {"a": 1.0}}, {"a": [1]}),
    ({"a": [1]}, {"$addToSet": {"a": {"$each": [1, 2, 2]}}}, {"a": [1, 2]}),
    ({}, {"$addToSet": {"a": 1}}, {"a": [1]}),
    ({"a": [1, 2, 1, 1.0]}, {"$pull": {"a": 1}}, {"a": [2]}),
    ({"a": [1, 5, 9]}, {"$pull": {"a": {"$gt": 4}}}, {"a": [1]}),
    ({"a": [{"b": 1, "c": 1}, {"b": 2}, 3]}, {"$pull": {"a": {"b": 1}}}, {"a": [{"b": 2}, 3]}),
    ({"a": [1, 5]}, {"$pull": {"a": {"$in": [5, 6]}}}, {"a": [1]}),
    ({"a": [{"b": [1, 2]}]}, {"$pull": {"a.0.b": 1}}, {"a": [{"b": [2]}]}),
    ({"a": 1}, {"$pull": {"b": 1}}, {"a": 1}),
    ({"a": [1, 2, 3]}, {"$pullAll": {"a": [1, 3]}}, {"a": [2]}),
    ({"a": [1, 2]}, {"$pop": {"a": 1}}, {"a": [1]}),
    ({"a": [1, 2]}, {"$pop": {"a": -1}}, {"a": [2]}),
    ({"a": []}, {"$pop": {"a": 1}}, {"a": []}),
    ({"a": [1, 2]}, {"$inc": {"a.$[]": 1}}, {"a": [2, 3]}),
    ({"a": [{"b": 1}, {"b": 2}]}, {"$set": {"a.$[].c": 0}}, {"a": [{"b": 1, "c": 0}, {"b": 2, "c": 0}]}),
]


@pytest.mark.parametrize(("before", "update", "after"), [*FIELDS, *NUMBERS, *ARRAYS], ids=str)
def test_an_update_makes_what_mongodb_makes(
    things: Things, before: dict[str, Any], update: dict[str, Any], after: dict[str, Any]
) -> None:
    things.insert_one({"_id": 1, **before})
    things.update_one({"_id": 1}, update)
    changed = things.find_one({"_id": 1}) or {}
    assert changed == {"_id": 1, **after}
    assert {name: type(value) for name, value in changed.items()} == {
        "_id": int,
        **{name: type(value) for name, value in after.items()},
    }


def test_new_fields_come_in_the_order_of_their_names(things: Things) -> None:
    things.insert_one({"_id": 1, "z": 0})
    things.update_one({"_id": 1}, {"$set": {"c": 1, "a": 1}, "$inc": {"b": 1}})
    assert list(things.find_one() or {}) == ["_id", "z", "a", "b", "c"]


def test_array_filters_choose_the_elements(things: Things) -> None:
    things.insert_one({"_id": 1, "a": [{"n": 1}, {"n": 5}, {"n": 9}], "b": [1, 5]})
    things.update_one(
        {"_id": 1},
        {"$set": {"a.$[big].ok": True, "b.$[low]": 0}},
        array_filters=[{"big.n": {"$gt": 4}}, {"low": {"$lt": 3}}],
    )
    assert things.find_one() == {"_id": 1, "a": [{"n": 1}, {"n": 5, "ok": True}, {"n": 9, "ok": True}], "b": [0, 5]}


def test_current_date_is_now_in_utc(things: Things) -> None:
    things.insert_one({"_id": 1})
    things.update_one({"_id": 1}, {"$currentDate": {"at": True, "also": {"$type": "date"}}})
    changed = things.find_one() or {}
    assert abs(changed["at"].replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert changed["also"] == changed["at"]


def test_a_replacement_keeps_the_id_and_nothing_else(things: Things) -> None:
    things.insert_one({"_id": 1, "a": 1, "b": 2})
    things.replace_one({"a": 1}, {"c": 3})
    assert things.find_one() == {"_id": 1, "c": 3}


def test_counts_tell_matched_from_modified(things: Things) -> None:
    things.insert_many([{"a": 1}, {"a": 1, "b": 2}, {"a": 2}])
    result = things.update_many({"a": 1}, {"$set": {"b": 2}})
    assert (result.matched_count, result.modified_count) == (2, 1)
    assert things.update_one({"a": 9}, {"$set": {"b": 2}}).matched_count == 0
    assert things.update_one({"a": 2}, {"$set": {"a": 2.0}}).modified_count == 1  # the type is a change


UPSERTS = [
    ({"a": 1, "b.c": 2}, {"$set": {"d": 3}}, {"a": 1, "b": {"c": 2}, "d": 3}),
    ({"a": {"$eq": 1}}, {"$setOnInsert": {"b": 2}}, {"a": 1, "b": 2}),
    ({"$and": [{"a": 1}, {"b": {"$gt": 5}}]}, {"$inc": {"n": 1}}, {"a": 1, "n": 1}),
    ({"a": {"$gt": 1}}, {"$set": {"b": 2}}, {"b": 2}),
    ({"$or": [{"a": 1}, {"a": 2}]}, {"$set": {"b": 2}}, {"b": 2}),
    ({"a": 1}, {"$push": {"b": 2}}, {"a": 1, "b": [2]}),
]


@pytest.mark.parametrize(("query", "update", "made"), UPSERTS, ids=str)
def test_an_upsert_starts_from_the_equalities_of_its_query(
    things: Things, query: dict[str, Any], update: dict[str, Any], made: dict[str, Any]
) -> None:
    result = things.update_one(query, update, upsert=True)
    assert things.find_one() == {"_id": result.upserted_id, **made}


def test_an_upsert_takes_the_id_from_its_query_and_updates_the_second_time(things: Things) -> None:
    for _ in range(2):
        things.update_one({"_id": "day"}, {"$inc": {"n": 1}, "$setOnInsert": {"first": True}}, upsert=True)
    assert things.find_one() == {"_id": "day", "first": True, "n": 2}


def test_an_upsert_with_a_replacement_takes_only_the_id(things: Things) -> None:
    things.replace_one({"_id": 7, "a": 1}, {"b": 2}, upsert=True)
    assert things.find_one() == {"_id": 7, "b": 2}


@pytest.mark.parametrize(
    ("before", "update", "code"),
    [
        ({"a": 1}, {"$set": {"a": 1, "a.b": 2}}, 40),
        ({"a": 1}, {"$set": {"a": 1}, "$inc": {"a": 2}}, 40),
        ({"a": 1}, {"$rename": {"a": "b"}, "$set": {"b": 1}}, 40),
        ({"a": 1}, {"$set": {"a.b": 2}}, 28),
        ({"a": [1]}, {"$set": {"a.b": 2}}, 28),
        ({"a": 1}, {"$set": {"_id": 2}}, 66),
        ({"a": 1}, {"$unset": {"_id": ""}}, 66),
        ({"a": "x"}, {"$inc": {"a": 1}}, 14),
        ({"a": 1}, {"$inc": {"a": "x"}}, 14),
        ({"a": "x"}, {"$mul": {"a": 1}}, 14),
        ({"a": Int64(2**63 - 1)}, {"$inc": {"a": 1}}, 2),
        ({"a": 1}, {"$push": {"a": 1}}, 2),
        ({"a": 1}, {"$addToSet": {"a": 1}}, 2),
        ({"a": 1}, {"$pull": {"a": 1}}, 2),
        ({"a": 1}, {"$pop": {"a": 1}}, 14),
        ({"a": []}, {"$pop": {"a": 2}}, 9),
        ({"a": []}, {"$push": {"a": {"$each": 1}}}, 2),
        ({"a": []}, {"$pullAll": {"a": 1}}, 2),
        ({"a": 1}, {"$rename": {"a": "a"}}, 2),
        ({"a": 1}, {"$set": {"a.": 1}}, 56),
        ({"a": 1}, {"$inc": {"a.$[]": 1}}, 2),
        ({"a": [1]}, {"$inc": {"a.$[x]": 1}}, 2),
        ({"a": 1}, {"$nonsense": {"a": 1}}, 9),
        ({"a": 1}, {"$set": 1}, 9),
    ],
    ids=str,
)
def test_an_update_that_can_not_be_done_changes_nothing(
    things: Things, before: dict[str, Any], update: dict[str, Any], code: int
) -> None:
    things.insert_one({"_id": 1, **before})
    with pytest.raises(WriteError) as caught:
        things.update_one({"_id": 1}, update)
    assert caught.value.code == code
    assert things.find_one() == {"_id": 1, **before}


def test_an_array_filter_has_to_be_used(things: Things) -> None:
    with pytest.raises(WriteError, match="was not used"):
        things.update_one({}, {"$set": {"a": 1}}, array_filters=[{"x": 1}])


def test_a_replacement_can_not_change_the_id(things: Things) -> None:
    things.insert_one({"_id": 1})
    with pytest.raises(WriteError) as caught:
        things.replace_one({"_id": 1}, {"_id": 2})
    assert caught.value.code == 66


def test_contradicting_equalities_can_not_be_upserted(things: Things) -> None:
    with pytest.raises(WriteError) as caught:
        things.update_one({"$and": [{"a": 1}, {"a": 2}]}, {"$set": {"b": 1}}, upsert=True)
    assert caught.value.code == 54


@pytest.mark.parametrize(("ordered", "done"), [(True, [1]), (False, [1, 3])])
def test_bulk_writes_stop_at_an_error_only_if_ordered(things: Things, *, ordered: bool, done: list[int]) -> None:
    things.insert_one({"_id": 1, "a": "x"})
    writes = [
        UpdateOne({"_id": 1}, {"$push": {"done": 1}}),
        UpdateOne({"_id": 1}, {"$inc": {"a": 1}}),
        UpdateOne({"_id": 1}, {"$push": {"done": 3}}),
    ]
    with pytest.raises(BulkWriteError) as caught:
        things.bulk_write(writes, ordered=ordered)
    assert [error["index"] for error in caught.value.details["writeErrors"]] == [1]
    assert (things.find_one() or {})["done"] == done


def test_a_document_can_not_outgrow_16_megabytes(things: Things) -> None:
    things.insert_one({"_id": 1, "a": "x" * 12_000_000})
    with pytest.raises(OperationFailure) as caught:
        things.update_one({"_id": 1}, {"$set": {"b": "x" * 6_000_000}})
    assert caught.value.code == 10334
    assert things.count_documents({"b": {"$exists": False}}) == 1
