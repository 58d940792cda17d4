"""Mutations about the people whom the company knows: contacts, what may not be sent to them, and their data."""

from typing import Final

from resolvers.data_exports import DataExportCreate, create_data_export
from resolvers.gdpr import erase_contact
from resolvers.suppressions import SuppressionCreate, add_suppression
from tests.contract.mutations.sample import Sample
from tests.contract.requests.calling import Caller, Parameters
from tests.contract.requests.mail import READER, a_person
from tests.factories.contacts import SYSTEM, a_contact


async def a_suppression(_: Caller) -> Parameters:
    return {"id": str((await add_suppression(SYSTEM, SuppressionCreate(email=READER))).id)}


async def a_certificate(_: Caller) -> Parameters:
    """Of the erasure of the reader."""
    erasure = await erase_contact(SYSTEM, str((await a_contact(READER)).id))
    assert erasure.certificate is not None
    return {"id": str(erasure.certificate.id)}


async def a_link_to_an_export(caller: Caller) -> Parameters:
    data = DataExportCreate.model_validate({"contactId": (await a_person(caller))["id"]})
    return {"id": str((await create_data_export(SYSTEM, data)).data_export.id)}


SAMPLES: Final[dict[str, Sample]] = {
    "contactCreate": Sample(sent={"input": {"email": READER, "name": "Ada", "language": "en", "country": "GB"}}),
    "contactUpdate": Sample(a_person, {"input": {"name": "Ada Lovelace"}}),
    "erasureCertificateRenew": Sample(a_certificate, {"input": {"email": READER}}),
    "suppressionAdd": Sample(sent={"input": {"email": READER, "note": "Asked on the phone"}}),
    "suppressionRemove": Sample(a_suppression, {"input": {"reason": "Asked on the phone"}}),
    "dataExportCreate": Sample(a_person, lambda known: {"input": {"contactId": known["id"], "language": "de"}}),
    "dataExportRevoke": Sample(a_link_to_an_export),
}
