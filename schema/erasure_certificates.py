"""Certificates of erasure, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import erasure_certificates as stored
from models.erasure_certificates import ErasureStatus, Trace
from resolvers import erasure_certificates
from resolvers.erasure_certificates import (
    ErasureCertificateFilter,
    ErasureCertificateSortKey,
    ErasureCertificateVerify,
)
from resolvers.erasure_documents import document_of
from schema.connections import After, Before, Connection, First, Last
from schema.contact_parts import ErasedDocuments
from schema.edge import Info, described, parse, query

strawberry.enum(ErasureStatus)
strawberry.enum(Trace, name="ErasureTrace")
strawberry.enum(ErasureCertificateSortKey)


@strawberry.type(description="In how many documents there is what is declared to stay, and why.")
class KeptTraces:
    collection: str
    trace: Trace
    count: int
    reason: str


@strawberry.type(description="A document that still has what should be gone, in these of its fields.")
class FoundTrace:
    collection: str
    document_id: str
    fields: list[str]
    trace: Trace


@strawberry.type(
    description="A look through every document of every collection, files among them, after a person was erased."
)
class ErasureScan:
    started_at: datetime
    ended_at: datetime
    collections: int
    documents: int
    kept: list[KeptTraces]
    found: list[FoundTrace] = strawberry.field(description="The first of `foundCount`.")
    found_count: int

    @described("How much was read, in bytes: more than an Int can say.")
    def size(self) -> float:
        return float(cast(stored.ErasureScan, self).size)


@strawberry.type(
    description="What proves that a person was erased. `OPEN` until the whole database was looked through."
)
class ErasureCertificate:
    id: ID
    status: ErasureStatus
    contact_id: ID
    erased_by: str
    erased_at: datetime | None
    scan: ErasureScan | None
    created_at: datetime
    updated_at: datetime

    @described("The documents that the person was in, by collection.")
    def erased(self) -> list[ErasedDocuments]:
        counts = cast(stored.ErasureCertificate, self).erased
        return [ErasedDocuments(collection=name, count=count) for name, count in sorted(counts.items())]

    @described("To print, to send and to check: JSON with an Ed25519 signature (RFC 8032). Null until it is signed.")
    def document(self) -> JSON | None:
        return cast(JSON | None, document_of(cast(stored.ErasureCertificate, self)))


def erasure_certificate(document: stored.ErasureCertificate) -> ErasureCertificate:
    """The document has all that the type shows."""
    return cast(ErasureCertificate, document)


@strawberry.type(description="Whether a certificate was issued here and nothing in it was changed.")
class ErasureCertificateVerdict:
    valid: bool
    sentence: str = strawberry.field(description="For a person.")


@strawberry.input(description="`email` finds the certificate of an address, whatever its case.")
class ErasureCertificateFilterInput:
    email: Maybe[str | None]
    status: Maybe[ErasureStatus | None]


@strawberry.input(description="The whole document, as it was printed.")
class ErasureCertificateVerifyInput:
    document: JSON


@strawberry.type
class ErasureCertificateQueries:
    @query(erasure_certificates.get_erasure_certificate)
    async def erasure_certificate(self, info: Info, id: ID) -> ErasureCertificate:
        return erasure_certificate(await erasure_certificates.get_erasure_certificate(info.context.actor, id))

    @query(erasure_certificates.verify_erasure_certificate)
    async def erasure_certificate_verify(
        self, info: Info, input: ErasureCertificateVerifyInput
    ) -> ErasureCertificateVerdict:
        document = parse(ErasureCertificateVerify, input)
        verdict = await erasure_certificates.verify_erasure_certificate(info.context.actor, document)
        return cast(ErasureCertificateVerdict, verdict)

    @query(erasure_certificates.list_erasure_certificate_keys)
    async def erasure_certificate_keys(self, info: Info) -> list[str]:
        return list(await erasure_certificates.list_erasure_certificate_keys(info.context.actor))

    @query(erasure_certificates.list_erasure_certificates)
    async def erasure_certificates(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ErasureCertificateFilterInput | None = None,
        sort_key: ErasureCertificateSortKey = ErasureCertificateSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[ErasureCertificate]:
        window, filters = Range.of(first, after, last, before), parse(ErasureCertificateFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(
            await erasure_certificates.list_erasure_certificates(info.context.actor, window, filters, sort)
        )
