"""Whatever is put in the place of an argument, the answer is an answer or an error of MongoDB's, never a failure."""

from copy import deepcopy
from datetime import datetime
from typing import Any

from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

# ruff: noqa: DTZ001  without an option the driver gives dates without a zone

INTERNAL_ERROR = 1

ODD_VALUES: list[Any] = [
    *(None, True, 0, -1, 2.5, float("nan"), float("inf"), 2**31, Int64(2**63 - 1)),
    *("", "a", "$a", "$$ROOT", "a..b", "$", "$[]", "a.$[x]"),
    *([], [1], [[1]], {}, {"a": 1}, {"$gt": 1}, {"": 1}, {"$x": 1}, {"a": {"$size": 1}}, {"$ref": "x", "$id": 1}),
    *(
        Regex("a"),
        Regex("("),
        ObjectId(),
        Decimal128("NaN"),
        Decimal128("1E+6000"),
        Timestamp(0, 0),
        MinKey(),
        MaxKey(),
    ),
    *(Code("x"), Code("x", {"a": 1}), Binary(b"x", 5), datetime(2026, 1, 1)),
]

COMMANDS: list[dict[str, Any]] = [
    {
        "find": "things",
        "filter": {
            "a": {"$in": [1, 2], "$mod": [2, 1], "$type": ["int", 2], "$exists": True, "$nin": [1], "$ne": 1},
            "b.c": {"$gt": 1, "$regex": "^a", "$options": "i"},
            "$or": [{"a": {"$elemMatch": {"x": 1}}}, {"c": {"$not": {"$size": 2}}}, {"l": {"$all": [1]}}],
        },
        "sort": {"a": 1, "b": -1},
        "projection": {"a": 1, "n": {"$slice": [1, 2]}, "l": {"$elemMatch": {"x": 1}}},
        "skip": 1,
        "limit": 2,
        "batchSize": 3,
        "hint": {"_id": 1},
    },
    {"count": "things", "query": {"a": 1}, "skip": 1, "limit": 2},
    {"distinct": "things", "key": "a.b", "query": {"a": 1}},
    {
        "aggregate": "things",
        "cursor": {"batchSize": 1},
        "pipeline": [
            {"$match": {"a": 1}},
            {"$sort": {"a": 1}},
            {"$skip": 0},
            {"$limit": 2},
            {"$addFields": {"q.r": {"$concat": ["a", "$s"]}, "t": {"$add": ["$a", 1]}, "u": {"$divide": ["$a", 2]}}},
            {"$unwind": {"path": "$l", "includeArrayIndex": "i"}},
            {"$lookup": {"from": "things", "localField": "a", "foreignField": "a", "as": "j"}},
            {"$group": {"_id": {"x": "$a"}, "n": {"$sum": 1}, "m": {"$avg": "$n"}, "z": {"$max": "$d"}}},
            {"$project": {"a": {"$cond": [{"$gt": ["$n", 1]}, "x", "y"]}, "d": {"$dateToString": {"date": "$z"}}}},
        ],
    },
    {"insert": "things", "documents": [{"a": 1, "b": {"c": [1, {"x": 1}]}}], "ordered": False},
    {
        "update": "things",
        "updates": [
            {
                "q": {"a": 1},
                "u": {
                    "$set": {"a": 1, "b.c": 2, "k.$[x].y": 1},
                    "$inc": {"n": 1},
                    "$push": {"l": {"$each": [1], "$slice": 2, "$sort": 1, "$position": 0}},
                    "$pull": {"o": {"$gt": 1}},
                    "$rename": {"r": "t"},
                    "$currentDate": {"y": True},
                },
                "upsert": True,
                "multi": True,
                "arrayFilters": [{"x.z": 1}],
            }
        ],
    },
    {"delete": "things", "deletes": [{"q": {"a": 1}, "limit": 1}]},
    {"findAndModify": "things", "query": {"a": 1}, "update": {"$set": {"a": 2}}, "sort": {"a": 1}, "fields": {"a": 1}},
    {"createIndexes": "things", "indexes": [{"key": {"a": 1}, "name": "i", "partialFilterExpression": {"a": 1}}]},
    {"dropIndexes": "things", "index": "i"},
    {"getMore": Int64(5), "collection": "things", "batchSize": 1},
    {"killCursors": "things", "cursors": [Int64(1)]},
    {"explain": {"update": "things", "updates": [{"q": {"a": 1}, "u": {"$set": {"a": 1}}}]}},
    {"listCollections": 1, "filter": {"name": "a"}, "cursor": {}},
]


def places(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside of a command."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, item in inner for place in [(*prefix, name), *places(item, (*prefix, name))]]


SENT_BY_THE_DRIVER = [("documents",), ("documents", 0), ("updates",), ("updates", 0), ("deletes",), ("deletes", 0)]
PLACES = [
    (number, place)
    for number, command in enumerate(COMMANDS)
    for place in places(command)
    if place not in SENT_BY_THE_DRIVER  # it can't encode anything else there
]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.sampled_from(PLACES), value=st.sampled_from(ODD_VALUES))
def test_odd_values_are_errors_of_the_client(
    things: Collection[dict[str, Any]], where: tuple[int, tuple[Any, ...]], value: Any
) -> None:
    number, (*path, last) = where
    command = deepcopy(COMMANDS[number])
    target: Any = command
    for name in path:
        target = target[name]
    target[last] = value
    things.insert_one({"a": 1, "b": {"c": 1}, "l": [1, {"x": 1}], "n": 1, "s": "ab", "d": datetime(2026, 1, 1)})
    try:
        reply = things.database.command(command)
    except OperationFailure as error:
        reply = dict(error.details or {})
    codes = [reply.get("code"), *(error["code"] for error in reply.get("writeErrors", []))]
    assert INTERNAL_ERROR not in codes
