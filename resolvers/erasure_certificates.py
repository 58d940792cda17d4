"""What staff see of the certificates of erasure, and how anybody checks one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.access import STAFF, allow, allow_all
from core.actor import Actor
from core.errors import found
from core.ids import object_id
from core.inputs import Email, Input, JsonObject
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.signatures import public_keys
from models.erasure_certificates import ErasureCertificate, ErasureStatus
from resolvers.erasure_certifying import WHAT, digests_for_certificates
from resolvers.erasure_documents import PURPOSE, is_ours


class ErasureCertificateFilter(Input):
    email: Email | None = None
    status: ErasureStatus | None = None


class ErasureCertificateSortKey(SortKey):
    CREATED_AT = "createdAt"


class ErasureCertificateVerify(Input):
    """The whole document, as it was printed."""

    document: JsonObject


@dataclass(frozen=True, slots=True)
class ErasureCertificateVerdict:
    """Whether a document is signed by this platform as it is."""

    valid: bool

    @property
    def sentence(self) -> str:
        """For a person."""
        if self.valid:
            return "This certificate was issued here, and nothing in it was changed"
        return "This is no certificate that was issued here, or something in it was changed"


@allow(STAFF)
async def list_erasure_certificates(
    actor: Actor, window: Window, filters: ErasureCertificateFilter, sort: Sort
) -> Slice[ErasureCertificate]:
    """What proves that people were erased. The address is kept as a keyed hash: look one up by the address itself."""
    query: dict[str, Any] = {}
    if filters.email is not None:
        query["addressDigest"] = {"$in": [*digests_for_certificates(filters.email)]}
    if filters.status is not None:
        query["status"] = filters.status.value
    return await slice_of(ErasureCertificate, query, sort, window)


@allow(STAFF)
async def get_erasure_certificate(actor: Actor, certificate_id: str) -> ErasureCertificate:
    """One certificate."""
    identity = object_id(certificate_id)
    return found(await ErasureCertificate.find_one({"_id": identity}) if identity else None, WHAT)


@allow_all
async def verify_erasure_certificate(actor: Actor, data: ErasureCertificateVerify) -> ErasureCertificateVerdict:
    """Whether a certificate was issued here and nothing in it was changed: for whoever was given one."""
    return ErasureCertificateVerdict(is_ours(data.document))


@allow_all
async def list_erasure_certificate_keys(actor: Actor) -> Sequence[str]:
    """The public keys (Ed25519, in base64) by which certificates can be checked without asking: the current one
    first."""
    return public_keys(runtime().settings, PURPOSE)
