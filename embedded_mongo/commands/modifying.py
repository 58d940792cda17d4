"""findAndModify."""

from embedded_mongo.collection import Collection, Record
from embedded_mongo.commands.registry import Command, command
from embedded_mongo.commands.writing import update_record, upsert
from embedded_mongo.engine import Engine, current_time
from embedded_mongo.errors import MongoError
from embedded_mongo.finding import parse_query
from embedded_mongo.projecting import parse_projection
from embedded_mongo.updating import parse_update
from embedded_mongo.values import Document


@command(
    "findAndModify",
    "findandmodify",
    options="query sort fields update remove new upsert arrayFilters hint bypassDocumentValidation",
)
def find_and_modify(engine: Engine, request: Command) -> Document:
    body = request.body
    if bool(body.get("remove")) == ("update" in body):
        raise MongoError(9, "Either an update or remove=true must be specified")
    if body.get("remove") and (body.get("new") or body.get("upsert")):
        raise MongoError(9, "Cannot specify both new=true or upsert=true and remove=true")
    query = parse_query(body.get("query"), sort=body.get("sort"), limit=1, hint=body.get("hint"))
    project = parse_projection(body.get("fields"))
    collection = engine.catalog.find_or_empty(request.database, request.collection)
    found = next(iter(query.records(collection)), None)
    if body.get("remove"):
        if found:
            collection.remove(found)
        return _reply({"n": int(found is not None)}, project(found.document) if found else None)
    shown, outcome = _update(engine, request, collection, found)
    return _reply(outcome, project(shown.document) if shown else None)


def _update(
    engine: Engine, request: Command, collection: Collection, found: Record | None
) -> tuple[Record | None, Document]:
    """Returns the record to show and what has happened."""
    body = request.body
    change = parse_update(body["update"], body.get("arrayFilters") or [], current_time())
    if found:
        changed = update_record(collection, found, change)
        return changed if body.get("new") else found, {"n": 1, "updatedExisting": True}
    if not body.get("upsert"):
        return None, {"n": 0, "updatedExisting": False}
    collection = engine.catalog.find_or_create(request.database, request.collection)
    inserted = upsert(collection, body.get("query") or {}, change)
    outcome = {"n": 1, "updatedExisting": False, "upserted": inserted.document["_id"]}
    return inserted if body.get("new") else None, outcome


def _reply(outcome: Document, value: Document | None) -> Document:
    return {"lastErrorObject": outcome, "value": value, "ok": 1.0}
