"""Contacts and their consent, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.factories.shops import a_shop
from tests.schema.asking import ask, error_of

CREATE = """mutation ($input: ContactCreateInput!) {
  contactCreate(input: $input) { contact { id email name language } userErrors { code field } } }"""


async def test_a_contact_is_added_changed_opted_in_and_out(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    created = (await ask(client, marketing, CREATE, input={"email": "ada@example.com", "name": "Ada"}))["contactCreate"]
    identity = created["contact"].pop("id")
    assert created == {"contact": {"email": "ada@example.com", "name": "Ada", "language": None}, "userErrors": []}
    query = """mutation ($id: ID!) {
      contactUpdate(id: $id, input: {language: "en"}) { contact { language } }
      contactConsentUpdate(id: $id, input: {category: NEWSLETTER, state: OPTED_IN, source: "form"}) {
        contact { consents { newsletter { state source legalBasis } product { state } } } userErrors { code } }
      contactOptOut(id: $id) { contact { globalOptOut consents { newsletter { state } } } } }"""
    answer = await ask(client, marketing, query, id=identity)
    assert answer["contactUpdate"] == {"contact": {"language": "en"}}
    assert answer["contactConsentUpdate"]["contact"]["consents"] == {
        "newsletter": {"state": "OPTED_IN", "source": "form", "legalBasis": "CONSENT"},
        "product": {"state": "NOT_SPECIFIED"},
    }
    out = {"globalOptOut": True, "consents": {"newsletter": {"state": "OPTED_OUT"}}}
    assert answer["contactOptOut"] == {"contact": out}


async def test_everything_about_a_person_in_one_query(client: AsyncClient) -> None:
    admin, app = await logged_in(Role.ADMIN), await an_app()
    await a_shop(app.id, "tea.myshopify.com", email="ada@example.com", owner="Ada")
    query = """mutation {
      suppressionAdd(input: {email: "ADA@example.com", scope: ALL_BUT_TRANSACTIONAL}) { userErrors { code } } }"""
    await ask(client, admin, query)
    contact = "query ($email: String) { contact(email: $email) { id } }"
    identity = (await ask(client, admin, contact, email="ada@example.com"))["contact"]["id"]
    query = """mutation ($id: ID!) { contactOptOut(id: $id) { userErrors { code } }
      dataExportCreate(input: {contactId: "ada@example.com"}) { url } }"""
    await ask(client, admin, query, id=identity)
    query = """query ($id: ID!) { contact(id: $id) {
      name shops { domain hasApp app { id } } suppressions { reason scope }
      consentEntries(first: 5) { nodes { category state } totalCount } dataExports { nodes { status viewCount } } } }"""
    assert (await ask(client, admin, query, id=identity))["contact"] == {
        "name": "Ada",
        "shops": [{"domain": "tea.myshopify.com", "hasApp": True, "app": {"id": app.id}}],
        "suppressions": [{"reason": "MANUAL", "scope": "ALL_BUT_TRANSACTIONAL"}],
        "consentEntries": {"nodes": [{"category": None, "state": "OPTED_OUT"}], "totalCount": 1},
        "dataExports": {"nodes": [{"status": "ACTIVE", "viewCount": 0}]},
    }


async def test_contacts_are_listed_by_what_they_agreed_to(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    await a_contact("ada@example.com")
    query = """{ contacts(sortKey: EMAIL, filter: {globalOptOut: false}) { nodes { email } totalCount }
      none: contacts(filter: {optedInTo: NEWSLETTER}) { totalCount } }"""
    assert await ask(client, viewer, query) == {
        "contacts": {"nodes": [{"email": "ada@example.com"}], "totalCount": 1},
        "none": {"totalCount": 0},
    }


async def test_a_person_gets_a_copy_and_is_forgotten(client: AsyncClient) -> None:
    admin, ada = await logged_in(Role.ADMIN), await a_contact("ada@example.com")
    exported = await ask(
        client, admin, "query ($id: ID!) { contactExport(id: $id) { email collections } }", id=str(ada.id)
    )
    assert exported["contactExport"]["collections"]["contacts"][0]["email"] == "ada@example.com"
    query = "mutation ($id: ID!) { contactErase(id: $id) { erased { collection count } userErrors { code } } }"
    erased = (await ask(client, admin, query, id=str(ada.id)))["contactErase"]["erased"]
    assert {"collection": "contacts", "count": 1} in erased
    assert (await ask(client, admin, query, id=str(ada.id)))["contactErase"]["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_support_records_no_consent(client: AsyncClient) -> None:
    query = 'mutation { contactOptOut(id: "nobody") { userErrors { code } } }'
    assert await error_of(client, await logged_in(Role.SUPPORT), query) == "FORBIDDEN"


async def test_a_taken_address_is_a_user_error(client: AsyncClient) -> None:
    await a_contact("ADA@example.com")
    created = await ask(client, await logged_in(), CREATE, input={"email": "ada@example.com"})
    assert created["contactCreate"] == {"contact": None, "userErrors": [{"code": "CONFLICT", "field": ["email"]}]}


async def test_a_contact_is_asked_for_by_one_name(client: AsyncClient) -> None:
    query = '{ contact(id: "1", email: "ada@example.com") { id } }'
    assert await error_of(client, await logged_in(), query) == "INVALID_INPUT"


async def test_an_unknown_contact_is_not_found(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(), '{ contact(id: "nobody") { id } }') == "NOT_FOUND"
