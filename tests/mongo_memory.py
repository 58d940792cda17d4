"""mongomock-motor inside the process, the fast inner loop: it speaks Motor's interface, Beanie 2 PyMongo's own."""

from collections.abc import Iterable, Mapping
from typing import Any

import mongomock.collection
import mongomock_motor
from pymongo import IndexModel

from core.mongo import Mongo

motor: Any = mongomock_motor
"""Its stubs describe Motor's classes, which it replaces, and not its own."""
mock: Any = mongomock.collection


class BulkOperations(mock.BulkOperationBuilder):  # type: ignore[misc]  # untyped, as above
    """PyMongo says of each update which of several documents it is for; ours are for one that is named."""

    def add_update(self, *args: Any, sort: None = None, **kwargs: Any) -> None:
        super().add_update(*args, **kwargs)


def _maximum(document: Any, name: str, value: Any) -> None:
    """Null is less than anything else, which mongomock can't compare."""
    if isinstance(document, dict) and (document.get(name) is None or document[name] < value):
        document[name] = value


mock.BulkOperationBuilder = BulkOperations
mock._updaters["$max"] = _maximum


class Collection(motor.AsyncMongoMockCollection):  # type: ignore[misc]  # untyped, as above
    async def aggregate(self, *args: Any, **kwargs: Any) -> Any:
        """A coroutine in PyMongo, none in Motor."""
        return super().aggregate(*args, **kwargs)

    async def create_indexes(self, indexes: Iterable[IndexModel], **_: Any) -> list[str]:
        """mongomock would make partial indexes full ones, and what has expired could be written and not be found:
        MongoDB takes it away in the background, minutes later."""
        return [await self._create_index(**{**index.document, "expireAfterSeconds": None}) for index in indexes]

    async def _create_index(self, key: Mapping[str, int], **options: Any) -> str:
        return str(await self.create_index(list(key.items()), **options))


class Database(motor.AsyncMongoMockDatabase):  # type: ignore[misc]  # untyped, as above
    def get_collection(self, name: str, *_: Any, **__: Any) -> Collection:
        return Collection(self, self.delegate.get_collection(name))

    async def list_collection_names(self, *_: Any, authorizedCollections: bool = True, **__: Any) -> list[str]:  # noqa: N803
        """mongomock does not know the option, with which Beanie asks."""
        return list(self.delegate.list_collection_names())


class MemoryMongo(Mongo):
    def __init__(self, name: str) -> None:
        self.client = motor.AsyncMongoMockClient(tz_aware=True)
        delegate = motor.MongoMockMongoClient(tz_aware=True)[name]
        self.database: Any = Database(self.client, delegate)

    async def answers(self, timeout_seconds: float = 1.0) -> bool:
        return True

    async def close(self) -> None:
        """Nothing is open."""
