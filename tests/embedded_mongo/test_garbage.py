"""The server runs without the collector of cyclic garbage, so that nothing waits for it: commands leave none."""

import gc
from typing import Any

from bson import ObjectId, encode

from embedded_mongo.engine import Engine
from embedded_mongo.server import reply_to
from embedded_mongo.storage import Storage
from embedded_mongo.wire import OP_MSG, Request

ONE: Any = ObjectId()
INDEXES = [{"key": {"email": 1}, "name": "email", "unique": True}, {"key": {"tags": 1, "at": -1}, "name": "tags"}]
COMMANDS: list[dict[str, Any]] = [
    {"createIndexes": "things", "indexes": INDEXES},
    {"insert": "things", "documents": [{"_id": ONE, "email": "a", "tags": ["x", "y"], "inner": {"n": 1}}]},
    {"insert": "things", "documents": [{"_id": number, "email": str(number)} for number in range(200)]},
    {"insert": "things", "documents": [{"email": "a"}], "ordered": False},
    {"update": "things", "updates": [{"q": {"_id": ONE}, "u": {"$set": {"inner.n": 2}, "$push": {"tags": "z"}}}]},
    {"update": "things", "updates": [{"q": {"email": "new"}, "u": {"$inc": {"n": 1}}, "upsert": True}]},
    {"update": "things", "updates": [{"q": {"_id": ONE}, "u": {"$inc": {"email": 1}}}]},
    {"findAndModify": "things", "query": {"tags": "x"}, "update": {"$unset": {"inner": ""}}, "new": True},
    {"find": "things", "filter": {"$or": [{"email": "a"}, {"tags": {"$in": ["y"]}}]}, "sort": {"at": -1}, "limit": 1},
    {"find": "things", "filter": {"email": {"$regex": "^[a"}}},
    {"aggregate": "things", "pipeline": [{"$match": {"n": None}}, {"$group": {"_id": "$email"}}], "cursor": {}},
    {"delete": "things", "deletes": [{"q": {"_id": ONE}, "limit": 1}]},
    {"unknown": "things"},
]


ROUNDS = 20


def test_commands_leave_no_cycles() -> None:
    engine = Engine(Storage(None))
    raws = [encode({"_id": number, "list": [{"a": number}]}) for number in range(100)]
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for command in COMMANDS:
                assert reply_to(engine, Request(1, OP_MSG, {**command, "$db": "test"}))
            reply_to(engine, Request(1, OP_MSG, {"insert": "others", "$db": "test"}, {"documents": raws}))
        found = gc.collect()
    finally:
        gc.enable()
    # What belongs to the test's own process may be among it; one of each round would be ours.
    assert found < ROUNDS
