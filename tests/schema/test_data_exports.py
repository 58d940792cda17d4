"""Links to a person's data, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

CREATE = """mutation ($input: DataExportCreateInput!) {
  dataExportCreate(input: $input) { url dataExport { id status language } userErrors { code } } }"""
OPEN = "query ($token: String!) { dataExport(token: $token) { language data { email collections } } }"


async def test_a_link_is_made_opened_by_anybody_and_revoked(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    await a_contact("ada@example.com")
    made = await ask(client, marketing, CREATE, input={"contactId": "ada@example.com", "language": "fr"})
    link = made["dataExportCreate"]
    assert (link["dataExport"]["status"], link["dataExport"]["language"]) == ("ACTIVE", "fr")
    token = link["url"].rsplit("/", 1)[-1]
    opened = (await ask(client, {}, OPEN, token=token))["dataExport"]
    assert (opened["language"], opened["data"]["email"]) == ("fr", "ada@example.com")
    revoke = "mutation ($id: ID!) { dataExportRevoke(id: $id) { dataExport { status viewCount } } }"
    revoked = await ask(client, marketing, revoke, id=link["dataExport"]["id"])
    assert revoked["dataExportRevoke"]["dataExport"] == {"status": "REVOKED", "viewCount": 1}
    assert await error_of(client, {}, OPEN, token=token) == "GONE"


async def test_support_makes_no_links(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(Role.SUPPORT), CREATE, input={"contactId": "nobody"}) == "FORBIDDEN"


async def test_a_link_that_never_was_is_not_found(client: AsyncClient) -> None:
    assert await error_of(client, {}, OPEN, token="nonsense") == "NOT_FOUND"
