"""What people may ask for under the GDPR: to be forgotten (article 17), and a copy of their data (article 15)."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import clock
from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound
from core.ids import object_id
from models.contacts import Contact
from models.email_jobs import RETRY, EmailJob
from models.erasure_certificates import ErasureCertificate
from models.suppressions import SuppressionReason
from resolvers.contacts import get_contact
from resolvers.email_jobs import retry_email_job
from resolvers.erasure_certifying import note_erased, open_certificate, open_certificate_of, signed_certificate
from resolvers.erasure_scans import is_quick
from resolvers.holdings import Excerpt, Person, Row, person_behind
from resolvers.job_leases import enqueue
from resolvers.personal_data import HOLDINGS
from resolvers.suppressions import suppress

GDPR: Final = Actor.system("gdpr")
ERASE: Final = "contact.erase"
"""The type of the jobs that erase people."""
ERASED_AT_ONCE: Final = 2_000
"""In how many documents somebody may be to be erased while the caller waits: less than a second, at a third of a
millisecond for each. Beyond, it is a job."""
LARGEST_ANSWER: Final = 10_000
"""How many documents a copy may have that is put together in memory."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All that is stored about a person. It is read when it is asked for, because it may be large."""

    email: str
    language: str | None
    gathered_at: datetime
    person: Person

    def streams(self) -> Iterator[tuple[str, AsyncIterator[Row]]]:
        """Each collection's name and rows, as JSON; a batch of them is in memory at a time."""
        return ((holding.name, holding.rows(self.person)) for holding in HOLDINGS)

    async def excerpts(self, most: int) -> Sequence[Excerpt]:
        """Of each collection the newest rows."""
        return [await holding.excerpt(self.person, most) for holding in HOLDINGS]

    async def collected(self) -> Mapping[str, Sequence[Row]]:
        """The rows of each collection. Raises `InvalidInput` where that is too much for one answer."""
        if sum((await documents_of(self.person)).values()) > LARGEST_ANSWER:
            raise InvalidInput(
                f"More than {LARGEST_ANSWER:,} documents are about this person: make a data export, whose link has a "
                "download of any size"
            )
        return {name: [row async for row in rows] for name, rows in self.streams()}


@dataclass(frozen=True, slots=True)
class Erasure:
    """In how many documents of each collection a person was; with a `job`, they are still to be erased. The certificate
    stays open until the job, or one of its own where much is stored, has looked through the whole database."""

    counts: Mapping[str, int]
    job: EmailJob | None = None
    certificate: ErasureCertificate | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        if self.job is not None:
            total = sum(self.counts.values())
            return f"Erasing {total:,} documents in job {self.job.id}; no more mail is sent to the address from now on"
        parts = [f"{count} in {name}" for name, count in self.counts.items() if count]
        return f"Erased: {', '.join(parts)}"


@allow(ADMINS)
async def erase_contact(actor: Actor, contact_id: str) -> Erasure:
    """Erases a person from every document that holds them, and keeps a keyed hash of the address, so that it is not
    written to again. Then looks for the address in the whole database, and certifies what it found. Somebody who is in
    very many documents is erased by a job. What was cut off half-way is completed by asking again."""
    try:
        contact = await get_contact(actor, contact_id)
    except NotFound:
        if (half_done := await open_certificate_of(contact_id)) is None:
            raise
        return Erasure(half_done.erased, certificate=await _scanned(half_done, actor))
    await suppress(contact.email, SuppressionReason.GDPR, at=clock.now(), source=actor.label)
    person = await person_behind(contact)
    certificate = await open_certificate(contact, actor)
    documents = await documents_of(person)
    if sum(documents.values()) > ERASED_AT_ONCE:
        return Erasure(documents, await _job_of(certificate, actor), certificate)
    counts = await _erased(person, certificate)
    return Erasure(counts, certificate=await _scanned(certificate, actor))


@allow()
async def finish_erasure(actor: Actor, contact_id: str) -> Erasure:
    """Does the work of a job. Nothing is left to do where the contact is erased, which comes last, and the certificate
    is signed."""
    contact = await Contact.find_one({"_id": object_id(contact_id), "erasedAt": None})
    counts: Mapping[str, int] = {}
    if contact is not None:
        counts = await _erased(await person_behind(contact), await open_certificate(contact, actor))
    certificate = await open_certificate_of(contact_id)
    return Erasure(counts, certificate=certificate and await signed_certificate(certificate))


@allow(STAFF)
async def export_contact(actor: Actor, contact_id: str) -> PersonalData:
    """All that is stored about a person."""
    return await gather(await get_contact(actor, contact_id))


async def gather(contact: Contact) -> PersonalData:
    """All that is stored about the person behind a contact."""
    return PersonalData(contact.email, contact.language, clock.now(), await person_behind(contact))


async def documents_of(person: Person) -> Mapping[str, int]:
    """How many documents of each collection have to be looked at."""
    return {holding.name: await holding.count(person) for holding in HOLDINGS}


async def _erased(person: Person, certificate: ErasureCertificate) -> Mapping[str, int]:
    counts = {}
    for holding in HOLDINGS:
        counts[holding.name] = await holding.erase(holding, person)
        await note_erased(certificate, holding.name, counts[holding.name])
    return counts


async def _scanned(certificate: ErasureCertificate, asked_by: Actor) -> ErasureCertificate:
    """Signed at once, or still open, where so much is stored that a job has to look through it."""
    if await is_quick():
        return await signed_certificate(certificate)
    await _job_of(certificate, asked_by)
    return certificate


async def _job_of(certificate: ErasureCertificate, asked_by: Actor) -> EmailJob:
    """One per person, which asking again puts back where it failed."""
    payload = {"contactId": str(certificate.contact_id), "askedBy": asked_by.label}
    job = await enqueue(GDPR, ERASE, payload, dedupe_key=f"{ERASE}:{certificate.contact_id}")
    return await retry_email_job(GDPR, str(job.id)) if job.status in RETRY.sources else job
