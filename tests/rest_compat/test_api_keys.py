"""API keys, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in

KEYS = "/api-keys/"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_created_key_is_shown_once_and_works(client: AsyncClient) -> None:
    owner = await logged_in()
    created = await client.post(KEYS, json={"appId": "banners", "name": "Backend"}, headers=owner)
    assert created.status_code == 201
    key = created.json()["data"]
    assert (await client.get("/banners/plans", headers={"X-API-Key": key["key"]})).status_code == 200
    shown = (await client.get(KEYS + key["_id"], headers=owner)).json()["data"]
    listed = (await client.get(KEYS, headers=owner)).json()["data"]
    assert listed == [shown]
    assert key["key"] not in str(shown)
    assert key["key"].startswith(shown["key"].removesuffix("…"))
    assert "digest" not in shown


async def test_the_same_idempotency_key_gives_the_same_key_and_not_two(client: AsyncClient) -> None:
    headers = {**await logged_in(), "Idempotency-Key": "1"}
    body = {"appId": "banners", "name": "Backend"}
    first, second = [await client.post(KEYS, json=body, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert (await client.get(f"{KEYS}stats", headers=headers)).json()["data"]["total"] == 1
    other = await client.post(KEYS, json=body | {"name": "Another"}, headers=headers)
    assert other.status_code == 409


async def test_a_key_is_changed_regenerated_revoked_and_deleted(client: AsyncClient) -> None:
    owner, issued = await logged_in(), await an_api_key("banners")
    path = KEYS + str(issued.api_key.id)
    changed = await client.patch(path, json={"name": "Worker"}, headers=owner)
    assert changed.json()["data"]["name"] == "Worker"
    regenerated = await client.post(f"{path}/regenerate", headers=owner)
    assert regenerated.json()["data"]["key"] not in (issued.secret, issued.api_key.key)
    revoked = await client.post(f"{path}/revoke", headers=owner)
    assert (revoked.status_code, revoked.json()["data"]["isActive"]) == (200, False)
    assert (await client.patch(path, json={"isActive": True}, headers=owner)).status_code == 400
    assert (await client.post(f"{path}/regenerate", headers=owner)).status_code == 400
    stats = (await client.get(f"{KEYS}stats", headers=owner)).json()["data"]
    assert stats == {"total": 1, "active": 0, "inactive": 1, "expired": 0, "byApp": {"banners": 1}}
    assert (await client.delete(path, headers=owner)).json() == {"success": True, "message": "API key deleted"}
    assert (await client.delete(path, headers=owner)).status_code == 404


async def test_a_viewer_makes_no_keys_and_a_backend_sees_none(client: AsyncClient) -> None:
    body = {"appId": "banners", "name": "Mine"}
    assert (await client.post(KEYS, json=body, headers=await logged_in(Role.VIEWER))).status_code == 403
    assert (await client.get(KEYS, headers=with_key(await an_api_key("banners")))).status_code == 403
    assert (await client.get(KEYS)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"expiresAt": "2020-01-01T00:00:00Z"}, 400, "expiresAt: must be in the future"),
        ({"scopes": ["all"]}, 400, "scopes.0: "),
        ({"appId": "nowhere"}, 404, "Unknown app"),
    ],
)
async def test_what_is_wrong_is_named(
    client: AsyncClient, fields: dict[str, object], status: int, sentence: str
) -> None:
    body = {"appId": "banners", "name": "Backend"} | fields
    response = await client.post(KEYS, json=body, headers=await logged_in())
    assert (response.status_code, response.json()["success"]) == (status, False)
    assert response.json()["error"].startswith(sentence)
