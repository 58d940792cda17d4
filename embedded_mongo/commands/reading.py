"""find, getMore, killCursors, count, distinct."""

from collections.abc import Iterator
from typing import Any

from bson import Int64

from embedded_mongo.commands.registry import Command, command
from embedded_mongo.cursors import FIRST_BATCH
from embedded_mongo.engine import Engine
from embedded_mongo.errors import MongoError
from embedded_mongo.finding import parse_query, whole_number
from embedded_mongo.ordering import Key, key
from embedded_mongo.paths import reach
from embedded_mongo.projecting import parse_projection
from embedded_mongo.values import MISSING, Document, encode


@command(
    "find",
    options="filter sort projection skip limit batchSize singleBatch hint allowDiskUse allowPartialResults",
)
def find(engine: Engine, request: Command) -> Document:
    body = request.body
    query = parse_query(
        body.get("filter"), sort=body.get("sort"), skip=body.get("skip"), limit=body.get("limit"), hint=body.get("hint")
    )
    project = parse_projection(body.get("projection"))
    collection = engine.catalog.find_or_empty(request.database, request.collection)
    records = query.records(collection)
    shown: Iterator[bytes]
    if body.get("projection"):
        shown = (encode(project(record.document)) for record in records)
    else:
        shown = (record.raw for record in records)
    size = whole_number(request.option("batchSize", int, Int64, float, default=FIRST_BATCH), "batchSize")
    return engine.cursors.first_batch(collection.namespace, shown, size, single=bool(body.get("singleBatch")))


@command("getMore", options="collection batchSize")
def get_more(engine: Engine, request: Command) -> Document:
    size = whole_number(request.body.get("batchSize") or 0, "batchSize")
    namespace = f"{request.database}.{request.option('collection', str)}"
    identifier = request.option("getMore", Int64, int, default=0)
    return engine.cursors.next_batch(int(identifier), namespace, size or None)


@command("killCursors", options="cursors")
def kill_cursors(engine: Engine, request: Command) -> Document:
    asked = request.option("cursors", list, default=[])
    if any(type(identifier) not in (Int64, int) for identifier in asked):
        raise MongoError(14, "BSON field 'killCursors.cursors' has to hold the numbers of cursors")
    killed = [identifier for identifier in asked if engine.cursors.kill(identifier)]
    return {
        "cursorsKilled": killed,
        "cursorsNotFound": [identifier for identifier in asked if identifier not in killed],
        "cursorsAlive": [],
        "cursorsUnknown": [],
        "ok": 1.0,
    }


@command("count", options="query skip limit hint fields")
def count(engine: Engine, request: Command) -> Document:
    body = request.body
    limit = abs(request.option("limit", int, Int64, float, default=0))  # a negative limit means the same
    query = parse_query(body.get("query"), skip=body.get("skip"), limit=limit, hint=body.get("hint"))
    return {"n": query.count(engine.catalog.find_or_empty(request.database, request.collection)), "ok": 1.0}


@command("distinct", options="key query hint")
def distinct(engine: Engine, request: Command) -> Document:
    """The values at a path, each once, in the order in which they were found."""
    path: Any = request.body.get("key")
    if type(path) is not str or not path:
        raise MongoError(14, "BSON field 'distinct.key' has to be a string that is not empty")
    query = parse_query(request.body.get("query"), hint=request.body.get("hint"))
    parts = tuple(path.split("."))
    found: dict[Key, Any] = {}
    for record in query.records(engine.catalog.find_or_empty(request.database, request.collection)):
        for value in reach(record.document, parts, expand=False):
            for item in value if type(value) is list else [value]:
                if item is not MISSING:
                    found.setdefault(key(item), item)
    return {"values": list(found.values()), "ok": 1.0}
