"""Databases and collections: list, create, drop."""

from embedded_mongo.commands.registry import Command, command
from embedded_mongo.conditions import parse_filter
from embedded_mongo.engine import Engine
from embedded_mongo.errors import MongoError
from embedded_mongo.finding import whole_number
from embedded_mongo.matching import matcher
from embedded_mongo.values import Document, encode


@command("listCollections", options="filter nameOnly authorizedCollections cursor")
def list_collections(engine: Engine, request: Command) -> Document:
    matches = matcher(parse_filter(request.body.get("filter") or {}))
    found = []
    for name in engine.catalog.databases.get(request.database, {}):
        shown: Document = {"name": name, "type": "collection"}
        if not request.body.get("nameOnly"):
            shown |= {
                "options": {},
                "info": {"readOnly": False},
                "idIndex": {"v": 2, "key": {"_id": 1}, "name": "_id_"},
            }
        if matches(shown):
            found.append(encode(shown))
    size = request.option("cursor", dict, default={}).get("batchSize", len(found))
    namespace = f"{request.database}.$cmd.listCollections"
    return engine.cursors.first_batch(namespace, found, whole_number(size, "batchSize"))


@command("listDatabases", options="filter nameOnly authorizedDatabases")
def list_databases(engine: Engine, request: Command) -> Document:
    matches = matcher(parse_filter(request.body.get("filter") or {}))
    found = []
    total = 0
    for name, collections in sorted(engine.catalog.databases.items()):
        size = sum(len(record.raw) for collection in collections.values() for record in collection.records.values())
        shown: Document = {"name": name}
        if not request.body.get("nameOnly"):
            shown |= {"sizeOnDisk": size, "empty": False}
        if matches(shown):
            found.append(shown)
            total += size
    reply: Document = {"databases": found, "ok": 1.0}
    if not request.body.get("nameOnly"):
        reply |= {"totalSize": total, "totalSizeMb": total // 2**20}
    return reply


@command("create")
def create(engine: Engine, request: Command) -> Document:
    if engine.catalog.find(request.database, request.collection):
        return {"ok": 1.0}  # since MongoDB 7.0 it is no error to create a collection again with the same options
    engine.catalog.find_or_create(request.database, request.collection)
    return {"ok": 1.0}


@command("drop")
def drop(engine: Engine, request: Command) -> Document:
    collection = engine.catalog.find(request.database, request.collection)
    if collection is None:
        return {"ok": 1.0}  # since MongoDB 7.0 it is no error to drop what does not exist
    engine.catalog.drop(collection)
    return {"nIndexesWas": len(collection.indexes), "ns": collection.namespace, "ok": 1.0}


@command("dropDatabase")
def drop_database(engine: Engine, request: Command) -> Document:
    if request.body["dropDatabase"] != 1:
        raise MongoError(2, "have to pass 1 as db parameter")
    dropped = list(engine.catalog.databases.get(request.database, {}).values())
    for collection in dropped:
        engine.catalog.drop(collection)
    return {"dropped": request.database, "ok": 1.0} if dropped else {"ok": 1.0}
