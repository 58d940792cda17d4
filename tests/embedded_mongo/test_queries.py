"""Which documents a filter finds. Each row: the documents (numbered from 0), the filter, the numbers it finds."""

# ruff: noqa: DTZ001  without an option the driver gives dates without a zone

import re
from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId, Regex
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

Things = Collection[dict[str, Any]]
SOME_ID = ObjectId("6890c5e0a1b2c3d4e5f60718")
NEW_YEAR = datetime(2026, 1, 1)

MIXED: list[Any] = [1, 1.0, Int64(1), Decimal128("1"), True, "1", None, "absent", [1], {"b": 1}, NEW_YEAR, SOME_ID]


def documents(values: list[Any]) -> list[dict[str, Any]]:
    return [{"_id": i} if value == "absent" else {"_id": i, "a": value} for i, value in enumerate(values)]


def found(things: Things, values: list[Any], query: dict[str, Any]) -> list[int]:
    things.insert_many(documents(values))
    return [item["_id"] for item in things.find(query).sort("_id", 1)]


EQUALITY = [
    (MIXED, {"a": 1}, [0, 1, 2, 3, 8]),
    (MIXED, {"a": 1.0}, [0, 1, 2, 3, 8]),
    (MIXED, {"a": True}, [4]),
    (MIXED, {"a": "1"}, [5]),
    (MIXED, {"a": None}, [6, 7]),
    (MIXED, {"a": {"$eq": None}}, [6, 7]),
    (MIXED, {"a": [1]}, [8]),
    (MIXED, {"a": {"b": 1.0}}, [9]),
    (MIXED, {"a": {"b": 1, "c": 2}}, []),
    (MIXED, {"a": NEW_YEAR}, [10]),
    (MIXED, {"a": SOME_ID}, [11]),
    (MIXED, {"a": {"$ne": 1}}, [4, 5, 6, 7, 9, 10, 11]),
    (MIXED, {"a": {"$ne": None}}, [0, 1, 2, 3, 4, 5, 8, 9, 10, 11]),
    ([{"b": 1, "c": 2}, {"c": 2, "b": 1}], {"a": {"c": 2, "b": 1}}, [1]),
    ([[1, 2], [[1, 2]], [2, 1]], {"a": [1, 2]}, [0, 1]),
    ([float("nan"), 1.0, None], {"a": float("nan")}, [0]),
    ([2**53 + 1, float(2**53)], {"a": float(2**53)}, [1]),
    ([0.0, -0.0, 0], {"a": 0}, [0, 1, 2]),
]

ORDER = [
    (MIXED, {"a": {"$gt": 0}}, [0, 1, 2, 3, 8]),
    (MIXED, {"a": {"$gte": 1}}, [0, 1, 2, 3, 8]),
    (MIXED, {"a": {"$lt": 2}}, [0, 1, 2, 3, 8]),
    (MIXED, {"a": {"$gt": "0"}}, [5]),
    (MIXED, {"a": {"$lt": True}}, []),
    (MIXED, {"a": {"$lte": None}}, [6, 7]),
    (MIXED, {"a": {"$gt": None}}, []),
    (MIXED, {"a": {"$gt": datetime(2025, 1, 1)}}, [10]),
    (MIXED, {"a": {"$gt": {"a": 5}}}, [9]),
    ([1, 5, 9, [1, 9]], {"a": {"$gt": 2, "$lt": 8}}, [1, 3]),
    ([[1, 2], [3]], {"a": {"$gte": [2]}}, [1]),
    ([float("nan"), 1], {"a": {"$lt": 5}}, [1]),
    ([float("nan"), 1], {"a": {"$gte": float("nan")}}, [0]),
    (["a", "B", "é", "z"], {"a": {"$gt": "a"}}, [2, 3]),
]

