"""Apps, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

CREATE = """
mutation ($id: String!) {
  appCreate(input: {id: $id, name: "Banners", allowedOrigins: ["https://banners.example.com"]}) {
    app { id name allowedOrigins isActive } userErrors { code field }
  }
}
"""


async def test_an_app_is_created_and_changed(client: AsyncClient) -> None:
    owner = await logged_in()
    created = (await ask(client, owner, CREATE, id="banners"))["appCreate"]
    assert created["app"] == {
        "id": "banners",
        "name": "Banners",
        "allowedOrigins": ["https://banners.example.com"],
        "isActive": True,
    }
    query = 'mutation { appUpdate(id: "banners", input: {isActive: false}) { app { name isActive } } }'
    assert (await ask(client, owner, query))["appUpdate"] == {"app": {"name": "Banners", "isActive": False}}


async def test_how_an_app_writes_is_shown_and_changed(client: AsyncClient) -> None:
    await an_app("banners")
    owner = await logged_in()
    query = """mutation ($email: String) { appUpdate(id: "banners", input: {mail: {senderEmail: $email}}) {
      app { mail { senderEmail senderName replyTo postalAddress defaultLanguage doubleOptIn } }
      userErrors { code field } } }"""
    changed = (await ask(client, owner, query, email="hello@banners.example.com"))["appUpdate"]
    assert changed["app"]["mail"] == {
        "senderEmail": "hello@banners.example.com",
        "senderName": "",
        "replyTo": None,
        "postalAddress": "",
        "defaultLanguage": "en",
        "doubleOptIn": True,
    }
    wrong = (await ask(client, owner, query, email="hello"))["appUpdate"]
    assert wrong == {"app": None, "userErrors": [{"code": "INVALID_INPUT", "field": ["mail", "senderEmail"]}]}


async def test_an_app_says_what_the_caller_may_do(client: AsyncClient) -> None:
    await an_app("banners")
    query = """{ app(id: "banners") { features { canEditTemplates canEditUsers canViewMetrics } }
      apps { nodes { id } totalCount } }"""
    assert await ask(client, await logged_in(Role.MARKETING), query) == {
        "app": {"features": {"canEditTemplates": True, "canEditUsers": False, "canViewMetrics": True}},
        "apps": {"nodes": [{"id": "banners"}], "totalCount": 1},
    }


async def test_a_viewer_creates_no_app(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, id="banners") == "FORBIDDEN"


async def test_a_reserved_or_taken_id_is_a_user_error(client: AsyncClient) -> None:
    await an_app("banners")
    owner = await logged_in()
    for app_id, code in (("graphql", "INVALID_INPUT"), ("banners", "CONFLICT")):
        created = (await ask(client, owner, CREATE, id=app_id))["appCreate"]
        assert created == {"app": None, "userErrors": [{"code": code, "field": ["id"]}]}


async def test_an_unknown_app_is_not_found(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(), '{ app(id: "nowhere") { id } }') == "NOT_FOUND"
