"""mongomock-motor inside the process, the fast inner loop: it speaks Motor's interface, Beanie 2 PyMongo's own."""

from typing import Any

import mongomock_motor
from mongomock_motor import AsyncMongoMockClient, AsyncMongoMockCollection, AsyncMongoMockDatabase

from core.mongo import Mongo


class Collection(AsyncMongoMockCollection):
    async def aggregate(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """A coroutine in PyMongo, none in Motor."""
        return super().aggregate(*args, **kwargs)


class Database(AsyncMongoMockDatabase):
    def get_collection(self, name: str, *_: Any, **__: Any) -> Collection:
        return Collection(self, self.delegate.get_collection(name))

    async def list_collection_names(self, *_: Any, authorizedCollections: bool = True, **__: Any) -> list[str]:  # noqa: N803
        """mongomock does not know the option, with which Beanie asks."""
        return list(self.delegate.list_collection_names())


class MemoryMongo(Mongo):
    def __init__(self, name: str) -> None:
        self.client = AsyncMongoMockClient(tz_aware=True)
        delegate = mongomock_motor.MongoMockMongoClient(tz_aware=True)[name]
        self.database = Database(self.client, delegate)

    async def answers(self, timeout_seconds: float = 1.0) -> bool:
        return True

    async def close(self) -> None:
        """Nothing is open."""
