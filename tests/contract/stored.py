"""What a test has left in the database by now."""

from collections.abc import Mapping
from typing import Any

from core.runtime import runtime
from models.idempotency import IdempotencyRecord

Stored = Mapping[str, Mapping[str, Any]]


async def stored() -> Stored:
    """All documents of all collections by their ids, but what is kept under an `Idempotency-Key`."""
    mongo = runtime().mongo
    written = mongo.written.names or await mongo.database.list_collection_names()  # type: ignore[attr-defined]
    names = set(written) - {IdempotencyRecord.get_pymongo_collection().name}
    found = {name: await mongo.database[name].find().to_list() for name in sorted(names)}
    return {name: {str(one["_id"]): one for one in documents} for name, documents in found.items() if documents}
