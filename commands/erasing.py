"""Erasing a person, and checking the certificate of it, from the command line."""

import asyncio
import json
from pathlib import Path

import typer

from commands.console import MESSAGES, OUTPUT
from commands.database import database, platform
from commands.errors import CommandError
from core.actor import Actor
from core.settings import Settings
from models.erasure_certificates import ErasureCertificate, ErasureScan
from resolvers.erasure_certificates import (
    ErasureCertificateVerdict,
    ErasureCertificateVerify,
    verify_erasure_certificate,
)
from resolvers.erasure_documents import document_of
from resolvers.gdpr import Erasure, erase_contact, finish_erasure

CLI = Actor.system("cli")


def erase(settings: Settings, email: str, certificate: Path | None, *, sure: bool) -> None:
    """Erases the person at an address, and writes the certificate to a file or prints it. A server and workers may go
    on meanwhile. Raises `CommandError` where something of the person was found afterwards."""
    if certificate is not None and certificate.exists():
        raise CommandError(f"There is a file {certificate} already: name another one.")
    if not sure:
        typer.confirm(f"Erase {email} for ever from the database {settings.mongodb_database}?", abort=True, err=True)
    with database(settings) as url:
        erasure, signed = asyncio.run(_erase(settings, url, email))
    MESSAGES.print(erasure.sentence, markup=False, highlight=False, soft_wrap=True)
    document = json.dumps(document_of(signed), indent=2, ensure_ascii=False)
    if certificate is None:
        typer.echo(document)
    else:
        certificate.write_text(document + "\n")
        OUTPUT.print(f"The certificate is in {certificate}", markup=False, highlight=False, soft_wrap=True)
    if signed.scan is not None and signed.scan.found_count:
        raise CommandError(_found_in(signed.scan))


def verify(settings: Settings, file: Path) -> None:
    """Raises `CommandError` where the file is no certificate that was issued with this SECRET_KEY, or was changed."""
    try:
        document = json.loads(file.read_text())
        data = ErasureCertificateVerify.model_validate({"document": document})
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"{file} is no certificate: it has to be the JSON that was written.") from None
    with database(settings) as url:
        verdict = asyncio.run(_verdict(settings, url, data))
    if not verdict.valid:
        raise CommandError(verdict.sentence)
    OUTPUT.print(verdict.sentence, highlight=False)


async def _erase(settings: Settings, url: str, email: str) -> tuple[Erasure, ErasureCertificate]:
    """Does itself what would be left to a job: nobody need run a worker for it."""
    async with platform(settings, url):
        erasure = await erase_contact(CLI, email)
        certificate = erasure.certificate
        if certificate is not None and certificate.signature is None:
            finished = await finish_erasure(CLI, str(certificate.contact_id))
            erasure, certificate = Erasure(finished.counts or erasure.counts), finished.certificate
        if certificate is None:
            raise CommandError("Somebody else is erasing this person just now: the certificate is in the list.")
        return erasure, certificate


async def _verdict(settings: Settings, url: str, data: ErasureCertificateVerify) -> ErasureCertificateVerdict:
    async with platform(settings, url):
        return await verify_erasure_certificate(CLI, data)


def _found_in(scan: ErasureScan) -> str:
    places = [f"{one.collection} {one.document_id}: {', '.join(one.fields)} ({one.trace.value})" for one in scan.found]
    return "\n".join([f"Something of the person is left in {scan.found_count:,} documents:", *places])
