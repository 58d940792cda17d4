"""All databases and their collections."""

from embedded_mongo.collection import Collection
from embedded_mongo.errors import MongoError
from embedded_mongo.storage import Storage


class Catalog:
    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.databases: dict[str, dict[str, Collection]] = {}
        for number, database, name in storage.collections():
            collection = Collection(database, name, number, storage)
            collection.load()
            self.databases.setdefault(database, {})[name] = collection

    def find(self, database: str, name: str) -> Collection | None:
        return self.databases.get(database, {}).get(name)

    def find_or_empty(self, database: str, name: str) -> Collection:
        """The collection, or an empty one that is not kept, as a reader sees it."""
        _check_name(database, name)
        return self.find(database, name) or Collection(database, name, 0, self.storage)

    def find_or_create(self, database: str, name: str) -> Collection:
        """The collection, made if there is none, as the first write does. Raises MongoError 73 for a bad name."""
        found = self.find(database, name)
        if found is None:
            _check_name(database, name)
            found = Collection(database, name, self.storage.create_collection(database, name), self.storage)
            self.databases.setdefault(database, {})[name] = found
        return found

    def drop(self, collection: Collection) -> None:
        self.storage.drop_collection(collection.number)
        collections = self.databases[collection.database]
        del collections[collection.name]
        if not collections:
            del self.databases[collection.database]


def _check_name(database: str, name: str) -> None:
    valid = name and "$" not in name and "\0" not in name and not name.startswith(".") and not name.endswith(".")
    if not valid or not database or any(character in database for character in '/\\. "$\0'):
        raise MongoError(73, f"Invalid namespace specified '{database}.{name}'")
