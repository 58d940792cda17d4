"""A certificate of erasure as a document that can be printed, sent, and checked: JSON, with a signature over all of
it but the signature."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.inputs import iso
from core.runtime import runtime
from core.signatures import ALGORITHM, Signature, is_signed, sign
from models.erasure_certificates import ErasureCertificate, ErasureScan

PURPOSE: Final = "erasure-certificate"
VERSION: Final = 1

Json = Mapping[str, Any]


def signature_of(certificate: ErasureCertificate) -> Signature:
    return sign(runtime().settings, PURPOSE, statement_of(certificate))


def document_of(certificate: ErasureCertificate) -> Json | None:
    """The whole document; None as long as it is not signed."""
    if certificate.signature is None:
        return None
    return {
        "certificate": statement_of(certificate),
        "algorithm": ALGORITHM,
        "publicKey": certificate.public_key,
        "signature": certificate.signature,
    }


def is_ours(document: Json) -> bool:
    """Whether we signed this document as it is. The key that it names itself proves nothing."""
    statement, signature = document.get("certificate"), document.get("signature")
    if not isinstance(statement, dict) or not isinstance(signature, str):
        return False
    return is_signed(runtime().settings, PURPOSE, statement, signature)


def statement_of(certificate: ErasureCertificate) -> Json:
    """What is signed. Moments are ISO 8601 in UTC, `addressDigest` is a keyed BLAKE2b-256 (RFC 7693) in hex."""
    return {
        "version": VERSION,
        "id": str(certificate.id),
        "contactId": str(certificate.contact_id),
        "addressDigest": certificate.address_digest,
        "erasedBy": certificate.erased_by,
        "requestedAt": iso(certificate.created_at),
        "erasedAt": _moment(certificate.erased_at),
        "erased": [{"collection": name, "count": count} for name, count in sorted(certificate.erased.items())],
        "status": certificate.status.value,
        "scan": _scan(certificate.scan) if certificate.scan else None,
    }


def _scan(scan: ErasureScan) -> Json:
    said: dict[str, Any] = scan.model_dump(mode="json", by_alias=True)
    return said | {"startedAt": iso(scan.started_at), "endedAt": iso(scan.ended_at)}


def _moment(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
