"""One server in memory for all tests of this folder; every test has a collection of its own."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from embedded_mongo.process import EmbeddedMongo

_numbers = count(1)


@pytest.fixture(scope="session")
def client() -> Iterator[MongoClient[dict[str, Any]]]:
    with (
        EmbeddedMongo(options=("--ttl-interval", "0.2")) as server,
        MongoClient[dict[str, Any]](server.url, serverSelectionTimeoutMS=5000) as client,
    ):
        yield client


@pytest.fixture
def database(client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    name = f"test_{next(_numbers)}"
    yield client[name]
    client.drop_database(name)


@pytest.fixture
def things(database: Database[dict[str, Any]]) -> Collection[dict[str, Any]]:
    return database["things"]
