"""TTL indexes: deleting what has expired, from time to time."""

from datetime import datetime, timedelta

from embedded_mongo.catalog import Catalog
from embedded_mongo.collection import Collection
from embedded_mongo.conditions import Every, Field
from embedded_mongo.finding import Query
from embedded_mongo.indexes import Index


def delete_expired(catalog: Catalog, now: datetime) -> int:
    """Delete every document whose date in a TTL index is older than the index allows. Returns how many."""
    deleted = 0
    for collections in catalog.databases.values():
        for collection in collections.values():
            for index in collection.indexes.values():
                if "expireAfterSeconds" in index.definition:
                    deleted += _delete_expired_of(collection, index, now)
    return deleted


def _delete_expired_of(collection: Collection, index: Index, now: datetime) -> int:
    """Of an array the earliest date counts; other values than dates never expire."""
    path, _ = index.pattern.fields[0]
    latest = now - timedelta(seconds=int(index.definition["expireAfterSeconds"]))
    expired = Field(path, "$lte", latest)
    condition = expired if index.partial is None else Every((expired, index.partial))
    records = Query(condition).records(collection)
    for record in records:
        collection.remove(record)
    return len(records)
