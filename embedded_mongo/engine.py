"""What commands work on."""

from datetime import UTC, datetime

from embedded_mongo.catalog import Catalog
from embedded_mongo.cursors import Cursors
from embedded_mongo.storage import Storage


class Engine:
    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.catalog = Catalog(storage)
        self.cursors = Cursors()


def current_time() -> datetime:
    """Now, as BSON keeps it: UTC, in milliseconds."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
