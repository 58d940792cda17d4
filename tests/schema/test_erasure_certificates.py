"""Certificates of erasure, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

ERASE = """mutation ($id: ID!) { contactErase(id: $id) {
  job { id } certificate { id status erasedBy erased { collection count } document
    scan { documents size foundCount found { collection } kept { collection trace count reason } } } } }"""
VERIFY = """query ($document: JSON!) {
  erasureCertificateVerify(input: {document: $document}) { valid sentence } erasureCertificateKeys }"""
LIST = """query ($email: String) { erasureCertificates(filter: {email: $email, status: CLEAN}) {
  nodes { id contactId } totalCount } }"""


async def test_erasing_gives_a_certificate_that_anybody_can_check(client: AsyncClient) -> None:
    admin, ada = await logged_in(Role.ADMIN), await a_contact("ada@example.com")
    erased = (await ask(client, admin, ERASE, id=str(ada.id)))["contactErase"]
    certificate = erased["certificate"]
    assert (erased["job"], certificate["status"]) == (None, "CLEAN")
    assert {"collection": "contacts", "count": 1} in certificate["erased"]
    assert (certificate["scan"]["foundCount"], certificate["scan"]["found"]) == (0, [])
    kept = {"collection": "suppressions", "trace": "DIGEST", "count": 1}
    assert certificate["scan"]["kept"] == [{**kept, "reason": "so that the address is not written to again"}]
    document = certificate["document"]
    checked = await ask(client, {}, VERIFY, document=document)
    assert checked["erasureCertificateVerify"]["valid"]
    assert document["publicKey"] in checked["erasureCertificateKeys"]
    document["certificate"]["erasedBy"] = "nobody"
    assert not (await ask(client, {}, VERIFY, document=document))["erasureCertificateVerify"]["valid"]
    listed = (await ask(client, await logged_in(Role.VIEWER), LIST, email="ADA@example.com"))["erasureCertificates"]
    assert listed == {"nodes": [{"id": certificate["id"], "contactId": str(ada.id)}], "totalCount": 1}
    one = "query ($id: ID!) { erasureCertificate(id: $id) { document } }"
    again = (await ask(client, admin, one, id=certificate["id"]))["erasureCertificate"]["document"]
    assert again == certificate["document"] | {"certificate": again["certificate"]}


async def test_without_a_token_there_is_no_list(client: AsyncClient) -> None:
    assert await error_of(client, {}, LIST) == "UNAUTHENTICATED"


async def test_an_unknown_one_is_not_found(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(), '{ erasureCertificate(id: "nobody") { id } }') == "NOT_FOUND"


async def test_what_is_no_document_is_refused(client: AsyncClient) -> None:
    assert await error_of(client, {}, VERIFY, document=[1]) == "INVALID_INPUT"
