"""How a certificate comes about: opened before anything is erased, told what was, signed after a scan.

The address is in the open certificate, encrypted, because nothing else has it any more once the contact is erased: so a
scan that was cut off can be done again.
"""

import hashlib
from typing import Final

from beanie import PydanticObjectId
from pymongo.errors import DuplicateKeyError

from core.actor import Actor
from core.errors import Conflict, found
from core.ids import object_id
from core.inputs import key_of_email
from core.runtime import runtime
from core.sealing import opened, sealed
from models.base import touched
from models.contacts import Contact
from models.erasure_certificates import ErasureCertificate, ErasureStatus
from resolvers.erasure_documents import PURPOSE, signature_of
from resolvers.erasure_scans import scan_for

SEALING: Final = "erasure-certificate-address"
WHAT: Final = "Erasure certificate"


def digests_for_certificates(address: str) -> tuple[str, ...]:
    """By which the certificate of an address is found: of the current key first, then of the previous ones."""
    key = key_of_email(address).encode()
    return tuple(hashlib.blake2b(key, key=one, digest_size=32).hexdigest() for one in runtime().settings.keys(PURPOSE))


async def open_certificate(contact: Contact, asked_by: Actor) -> ErasureCertificate:
    """That of the person, from before where the erasure was cut off."""
    certificate = ErasureCertificate(
        contact_id=PydanticObjectId(contact.id),
        address_digest=digests_for_certificates(contact.email_key)[0],
        erased_by=asked_by.label,
        sealed_address=sealed(runtime().settings, SEALING, contact.email_key.encode(), str(contact.id)),
    )
    try:
        return await certificate.insert()
    except DuplicateKeyError:
        existing = await ErasureCertificate.find_one({"contactId": contact.id})
        if existing is None:
            raise
        return existing


async def note_erased(certificate: ErasureCertificate, collection: str, count: int) -> None:
    """What is done again after it was cut off is not counted twice."""
    if count:
        still_open = {"_id": certificate.id, "status": ErasureStatus.OPEN.value}
        await ErasureCertificate.change(still_open, {"$max": {f"erased.{collection}": count}})


async def open_certificate_of(contact_id: str) -> ErasureCertificate | None:
    """That of somebody who is erased already, but for the scan: by the id of the contact, or the address."""
    identity = object_id(contact_id)
    named = {"contactId": identity} if identity else {"addressDigest": {"$in": [*digests_for_certificates(contact_id)]}}
    certificate = await ErasureCertificate.find_one({**named, "status": ErasureStatus.OPEN.value})
    if certificate is None:
        return None
    is_erased = await Contact.find_one({"_id": certificate.contact_id, "erasedAt": {"$ne": None}}) is not None
    return certificate if is_erased else None


async def signed_certificate(certificate: ErasureCertificate) -> ErasureCertificate:
    """Scans and signs. Of two who do it at the same time, one is late, and gets what the other signed."""
    scan = await scan_for(_address_in(certificate))
    contact = found(await Contact.find_one({"_id": certificate.contact_id}), "Contact")
    current = found(await ErasureCertificate.find_one({"_id": certificate.id}), WHAT)
    status = ErasureStatus.TRACES_FOUND if scan.found_count else ErasureStatus.CLEAN
    said = current.model_copy(update={"scan": scan, "erased_at": contact.erased_at, "status": status})
    signature = signature_of(said)
    changes = {
        "erased": said.erased,
        "erasedAt": said.erased_at,
        "scan": scan.model_dump(by_alias=True),
        "status": status.value,
        "publicKey": signature.public_key,
        "signature": signature.value,
        "sealedAddress": None,
    }
    signed = await ErasureCertificate.change({"_id": said.id, "status": ErasureStatus.OPEN.value}, touched(changes))
    return signed or found(await ErasureCertificate.find_one({"_id": said.id}), WHAT)


def _address_in(certificate: ErasureCertificate) -> str:
    box = certificate.sealed_address
    plain = opened(runtime().settings, SEALING, box, str(certificate.contact_id)) if box else None
    if plain is None:
        raise Conflict(
            "The address to scan for can't be read any more: SECRET_KEY was changed, and PREVIOUS_SECRET_KEYS does not "
            "have the one before"
        )
    return plain.decode()
