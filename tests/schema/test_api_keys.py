"""API keys, in GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

APP = "banners"

CREATE = """
mutation ($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) {
    secret apiKey { id key appId scopes status allowedOrigins createdBy } userErrors { code field message }
  }
}
"""


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def test_a_created_key_is_shown_once_and_works(client: AsyncClient) -> None:
    owner = await logged_in()
    key = {"appId": APP, "name": "Backend", "scopes": ["PLANS_READ"]}
    created = (await ask(client, owner, CREATE, input=key))["apiKeyCreate"]
    assert created["userErrors"] == []
    assert (created["apiKey"]["scopes"], created["apiKey"]["status"]) == (["PLANS_READ"], "ACTIVE")
    secret, identity = created["secret"], created["apiKey"]["id"]
    assert await ask(client, {"X-API-Key": secret}, '{ planFeatures(appId: "banners") }') == {"planFeatures": []}
    query = "query ($id: ID!) { apiKey(id: $id) { key lastUsed } apiKeys { nodes { id key } totalCount } }"
    shown = await ask(client, owner, query, id=identity)
    assert shown["apiKeys"] == {"nodes": [{"id": identity, "key": shown["apiKey"]["key"]}], "totalCount": 1}
    assert shown["apiKey"]["lastUsed"] is not None
    assert secret not in str(shown)
    assert secret.startswith(shown["apiKey"]["key"].removesuffix("…"))


async def test_a_key_is_changed_regenerated_revoked_and_deleted(client: AsyncClient) -> None:
    owner, issued = await logged_in(), await an_api_key(APP)
    query = """mutation ($id: ID!) {
      apiKeyUpdate(id: $id, input: {name: "Worker", expiresAt: null}) { apiKey { name expiresAt } }
      apiKeyRegenerate(id: $id) { secret apiKey { id } }
      apiKeyRevoke(id: $id) { apiKey { status isActive } }
      again: apiKeyRegenerate(id: $id) { secret userErrors { code } }
      apiKeyDelete(id: $id) { deletedId }
    }"""
    identity = str(issued.api_key.id)
    answer = await ask(client, owner, query, id=identity)
    assert answer["apiKeyUpdate"] == {"apiKey": {"name": "Worker", "expiresAt": None}}
    assert answer["apiKeyRegenerate"]["apiKey"] == {"id": identity}
    assert answer["apiKeyRegenerate"]["secret"] not in (None, issued.secret)
    assert answer["apiKeyRevoke"] == {"apiKey": {"status": "REVOKED", "isActive": False}}
    assert answer["again"] == {"secret": None, "userErrors": [{"code": "INVALID_INPUT"}]}
    assert answer["apiKeyDelete"] == {"deletedId": identity}


async def test_statistics_are_by_app(client: AsyncClient) -> None:
    await an_api_key(APP)
    query = "{ apiKeyStats { total active inactive expired byApp { appId count } } }"
    assert (await ask(client, await logged_in(Role.VIEWER), query))["apiKeyStats"] == {
        "total": 1,
        "active": 1,
        "inactive": 0,
        "expired": 0,
        "byApp": [{"appId": APP, "count": 1}],
    }


async def test_a_viewer_makes_no_keys_and_a_backend_sees_none(client: AsyncClient) -> None:
    key = {"appId": APP, "name": "Mine"}
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, input=key) == "FORBIDDEN"
    backend = with_key(await an_api_key(APP))
    assert await error_of(client, backend, "{ apiKeys { totalCount } }") == "FORBIDDEN"


async def test_an_unknown_app_is_a_user_error(client: AsyncClient) -> None:
    key = {"appId": "nowhere", "name": "Backend"}
    created = (await ask(client, await logged_in(), CREATE, input=key))["apiKeyCreate"]
    assert created["userErrors"] == [{"code": "NOT_FOUND", "field": ["appId"], "message": "Unknown app"}]
