"""createIndexes, listIndexes, dropIndexes."""

from typing import Any

from bson import Int64

from embedded_mongo.collection import ID_INDEX, Collection
from embedded_mongo.commands.registry import Command, command
from embedded_mongo.conditions import Condition, Every, Field, Some, parse_filter
from embedded_mongo.engine import Engine
from embedded_mongo.errors import MongoError, refuse_others, refused
from embedded_mongo.values import NUMBERS, Document, encode, is_true

_OPTIONS = frozenset(
    {"v", "key", "name", "unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "background"}
)
_KEPT = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")
_PARTIAL_OPERATORS = frozenset({"$eq", "$exists", "$gt", "$gte", "$lt", "$lte", "$type", "$in"})
_LONGEST_EXPIRY = 2**31 - 1


@command("createIndexes", options="indexes commitQuorum")
def create_indexes(engine: Engine, request: Command) -> Document:
    definitions = [_definition(specification) for specification in request.statements("indexes")]
    existed = engine.catalog.find(request.database, request.collection) is not None
    collection = engine.catalog.find_or_create(request.database, request.collection)
    before = len(collection.indexes)
    for definition in definitions:
        if not _exists(collection, definition):
            collection.create_index(definition)
    after = len(collection.indexes)
    reply: Document = {
        "numIndexesBefore": before,
        "numIndexesAfter": after,
        "createdCollectionAutomatically": not existed,
        "ok": 1.0,
    }
    if before == after:
        reply["note"] = "all indexes already exist"
    return reply


@command("listIndexes", options="cursor")
def list_indexes(engine: Engine, request: Command) -> Document:
    collection = _existing(engine, request)
    definitions = [encode(index.definition) for index in collection.indexes.values()]
    return engine.cursors.first_batch(collection.namespace, definitions)


@command("dropIndexes", "deleteIndexes", options="index")
def drop_indexes(engine: Engine, request: Command) -> Document:
    collection = _existing(engine, request)
    before = len(collection.indexes)
    for name in _names_to_drop(collection, request.option("index", str, dict, list)):
        collection.drop_index(name)
    return {"nIndexesWas": before, "ok": 1.0}


def _existing(engine: Engine, request: Command) -> Collection:
    collection = engine.catalog.find(request.database, request.collection)
    if collection is None:
        raise MongoError(26, f"ns does not exist: {request.database}.{request.collection}")
    return collection


def _names_to_drop(collection: Collection, wanted: Any) -> list[str]:
    if wanted == "*":
        return [name for name in collection.indexes if name != "_id_"]
    if type(wanted) is dict:
        found = [name for name, index in collection.indexes.items() if _same(index.definition["key"], wanted)]
        if not found:
            raise MongoError(27, f"can't find index with key: {wanted}")
        names = found
    else:
        names = wanted if type(wanted) is list else [wanted]
    for name in names:
        if type(name) is not str or name not in collection.indexes:
            raise MongoError(27, f"index not found with name [{name}]")
        if name == "_id_":
            raise MongoError(72, "cannot drop _id index")
    return names


def _definition(specification: Document) -> Document:
    """What is kept of an index specification. Raises MongoError 67 if it is malformed, 238 if it isn't done here."""
    refuse_others(specification, _OPTIONS, "createIndexes")
    keys, name = specification.get("key"), specification.get("name")
    if type(keys) is not dict or not keys or type(name) is not str or not name:
        raise MongoError(67, "An index needs a key with at least one field, and a name")
    for path, direction in keys.items():
        if type(direction) is str:
            raise refused(f"a {direction} index")
        if type(direction) not in NUMBERS or direction not in (1, -1):
            raise refused(f"the index direction {direction}")
        if "$" in path or any(part.isdigit() or not part for part in path.split(".")):
            raise refused(f"an index on {path}")
    definition: Document = {"v": 2, "key": keys, "name": name}
    for option in _KEPT:
        if option in specification and (option not in ("unique", "sparse") or is_true(specification[option])):
            definition[option] = specification[option]
    _check_options(definition)
    return definition


def _check_options(definition: Document) -> None:
    partial = definition.get("partialFilterExpression")
    if partial is not None:
        if "sparse" in definition:
            raise MongoError(67, "cannot mix 'partialFilterExpression' and 'sparse' options")
        _check_partial(parse_filter(partial))
    expiry = definition.get("expireAfterSeconds")
    if expiry is None:
        return
    if type(expiry) not in (int, Int64, float) or not 0 <= expiry <= _LONGEST_EXPIRY:
        raise MongoError(67, "TTL index 'expireAfterSeconds' option must be within an acceptable range")
    if len(definition["key"]) > 1 or "_id" in definition["key"]:
        raise MongoError(67, "TTL indexes are single-field indexes, compound indexes do not support TTL")


def _check_partial(condition: Condition) -> None:
    match condition:
        case Field(_, operator, _) if operator in _PARTIAL_OPERATORS:
            return
        case Every(children) | Some(children):
            for child in children:
                _check_partial(child)
        case _:
            raise MongoError(67, "unsupported expression in partial index")


def _exists(collection: Collection, definition: Document) -> bool:
    """Whether there is such an index already. Raises MongoError 85 or 86 if one contradicts it."""
    if _same(definition["key"], ID_INDEX["key"]):
        return True
    for existing in (index.definition for index in collection.indexes.values()):
        is_equivalent = _is_equivalent(existing, definition)
        if existing["name"] == definition["name"]:
            if is_equivalent and existing.get("expireAfterSeconds") == definition.get("expireAfterSeconds"):
                return True
            raise MongoError(
                85 if is_equivalent else 86,
                "An existing index has the same name as the requested index. When index names are not specified, "
                f"they are auto generated and can cause conflicts. Requested index: {definition}, "
                f"existing index: {existing}",
            )
        if is_equivalent:
            raise MongoError(85, f"Index already exists with a different name: {existing['name']}")
    return False


def _is_equivalent(left: Document, right: Document) -> bool:
    """Whether two indexes hold the same entries by the same rules, so that one is enough."""
    return (
        _same(left["key"], right["key"])
        and _same(left.get("partialFilterExpression"), right.get("partialFilterExpression"))
        and all(left.get(option) == right.get(option) for option in ("unique", "sparse"))
    )


def _same(left: Document | None, right: Document | None) -> bool:
    """Equal, with the order of the fields."""
    return left == right and list(left or {}) == list(right or {})
