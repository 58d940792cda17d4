"""The search over everything, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.factories.shops import a_shop
from tests.factories.tickets import a_ticket
from tests.schema.asking import ask, error_of

SEARCH = """query ($text: String!, $types: [SearchType!], $first: Int! = 5) {
  search(query: $text, types: $types, first: $first) { type match title
    subject { __typename ... on Merchant { domain shops { app { name } } } ... on Contact { email }
      ... on Ticket { reference } } } }"""


async def test_what_is_found_leads_on(client: AsyncClient) -> None:
    app = await an_app(name="Banners")
    await a_shop(app.id, "tea.myshopify.com", name="Tea", email="ada@example.com")
    await a_contact("tea@example.com")
    await a_ticket(app.id, email="bob@example.com", subject="About tea")
    found = (await ask(client, await logged_in(Role.VIEWER), SEARCH, text="tea"))["search"]
    assert [(one["type"], one["match"]) for one in found] == [
        ("MERCHANT", "EXACT"),
        ("CONTACT", "BEGINS"),
        ("CONTACT", "WORDS"),
        ("TICKET", "WORDS"),
    ]
    merchant = {"domain": "tea.myshopify.com", "shops": [{"app": {"name": "Banners"}}]}
    assert found[0]["subject"] == {"__typename": "Merchant", **merchant}
    assert found[1]["subject"] == {"__typename": "Contact", "email": "tea@example.com"}


async def test_a_search_is_for_staff(client: AsyncClient) -> None:
    backend = with_key(await an_api_key((await an_app()).id))
    assert await error_of(client, backend, SEARCH, text="tea") == "FORBIDDEN"
    assert await error_of(client, {}, SEARCH, text="tea") == "UNAUTHENTICATED"


async def test_what_is_wrong_with_a_search_is_said(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    assert await error_of(client, viewer, SEARCH, text="") == "INVALID_INPUT"
    assert await error_of(client, viewer, SEARCH, text="tea", first=21) == "INVALID_INPUT"
    assert await error_of(client, viewer, SEARCH, text="tea", types=[]) == "INVALID_INPUT"
