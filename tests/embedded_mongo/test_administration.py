"""Databases, collections, and what a driver asks for beside its work."""

import socket
import struct
from typing import Any

import bson
import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure

Things = Collection[dict[str, Any]]


def test_the_server_is_a_standalone_mongodb_7(client: MongoClient[dict[str, Any]]) -> None:
    hello = client.admin.command("hello")
    assert hello["isWritablePrimary"]
    assert "setName" not in hello
    assert hello["maxWireVersion"] == 21
    assert client.server_info()["versionArray"][0] == 7


def test_collections_are_made_by_the_first_write_listed_and_dropped(database: Database[dict[str, Any]]) -> None:
    database["a"].insert_one({})
    database.create_collection("b")
    database["c"].create_index("x")
    database["d"].find_one()
    assert sorted(database.list_collection_names()) == ["a", "b", "c"]
    assert database.list_collection_names(filter={"name": "b"}) == ["b"]
    assert [found["type"] for found in database.list_collections(filter={"name": {"$in": ["a", "b"]}})] == [
        "collection",
        "collection",
    ]
    database["a"].drop()
    database["nothing"].drop()
    assert sorted(database.list_collection_names()) == ["b", "c"]


def test_databases_are_listed_and_dropped(client: MongoClient[dict[str, Any]], database: Database[Any]) -> None:
    database["a"].insert_one({})
    assert database.name in client.list_database_names()
    client.drop_database(database.name)
    assert database.name not in client.list_database_names()


def test_a_dropped_collection_is_empty_and_without_indexes(things: Things) -> None:
    things.create_index("a", unique=True)
    things.insert_one({"a": 1})
    things.drop()
    things.insert_many([{"a": 1}, {"a": 1}])
    assert things.count_documents({}) == 2


def test_the_driver_does_not_create_a_collection_twice(database: Database[dict[str, Any]]) -> None:
    database.create_collection("a")
    with pytest.raises(CollectionInvalid):
        database.create_collection("a")


@pytest.mark.parametrize("name", ["a$b", "$cmd", ".x"])
def test_a_bad_name_is_an_error(database: Database[dict[str, Any]], name: str) -> None:
    with pytest.raises(OperationFailure) as caught:
        database.command("insert", name, documents=[{}])
    assert caught.value.code == 73


def test_sessions_and_concerns_are_accepted(client: MongoClient[dict[str, Any]], things: Things) -> None:
    with client.start_session() as session:
        things.insert_one({"_id": 1}, session=session)
        assert things.find_one({}, session=session) == {"_id": 1}
    things.database.command(
        "insert", things.name, documents=[{"_id": 2}], writeConcern={"w": "majority"}, maxTimeMS=100, comment="x"
    )
    with pytest.raises(OperationFailure, match="not replicated"):
        things.database.command("insert", things.name, documents=[{}], writeConcern={"w": 3})


def test_a_malformed_message_gets_an_error_and_an_oversized_one_no_connection(
    client: MongoClient[dict[str, Any]],
) -> None:
    assert client.address
    with socket.create_connection(client.address, timeout=5) as connection:
        connection.sendall(struct.pack("<iiii", 21, 1, 0, 2013) + b"\0\0\0\0\0")
        (length,) = struct.unpack("<i", connection.recv(4))
        rest = connection.recv(length - 4)
        assert bson.decode(rest[17:])["code"] == 22
        connection.sendall(struct.pack("<iiii", 2**31 - 1, 1, 0, 2013))
        assert connection.recv(1) == b""
    assert client.admin.command("ping")["ok"] == 1