LISTS = [
    (MIXED, {"a": {"$in": [1, "1"]}}, [0, 1, 2, 3, 5, 8]),
    (MIXED, {"a": {"$in": []}}, []),
    (MIXED, {"a": {"$in": [None]}}, [6, 7]),
    (MIXED, {"a": {"$in": [[1]]}}, [8]),
    (MIXED, {"a": {"$nin": [1, None]}}, [4, 5, 9, 10, 11]),
    (["ab", "b"], {"a": {"$in": [re.compile("^a")]}}, [0]),
    ([[1, 2, 3], [1], [], 1], {"a": {"$all": [1, 2]}}, [0]),
    ([[1, 2, 3], [1], [], 1], {"a": {"$all": [1]}}, [0, 1, 3]),
    ([[1]], {"a": {"$all": []}}, []),
    ([[{"b": 1}, {"b": 2}], [{"b": 1}]], {"a": {"$all": [{"$elemMatch": {"b": 1}}, {"$elemMatch": {"b": 2}}]}}, [0]),
    ([[1, 2], [], 2, [[1, 2]]], {"a": {"$size": 2}}, [0]),
    ([[1, 2], [], 2], {"a": {"$size": 0}}, [1]),
]

SHAPES = [
    (MIXED, {"a": {"$exists": True}}, [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]),
    (MIXED, {"a": {"$exists": False}}, [7]),
    (MIXED, {"a": {"$type": "int"}}, [0, 8]),
    (MIXED, {"a": {"$type": "number"}}, [0, 1, 2, 3, 8]),
    (MIXED, {"a": {"$type": ["string", 8]}}, [4, 5]),
    (MIXED, {"a": {"$type": "null"}}, [6]),
    (MIXED, {"a": {"$type": "array"}}, [8]),
    (MIXED, {"a": {"$type": "object"}}, [9]),
    ([4, -4, 5, 4.9, "4", [3, 8]], {"a": {"$mod": [4, 0]}}, [0, 1, 3, 5]),
    ([-5, 5], {"a": {"$mod": [4, -1]}}, [0]),
]

