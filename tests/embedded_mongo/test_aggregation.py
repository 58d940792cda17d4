"""What pipelines make of documents."""

# ruff: noqa: DTZ001  without an option the driver gives dates without a zone

from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

Things = Collection[dict[str, Any]]

SALES: list[dict[str, Any]] = [
    {"_id": 1, "shop": "a", "n": 1, "at": datetime(2026, 1, 31, 23, 30), "tags": ["x", "y"]},
    {"_id": 2, "shop": "b", "n": 2.5, "at": datetime(2026, 2, 1), "tags": []},
    {"_id": 3, "shop": "a", "n": 4, "at": datetime(2026, 2, 28, 12), "tags": ["x"]},
    {"_id": 4, "shop": None, "n": "many"},
    {"_id": 5, "n": Int64(7), "tags": "z"},
]


def results(things: Things, *pipeline: dict[str, Any]) -> list[dict[str, Any]]:
    things.insert_many(SALES)
    return list(things.aggregate(list(pipeline)))


PIPELINES: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        [{"$group": {"_id": "$shop", "n": {"$sum": "$n"}}}, {"$sort": {"_id": 1}}],
        [{"_id": None, "n": 7}, {"_id": "a", "n": 5}, {"_id": "b", "n": 2.5}],
    ),
    (
        [{"$match": {"shop": "a"}}, {"$group": {"_id": None, "avg": {"$avg": "$n"}, "count": {"$count": {}}}}],
        [{"_id": None, "avg": 2.5, "count": 2}],
    ),
    (
        [{"$group": {"_id": None, "least": {"$min": "$n"}, "most": {"$max": "$n"}, "last": {"$max": "$at"}}}],
        [{"_id": None, "least": 1, "most": "many", "last": datetime(2026, 2, 28, 12)}],
    ),
    (
        [
            {"$sort": {"_id": -1}},
            {"$group": {"_id": {"s": "$shop"}, "first": {"$first": "$n"}, "last": {"$last": "$at"}}},
            {"$match": {"_id.s": "a"}},
        ],
        [{"_id": {"s": "a"}, "first": 4, "last": datetime(2026, 1, 31, 23, 30)}],
    ),
    (
        [{"$group": {"_id": 1, "all": {"$push": "$shop"}, "each": {"$addToSet": "$shop"}}}],
        [{"_id": 1, "all": ["a", "b", "a", None], "each": ["a", "b", None]}],
    ),
    ([{"$match": {"n": {"$gt": 3}}}, {"$count": "found"}], [{"found": 2}]),
    ([{"$match": {"n": 99}}, {"$count": "found"}], []),
    ([{"$sort": {"_id": -1}}, {"$skip": 1}, {"$limit": 2}, {"$project": {"_id": 1}}], [{"_id": 4}, {"_id": 3}]),
    ([{"$limit": 3}, {"$match": {"shop": "a"}}, {"$project": {"shop": 1}}], [{"_id": i, "shop": "a"} for i in (1, 3)]),
    (
        [{"$unwind": "$tags"}, {"$project": {"tags": 1}}],
        [{"_id": 1, "tags": "x"}, {"_id": 1, "tags": "y"}, {"_id": 3, "tags": "x"}, {"_id": 5, "tags": "z"}],
    ),
    (
        [
            {"$match": {"_id": {"$in": [2, 3, 4]}}},
            {"$unwind": {"path": "$tags", "preserveNullAndEmptyArrays": True, "includeArrayIndex": "i"}},
            {"$project": {"tags": 1, "i": 1}},
        ],
        [{"_id": 2, "i": None}, {"_id": 3, "tags": "x", "i": 0}, {"_id": 4, "i": None}],
    ),
    (
        [{"$match": {"_id": 1}}, {"$project": {"_id": 0, "s": "$shop", "d": {"twice": {"$multiply": ["$n", 2]}}}}],
        [{"s": "a", "d": {"twice": 2}}],
    ),
    ([{"$match": {"_id": 1}}, {"$project": {"at": 0, "tags": 0}}], [{"_id": 1, "shop": "a", "n": 1}]),
    (
        [{"$match": {"_id": 4}}, {"$set": {"n": 0, "x.y": "$shop", "gone": "$nothing"}}],
        [{"_id": 4, "shop": None, "n": 0, "x": {"y": None}}],
    ),
    ([{"$match": {"_id": 4}}, {"$unset": ["shop", "n"]}], [{"_id": 4}]),
    ([{"$match": {"_id": 4}}, {"$replaceRoot": {"newRoot": {"was": "$_id"}}}], [{"was": 4}]),
]


