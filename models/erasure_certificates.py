"""What proves that somebody was erased: counts, what a scan of the whole database found afterwards, and a signature."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import ConfigDict, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored


class ErasureStatus(StrEnum):
    OPEN = "open"
    CLEAN = "clean"
    TRACES_FOUND = "traces_found"


class Trace(StrEnum):
    ADDRESS = "address"
    DIGEST = "digest"


class KeptTraces(Part):
    """In how many documents of a collection there is what is declared to stay, and why."""

    collection: str
    trace: Trace
    count: int
    reason: str


class FoundTrace(Part):
    """A document that still has what should be gone, in these of its fields."""

    collection: str
    document_id: str
    fields: list[str]
    trace: Trace


class ErasureScan(Part):
    """All documents of all collections were read: so many, of `size` bytes. `found` has the first of `found_count`."""

    started_at: datetime
    ended_at: datetime
    collections: int
    documents: int
    size: int
    kept: list[KeptTraces]
    found: list[FoundTrace]
    found_count: int


class ErasureCertificate(Stored):
    """One per person who was erased. `address_digest` is a keyed hash of its own, so that a certificate can be found by
    the address and leads to nothing else; `erased` has the documents by collection. `sealed_address` is what to scan
    for, encrypted, and gone when the scan is over. What is signed says `resolvers.erasure_documents`."""

    model_config = ConfigDict(ser_json_bytes="base64")

    contact_id: PydanticObjectId
    address_digest: str
    erased_by: str
    status: ErasureStatus = ErasureStatus.OPEN
    erased: dict[str, int] = Field(default_factory=dict)
    erased_at: datetime | None = None
    scan: ErasureScan | None = None
    public_key: str | None = None
    signature: str | None = None
    sealed_address: bytes | None = Field(default=None, repr=False)

    class Settings:
        name = "erasure_certificates"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("contactId", ASCENDING)], unique=True),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("addressDigest", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