LOGIC = [
    ([1, 2, 3], {"$or": [{"a": 1}, {"a": 3}]}, [0, 2]),
    ([1, 2, 3], {"$nor": [{"a": 1}, {"a": 3}]}, [1]),
    ([1, 2, 3], {"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 3}}]}, [1]),
    ([1, 2, "absent"], {"a": {"$not": {"$gt": 1}}}, [0, 2]),
    ([1, 2, 3], {"a": {"$gt": 1}, "$comment": "said in passing"}, [1, 2]),
    (["ab", "b", 1], {"a": {"$not": re.compile("a")}}, [1, 2]),
]

PATHS = [
    ([{"b": 1}, [{"b": 1}, {"b": 2}], [{"c": 1}], 5, "absent"], {"a.b": 1}, [0, 1]),
    ([{"b": 1}, [{"b": 1}, {"c": 2}], [], 5, "absent"], {"a.b": None}, [1, 3, 4]),
    ([{"b": 1}, [{"b": 1}], [{"c": 1}], []], {"a.b": {"$exists": True}}, [0, 1]),
    ([{"b": None}, [{"c": 1}], [5], 5], {"a.b": {"$exists": False}}, [1, 2, 3]),
    ([[5, 6], [6, 5], {"0": 5}], {"a.0": 5}, [0, 2]),
    ([[5, {"b": 4}], [{"b": 4}, 5]], {"a.1.b": 4}, [0]),
    ([[[1, 2]], [1, 2]], {"a.0": 1}, [1]),
    ([[{"b": [1, 2]}], [{"b": [3]}]], {"a.b": 2}, [0]),
    ([[{"b": 1, "c": 2}, {"b": 2, "c": 1}]], {"a.b": 1, "a.c": 1}, [0]),
    ([[{"b": 1, "c": 2}, {"b": 2, "c": 1}]], {"a": {"$elemMatch": {"b": 1, "c": 1}}}, []),
    ([[{"b": 1, "c": 2}], [{"b": 1}], {"b": 1, "c": 2}], {"a": {"$elemMatch": {"b": 1, "c": 2}}}, [0]),
    ([[1, 9], [5], 5], {"a": {"$elemMatch": {"$gt": 2, "$lt": 8}}}, [1]),
    ([[1, 9], [5]], {"a": {"$elemMatch": {"$not": {"$gt": 2}}}}, [0]),
    ([{"$ref": "x", "$id": SOME_ID}, {"$ref": "x", "$id": 1}], {"a.$id": SOME_ID}, [0]),
    ([{"$ref": "x", "$id": 1}, {"$ref": "x", "$id": 2}], {"a": {"$ref": "x", "$id": 1}}, [0]),
]

NULLS_AND_ARRAYS: list[Any] = [
    *({}, None, 4, {"b": "hi"}, {"b": None}, "absent"),  # 0 to 5
    *([[]], [], [{"b": None}, {}], [{"b": 1}, {"b": "x"}], [{"b": None}, {"b": 3}], [{"b": 3}, {}]),  # 6 to 11
    *([None, None], [1, "x", 4], [1, "x", None, 4]),  # 12 to 14
]
NULLS: list[tuple[list[Any], dict[str, Any], list[int]]] = [
    (NULLS_AND_ARRAYS, {"a": None}, [1, 5, 12, 14]),
    (NULLS_AND_ARRAYS, {"a": {"$ne": None}}, [0, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13]),
    (NULLS_AND_ARRAYS, {"a": {"$not": {"$gte": None}}}, [0, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13]),
    (NULLS_AND_ARRAYS, {"a": {"$elemMatch": {"$eq": None}}}, [12, 14]),
    (NULLS_AND_ARRAYS, {"a": {"$elemMatch": {"$ne": None}}}, [6, 8, 9, 10, 11, 13, 14]),
    (NULLS_AND_ARRAYS, {"a.b": None}, [0, 1, 2, 4, 5, 8, 10, 11]),
    (NULLS_AND_ARRAYS, {"a.b": {"$in": [None, 75]}}, [0, 1, 2, 4, 5, 8, 10, 11]),
    (NULLS_AND_ARRAYS, {"a.b": {"$ne": None}}, [3, 6, 7, 9, 12, 13, 14]),
    (NULLS_AND_ARRAYS, {"a": {"$elemMatch": {"b": None}}}, [6, 8, 10, 11]),
    (NULLS_AND_ARRAYS, {"a": {"$elemMatch": {"b": {"$ne": None}}}}, [9, 10, 11]),
]

PATTERNS = [
    (["Tea", "tea", "steam", 1], {"a": {"$regex": "tea"}}, [1, 2]),
    (["Tea", "tea", "steam"], {"a": {"$regex": "^tea", "$options": "i"}}, [0, 1]),
    (["x\ntea", "tea"], {"a": {"$regex": "^tea"}}, [1]),
    (["x\ntea", "tea"], {"a": {"$regex": "^tea", "$options": "m"}}, [0, 1]),
    (["a\nb", "a b"], {"a": {"$regex": "a.b"}}, [1]),
    (["a\nb", "a b"], {"a": {"$regex": "a.b", "$options": "s"}}, [0, 1]),
    (["ab"], {"a": {"$regex": "a b # together", "$options": "x"}}, [0]),
    (["1", "\u0661"], {"a": {"$regex": r"^\d$"}}, [0]),
    (["É", "é"], {"a": {"$regex": "é", "$options": "i"}}, [0, 1]),
    (["a.b", "axb"], {"a": {"$regex": r"^a\.b"}}, [0]),
    (["ab", "b"], {"a": {"$regex": "^(?:ab|c)"}}, [0]),
    ([["x", "tea"], []], {"a": {"$regex": "^tea$"}}, [0]),
    ([Regex("^t"), "u"], {"a": Regex("^t")}, [0]),
    (["a-b", "a[b"], {"a": {"$regex": r"[\[\-]"}}, [0, 1]),
    (["-", "x", "!"], {"a": {"$regex": r"^[\w-]$"}}, [0, 1]),
    (["]", "x"], {"a": {"$regex": "^[]]$"}}, [0]),
]


ALL = [*EQUALITY, *ORDER, *LISTS, *SHAPES, *LOGIC, *PATHS, *NULLS, *PATTERNS]


@pytest.mark.parametrize(("values", "query", "expected"), ALL, ids=str)
def test_a_filter_finds_what_mongodb_finds(
    things: Things, values: list[Any], query: dict[str, Any], expected: list[int]
) -> None:
    assert found(things, values, query) == expected


@pytest.mark.parametrize(("values", "query", "expected"), ALL, ids=str)
@pytest.mark.parametrize("keys", [[("a", 1)], [("a", -1), ("_id", 1)], [("a.b", 1)]], ids=str)
def test_an_index_changes_nothing(
    things: Things, values: list[Any], query: dict[str, Any], expected: list[int], keys: list[tuple[str, int]]
) -> None:
    things.create_index(keys)
    assert found(things, values, query) == expected


TYPES_IN_ORDER: list[Any] = [
    None,
    float("nan"),
    float("-inf"),
    -1,
    Decimal128("0.5"),
    1.5,
    Int64(2**60),
    "",
    "A",
    "a",
    "é",
    {},
    {"a": 1},
    {"a": 1, "b": 1},
    {"b": 0},
    {"a": "x"},
    b"z",
    b"aa",
    SOME_ID,
    False,
    True,
    datetime(1969, 1, 1),
    NEW_YEAR,
    Regex("a"),
]


@pytest.mark.parametrize("indexed", [False, True])
def test_a_sort_orders_all_types(things: Things, *, indexed: bool) -> None:
    if indexed:
        things.create_index([("a", 1), ("_id", 1)])
    things.insert_many([{"_id": i, "a": value} for i, value in reversed(list(enumerate(TYPES_IN_ORDER)))])
    expected = list(range(len(TYPES_IN_ORDER)))
    assert [item["_id"] for item in things.find().sort([("a", 1), ("_id", 1)])] == expected
    assert [item["_id"] for item in things.find().sort([("a", -1), ("_id", -1)])] == expected[::-1]


def test_a_sort_takes_the_least_of_an_array_upwards_and_the_greatest_downwards(things: Things) -> None:
    things.insert_many(documents([[5, 1], 2, [3], [], None, "absent"]))
    assert [item["_id"] for item in things.find().sort([("a", 1), ("_id", 1)])] == [3, 4, 5, 0, 1, 2]
    assert [item["_id"] for item in things.find().sort([("a", -1), ("_id", 1)])] == [0, 2, 1, 4, 5, 3]


def test_a_sort_by_two_arrays_is_an_error(things: Things) -> None:
    things.insert_one({"a": [1], "b": [2]})
    with pytest.raises(OperationFailure, match="parallel arrays") as caught:
        list(things.find().sort([("a", 1), ("b", 1)]))
    assert caught.value.code == 2


def test_a_window_is_cut_from_the_sorted_documents(things: Things) -> None:
    things.insert_many(documents([3, 1, 2, 5, 4]))
    assert [item["a"] for item in things.find().sort("a", -1).skip(1).limit(2)] == [4, 3]


def test_distinct_looks_into_arrays_and_takes_equal_numbers_once(things: Things) -> None:
    things.insert_many(documents([1, 1.0, [2, 3], "x", None, "absent", [[1]]]))
    assert things.distinct("a") == [1, 2, 3, "x", None, [1]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"a": {"$in": 1}}, 2),
        ({"a": {"$in": [{"$gt": 1}]}}, 2),
        ({"a": {"$gt": 1, "b": 2}}, 2),
        ({"$or": []}, 2),
        ({"a": {"$not": {}}}, 2),
        ({"a": {"$not": 1}}, 2),
        ({"a": {"$all": 1}}, 2),
        ({"a": {"$elemMatch": 1}}, 2),
        ({"a": {"$mod": [0, 0]}}, 2),
        ({"a": {"$mod": [4]}}, 2),
        ({"a": {"$size": -1}}, 9),
        ({"a": {"$size": 1.5}}, 9),
        ({"a": {"$type": "no such type"}}, 2),
        ({"a": {"$ne": re.compile("a")}}, 2),
        ({"a": {"$gt": re.compile("a")}}, 2),
        ({"a": {"$regex": "("}}, 51091),
        ({"a": {"$options": "i"}}, 2),
    ],
    ids=str,
)
def test_a_malformed_filter_is_an_error_with_mongodbs_code(things: Things, query: dict[str, Any], code: int) -> None:
    with pytest.raises(OperationFailure) as caught:
        list(things.find(query))
    assert caught.value.code == code