@pytest.mark.parametrize(("pipeline", "expected"), PIPELINES, ids=str)
def test_a_pipeline_makes_what_mongodb_makes(
    things: Things, pipeline: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    assert results(things, *pipeline) == expected


def test_lookup_joins_what_is_equal_or_in_an_array_on_either_side(things: Things) -> None:
    others = things.database["others"]
    others.insert_many([{"_id": 1, "k": "x"}, {"_id": 2, "k": ["y", "x"]}, {"_id": 3}])
    joined = results(
        things,
        {"$sort": {"_id": 1}},
        {"$lookup": {"from": "others", "localField": "tags", "foreignField": "k", "as": "found"}},
        {"$project": {"found._id": 1}},
    )
    assert [[other["_id"] for other in item["found"]] for item in joined] == [[1, 2], [], [1, 2], [3], []]


def test_counting_by_the_driver(things: Things) -> None:
    things.insert_many(SALES)
    assert things.count_documents({"shop": "a"}) == 2
    assert things.count_documents({}, skip=1, limit=3) == 3
    assert things.count_documents({"shop": "none"}) == 0


def test_a_pipeline_starts_on_an_index(things: Things) -> None:
    things.create_index([("shop", 1), ("at", -1)])
    assert [item["_id"] for item in results(things, {"$match": {"shop": "a"}}, {"$sort": {"at": -1}})] == [3, 1]


EXPRESSIONS: list[tuple[Any, Any]] = [
    ({"$add": ["$i", 1]}, 4),
    ({"$add": ["$i", 0.5, "$i"]}, 6.5),
    ({"$add": ["$i", None]}, None),
    ({"$add": ["$big", "$big"]}, float(2**64 - 2)),
    ({"$add": [2147483647, 1]}, 2147483648),
    ({"$subtract": ["$i", 5]}, -2),
    ({"$subtract": ["$later", "$at"]}, 1500),
    ({"$multiply": ["$i", "$i"]}, 9),
    ({"$multiply": ["$money", 2]}, Decimal128("2.20")),
    ({"$divide": ["$i", 2]}, 1.5),
    ({"$divide": ["$missing", 2]}, None),
    ({"$eq": ["$i", 3.0]}, True),
    ({"$eq": ["$missing", None]}, False),
    ({"$ne": ["$i", "3"]}, True),
    ({"$gt": ["text", 99]}, True),
    ({"$lte": ["$i", 3]}, True),
    ({"$lt": ["$missing", None]}, True),
    ({"$cmp": ["$i", 5]}, -1),
    ({"$cond": [{"$gt": ["$i", 2]}, "big", "small"]}, "big"),
    ({"$cond": {"if": "$missing", "then": 1, "else": 2}}, 2),
    ({"$cond": ["text", 1, 2]}, 1),
    ({"$ifNull": ["$missing", "$null", 7]}, 7),
    ({"$and": [1, "text", []]}, True),
    ({"$and": [1, 0]}, False),
    ({"$and": []}, True),
    ({"$or": [0, None, "$missing"]}, False),
    ({"$not": ["$missing"]}, True),
    ({"$concat": ["a", "$s", "!"]}, "aÄb!"),
    ({"$concat": ["a", "$missing"]}, None),
    ({"$toLower": "$s"}, "Äb"),
    ({"$toUpper": "$s"}, "ÄB"),
    ({"$toUpper": "$missing"}, ""),
    ({"$size": "$l"}, 3),
    ({"$arrayElemAt": ["$l", -1]}, {"x": 2}),
    ({"$arrayElemAt": ["$l", 0]}, 1),
    ({"$in": [1.0, "$l"]}, True),
    ({"$literal": "$i"}, "$i"),
    ("$l.x", [2]),
    ("$o.p", 5),
    (["$i", "$missing"], [3, None]),
    ({"a": "$i", "b": "$missing"}, {"a": 3}),
    ({"$year": "$at"}, 2026),
    ({"$month": "$at"}, 3),
    ({"$dayOfMonth": {"date": "$at"}}, 1),
    ({"$hour": "$at"}, 14),
    ({"$minute": "$at"}, 5),
    ({"$second": "$at"}, 9),
    ({"$millisecond": "$at"}, 250),
    ({"$dayOfWeek": "$at"}, 1),
    ({"$isoDayOfWeek": "$at"}, 7),
    ({"$dayOfYear": "$at"}, 60),
    ({"$isoWeek": "$at"}, 9),
    ({"$year": "$missing"}, None),
    ({"$dateToString": {"date": "$at"}}, "2026-03-01T14:05:09.250Z"),
    ({"$dateToString": {"date": "$at", "format": "%Y-%m-%d %H:%M:%S %j %%"}}, "2026-03-01 14:05:09 060 %"),
    ({"$dateToString": {"date": "$missing", "onNull": "never"}}, "never"),
    ({"$dateTrunc": {"date": "$at", "unit": "month"}}, datetime(2026, 3, 1)),
    ({"$dateTrunc": {"date": "$at", "unit": "week"}}, datetime(2026, 3, 1)),
    ({"$dateTrunc": {"date": "$at", "unit": "hour"}}, datetime(2026, 3, 1, 14)),
    ({"$dateTrunc": {"date": "$at", "unit": "quarter"}}, datetime(2026, 1, 1)),
]


@pytest.mark.parametrize(("expression", "value"), EXPRESSIONS, ids=str)
def test_an_expression_has_the_value_it_has_in_mongodb(things: Things, expression: Any, value: Any) -> None:
    things.insert_one(
        {
            "_id": 1,
            "i": 3,
            "big": Int64(2**63 - 1),
            "money": Decimal128("1.10"),
            "null": None,
            "s": "Äb",
            "l": [1, "two", {"x": 2}],
            "o": {"p": 5},
            "at": datetime(2026, 3, 1, 14, 5, 9, 250_000),
            "later": datetime(2026, 3, 1, 14, 5, 10, 750_000),
        }
    )
    (shown,) = things.aggregate([{"$project": {"_id": 0, "value": expression}}])
    assert shown == {"value": value}


def test_a_sum_has_the_widest_type_of_its_numbers(things: Things) -> None:
    things.insert_many([{"i": 2**31 - 1, "f": 0.1, "d": Decimal128("0.1"), "l": Int64(1)} for _ in range(10)])
    (sums,) = things.aggregate(
        [{"$group": {"_id": None, **{name: {"$sum": f"${name}"} for name in ("i", "f", "d", "l", "none")}}}]
    )
    assert sums == {"_id": None, "i": (2**31 - 1) * 10, "f": 1.0, "d": Decimal128("1.0"), "l": 10, "none": 0}
    assert [type(sums[name]) for name in ("i", "l", "none")] == [Int64, Int64, int]


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ({"$limit": 0}, 15958),
        ({"$skip": -1}, 15958),
        ({"$sort": {}}, 15976),
        ({"$sort": {"a": 2}}, 15975),
        ({"$group": {"n": {"$sum": 1}}}, 15955),
        ({"$count": ""}, 40156),
        ({"$unwind": "tags"}, 28818),
        ({"$project": {}}, 51272),
        ({"$project": {"x": {"$size": "$n"}}}, 17124),
        ({"$project": {"x": {"$divide": [1, 0]}}}, 2),
        ({"$project": {"x": {"$add": ["$shop", 1]}}}, 14),
        ({"$replaceRoot": {"newRoot": "$n"}}, 40228),
        ({"$match": {}, "$limit": 1}, 40323),
    ],
    ids=str,
)
def test_a_malformed_stage_is_an_error_with_mongodbs_code(things: Things, stage: dict[str, Any], code: int) -> None:
    with pytest.raises(OperationFailure) as caught:
        results(things, stage)
    assert caught.value.code == code
