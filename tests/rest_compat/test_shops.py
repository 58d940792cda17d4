"""Shops, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, days_ago

SHOPS = "/banners/shops/"
TEA = "tea.myshopify.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_shop_is_shown_with_its_subscription_and_history(client: AsyncClient) -> None:
    await a_plan("banners", "pro", price="40.50")
    shop = await a_shop("banners", TEA, at=days_ago(1), name="Tea", country="GB", plan="pro")
    viewer = await logged_in(Role.VIEWER)
    for identity in (str(shop.id), TEA):
        response = await client.get(SHOPS + identity, headers=viewer)
        assert response.status_code == 200
        data = response.json()["data"]
        assert (data["_id"], data["domain"], data["name"], data["status"]) == (str(shop.id), TEA, "Tea", "active")
        assert (data["subscription"]["plan"], data["subscription"]["price"]) == ("pro", 40.5)
        assert [change["kind"] for change in data["history"]] == ["installed", "plan_changed"]
        assert data["installedAt"].endswith("Z")


async def test_lists_statistics_and_domains(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners", scopes=["shops:read"]))
    await a_shop("banners", "b.myshopify.com", name="Bread")
    await a_shop("banners", "a.myshopify.com", name="Apples")
    listed = (await client.get(f"{SHOPS}?sort=-name&limit=1&status=active", headers=backend)).json()
    assert [shop["name"] for shop in listed["data"]] == ["Bread"]
    assert listed["pagination"] == {"page": 1, "limit": 1, "total": 2, "pages": 2}
    domains = (await client.get(f"{SHOPS}domains", headers=backend)).json()
    assert domains["data"] == ["a.myshopify.com", "b.myshopify.com"]
    assert domains["pagination"] == {"page": 1, "limit": 1000, "total": 2, "pages": 1}
    second = await client.get(f"{SHOPS}domains?limit=1&page=2&status=active&search=MYSHOPIFY", headers=backend)
    assert (second.json()["data"], second.json()["pagination"]["pages"]) == (["b.myshopify.com"], 2)
    assert (await client.get(f"{SHOPS}stats", headers=backend)).json()["data"] == {
        "total": 2,
        "active": 2,
        "inactive": 0,
        "uninstalled": 0,
        "byPlan": {"none": 2},
    }


async def test_a_shop_is_changed(client: AsyncClient) -> None:
    await a_shop("banners", TEA)
    admin = await logged_in(Role.ADMIN)
    changed = await client.patch(SHOPS + TEA, json={"name": "Tea", "settings": {"tone": "formal"}}, headers=admin)
    assert (changed.status_code, changed.json()["message"]) == (200, "Shop updated")
    assert (changed.json()["data"]["name"], changed.json()["data"]["settings"]) == ("Tea", {"tone": "formal"})
    paused = await client.patch(f"{SHOPS}{TEA}/status", json={"status": "inactive", "reason": "Holiday"}, headers=admin)
    assert (paused.json()["message"], paused.json()["data"]["history"][-1]["reason"]) == (
        "Shop is inactive", "Holiday",
    )  # fmt: skip


async def test_a_viewer_reads_and_does_not_write(client: AsyncClient) -> None:
    await a_shop("banners", TEA)
    viewer = await logged_in(Role.VIEWER)
    assert (await client.get(SHOPS)).status_code == 401
    assert (await client.patch(SHOPS + TEA, json={"name": "X"}, headers=viewer)).status_code == 403


async def test_for_the_key_of_another_app_this_one_does_not_exist(client: AsyncClient) -> None:
    other = await an_app()
    response = await client.get(SHOPS, headers=with_key(await an_api_key(other.id)))
    assert (response.status_code, response.json()) == (404, {"success": False, "error": "Unknown app"})


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("", {"email": "nobody"}, "email: "),
        ("", {"domain": "x.myshopify.com"}, "domain: is not a known field"),
        ("/status", {"status": "asleep"}, "status: "),
        ("/status", {}, "status: is required"),
    ],
)
async def test_what_is_wrong_is_named(client: AsyncClient, path: str, body: dict[str, str], sentence: str) -> None:
    await a_shop("banners", TEA)
    response = await client.patch(SHOPS + TEA + path, json=body, headers=await logged_in())
    assert response.status_code == 400
    assert response.json()["error"].startswith(sentence)


@pytest.mark.parametrize(
    ("name", "value"), [("status", "asleep"), ("sort", "email"), ("limit", "101"), ("installedFrom", "soon")]
)
async def test_a_wrong_filter_is_a_400(client: AsyncClient, name: str, value: str) -> None:
    response = await client.get(SHOPS, params={name: value}, headers=await logged_in())
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{name}: ")


async def test_an_unknown_shop_is_a_404(client: AsyncClient) -> None:
    response = await client.get(SHOPS + "0" * 24, headers=await logged_in())
    assert (response.status_code, response.json()) == (404, {"success": False, "error": "Shop not found"})
