"""insert, update, delete."""

from bson import ObjectId, Regex, Timestamp

from embedded_mongo.catalog import Catalog
from embedded_mongo.collection import Collection, Record
from embedded_mongo.commands.registry import Command, command
from embedded_mongo.engine import Engine, current_time
from embedded_mongo.errors import MongoError, refuse_others, refused
from embedded_mongo.finding import parse_query
from embedded_mongo.updating import Update, parse_update
from embedded_mongo.upserting import document_from_query
from embedded_mongo.values import MISSING, Document, decode, encode, type_name

_UPDATE_OPTIONS = frozenset({"q", "u", "upsert", "multi", "arrayFilters", "hint"})
_DELETE_OPTIONS = frozenset({"q", "limit", "hint"})


@command("insert", options="documents ordered bypassDocumentValidation")
def insert(engine: Engine, request: Command) -> Document:
    raws = request.documents.get("documents") or [encode(item) for item in request.statements("documents")]
    collection = engine.catalog.find_or_create(request.database, request.collection)
    errors: list[Document] = []
    for index, raw in enumerate(raws):
        try:
            insert_document(collection, decode(raw), raw)
        except MongoError as error:
            errors.append(error.write_error(index))
            if request.body.get("ordered", True):
                return _written(index, errors)
    return _written(len(raws) - len(errors), errors)


@command("update", options="updates ordered bypassDocumentValidation")
def update(engine: Engine, request: Command) -> Document:
    errors: list[Document] = []
    upserted: list[Document] = []
    matched = modified = 0
    for index, statement in enumerate(request.statements("updates", ("q", "u"))):
        try:
            found, changed, new = _update(engine.catalog, request, statement)
        except MongoError as error:
            errors.append(error.write_error(index))
            if request.body.get("ordered", True):
                break
            continue
        matched, modified = matched + found, modified + changed
        if new:
            upserted.append({"index": index, "_id": new.document["_id"]})
    reply: Document = {"n": matched + len(upserted), "nModified": modified}
    if upserted:
        reply["upserted"] = upserted
    return {**reply, **_errors(errors), "ok": 1.0}


@command("delete", options="deletes ordered")
def delete(engine: Engine, request: Command) -> Document:
    errors: list[Document] = []
    deleted = 0
    for index, statement in enumerate(request.statements("deletes", ("q", "limit"))):
        try:
            refuse_others(statement, _DELETE_OPTIONS, "delete")
            if statement["limit"] not in (0, 1):
                raise MongoError(9, f"The limit field in delete objects must be 0 or 1. Got {statement['limit']}")
            query = parse_query(statement["q"], limit=statement["limit"], hint=statement.get("hint"))
            collection = engine.catalog.find_or_empty(request.database, request.collection)
            for record in query.records(collection):
                collection.remove(record)
                deleted += 1
        except MongoError as error:
            errors.append(error.write_error(index))
            if request.body.get("ordered", True):
                break
    return _written(deleted, errors)


def insert_document(collection: Collection, document: Document, raw: bytes) -> Record:
    """Store a document as MongoDB does: with an `_id`, which comes first. Raises MongoError 53, 52 or 11000."""
    if next(iter(document), None) != "_id":
        identifier = document["_id"] if "_id" in document else ObjectId()
        document = {"_id": identifier, **{name: value for name, value in document.items() if name != "_id"}}
        raw = encode(document)
    if type(document["_id"]) in (list, Regex):
        raise MongoError(53, f"The '_id' value cannot be of type {type_name(document['_id'])}")
    _check_fields(document)
    return collection.insert(document, raw)


def update_record(collection: Collection, record: Record, change: Update) -> Record:
    """Store what an update makes of a record: the same record again if that is no change."""
    document = change.apply(record.document)
    raw = encode(document)
    if raw == record.raw:
        return record
    changed = _changed_fields(record.document, document)
    _check_fields({name: document[name] for name in changed if name in document})
    return collection.replace(record, document, raw, changed)


def upsert(collection: Collection, query: Document, change: Update) -> Record:
    """Insert what the equalities of a query and an update make together."""
    document = change.apply(document_from_query(query, replaces=change.replacement is not None), inserting=True)
    return insert_document(collection, document, encode(document))


def _update(catalog: Catalog, request: Command, statement: Document) -> tuple[int, int, Record | None]:
    """Returns how many documents matched, how many changed, and the one that was inserted."""
    refuse_others(statement, _UPDATE_OPTIONS, "update")
    multi = bool(statement.get("multi"))
    change = parse_update(statement["u"], statement.get("arrayFilters") or [], current_time())
    if multi and change.replacement is not None:
        raise MongoError(9, "multi update is not supported for replacement-style update")
    query = parse_query(statement["q"], limit=0 if multi else 1, hint=statement.get("hint"))
    collection = catalog.find_or_empty(request.database, request.collection)
    records = query.records(collection)
    if records or not statement.get("upsert"):
        return len(records), sum(update_record(collection, record, change) is not record for record in records), None
    collection = catalog.find_or_create(request.database, request.collection)
    return 0, 0, upsert(collection, statement["q"], change)


def _changed_fields(old: Document, new: Document) -> set[str]:
    """All that can differ: an update copies what it changes, so what is the same object is as it was."""
    changed = {name for name, value in new.items() if old.get(name, MISSING) is not value}
    return changed | (old.keys() - new.keys())


def _check_fields(document: Document) -> None:
    for name, value in document.items():
        if name.startswith("$"):
            raise MongoError(52, f"The dollar ($) prefixed field '{name}' in '{name}' is not valid for storage.")
        if type(value) is Timestamp and not value.time and not value.inc:
            raise refused("an empty timestamp, which MongoDB replaces by the current time,")


def _written(number: int, errors: list[Document]) -> Document:
    return {"n": number, **_errors(errors), "ok": 1.0}


def _errors(errors: list[Document]) -> Document:
    return {"writeErrors": errors} if errors else {}
