"""aggregate."""

from typing import Any

from embedded_mongo.collection import Collection
from embedded_mongo.commands.registry import Command, command
from embedded_mongo.cursors import FIRST_BATCH
from embedded_mongo.engine import Engine
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.finding import Query, parse_query, whole_number
from embedded_mongo.stages import Documents, parse_pipeline, positive_number
from embedded_mongo.values import Document, encode

_COUNT_OF_ALL = {"$sum": 1}


@command("aggregate", options="pipeline cursor hint allowDiskUse bypassDocumentValidation")
def aggregate(engine: Engine, request: Command) -> Document:
    """The leading $match, $sort, $skip and $limit run on the collection's indexes, the rest on what they find."""
    body = request.body
    cursor = request.option("cursor", dict)
    if cursor is None:
        raise MongoError(9, "The 'cursor' option is required, except for aggregate with the explain argument")
    if type(body["aggregate"]) is not str:
        raise refused("an aggregation without a collection")
    collection = engine.catalog.find_or_empty(request.database, request.collection)

    def read_collection(name: str) -> Documents:
        other = engine.catalog.find_or_empty(request.database, name)
        return [record.document for record in other.records.values()]

    pipeline = body.get("pipeline")
    parse_pipeline(pipeline, read_collection)  # also what is run on indexes has to be well-formed
    query, rest = leading_query(pipeline or [], body.get("hint"))
    documents = _counted(collection, query, rest)
    if documents is None:
        documents = [record.document for record in query.records(collection)]
        for stage in parse_pipeline(rest, read_collection):
            documents = stage(documents)
    size = whole_number(cursor.get("batchSize", FIRST_BATCH), "batchSize")
    # All of it is computed now: later writes must not show in later batches.
    return engine.cursors.first_batch(collection.namespace, [encode(document) for document in documents], size)


def leading_query(pipeline: list[Document], hint: Any) -> tuple[Query, list[Document]]:
    """The start of a pipeline that is a query, and the stages that are left."""
    parts: dict[str, Any] = {}
    place = 0
    for expected in ("$match", "$sort", "$skip", "$limit"):
        if place < len(pipeline) and expected in pipeline[place]:
            parts[expected] = pipeline[place][expected]
            place += 1
    query = parse_query(
        parts.get("$match"),
        sort=parts.get("$sort"),
        skip=positive_number(parts.get("$skip", 0), "$skip", 0),
        limit=positive_number(parts["$limit"], "$limit", 1) if "$limit" in parts else 0,
        hint=hint,
    )
    return query, pipeline[place:]


def _counted(collection: Collection, query: Query, rest: list[Document]) -> Documents | None:
    """The answer to what drivers send to count documents, from the index alone; None for other pipelines."""
    if len(rest) != 1 or query.sort:
        return None
    (name, operand), *_ = rest[0].items()
    if name == "$count":
        number = query.count(collection)
        return [{operand: number}] if number else []
    if name != "$group" or set(operand) != {"_id", "n"} or operand["n"] != _COUNT_OF_ALL:
        return None
    if type(operand["_id"]) not in (int, type(None)) or type(operand["n"]["$sum"]) is not int:
        return None
    number = query.count(collection)
    return [{"_id": operand["_id"], "n": number}] if number else []
