"""Plans, over REST: `_id` is the id, `id` the handle."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.plans import a_plan, a_shop_on

PLANS = "/banners/plans/"
PRO = {"id": "pro_monthly", "name": "Pro", "price": 40.5, "trialDays": 14, "features": ["Support"]}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_plan_is_created_and_shown(client: AsyncClient) -> None:
    owner = await logged_in()
    created = await client.post(PLANS, json=PRO, headers=owner)
    assert (created.status_code, created.json()["message"]) == (201, "Plan created")
    plan = created.json()["data"]
    assert {name: plan[name] for name in PRO} == PRO
    assert (plan["currency"], plan["interval"], plan["isActive"]) == ("USD", "EVERY_30_DAYS", True)
    for identity in (plan["_id"], "pro_monthly"):
        assert (await client.get(PLANS + identity, headers=owner)).json() == {"success": True, "data": plan}


async def test_lists_statistics_and_features(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    await a_plan("banners", "pro", name="Pro", features=["Support"])
    await a_plan("banners", "old", name="Old", is_active=False)
    listed = (await client.get(f"{PLANS}?sort=name&limit=1", headers=viewer)).json()
    assert [plan["id"] for plan in listed["data"]] == ["old"]
    assert listed["pagination"] == {"page": 1, "limit": 1, "total": 2, "pages": 2}
    active = (await client.get(f"{PLANS}active", headers=viewer)).json()
    assert [plan["id"] for plan in active["data"]] == ["pro"]
    assert (await client.get(f"{PLANS}features", headers=viewer)).json()["data"] == ["Support"]
    assert (await client.get(f"{PLANS}stats", headers=viewer)).json()["data"] == {
        "total": 2,
        "active": 1,
        "inactive": 1,
        "byInterval": {"EVERY_30_DAYS": 2, "ANNUAL": 0, "ONE_TIME": 0},
    }


async def test_messages_say_what_shops_keep(client: AsyncClient) -> None:
    owner, plan = await logged_in(), await a_plan("banners", "pro")
    await a_shop_on(plan)
    changed = await client.patch(f"{PLANS}pro", json={"price": 45}, headers=owner)
    assert changed.json()["data"]["price"] == 45
    assert changed.json()["message"] == "Plan updated; the old price stays for 1 shop"
    deleted = await client.delete(f"{PLANS}pro", headers=owner)
    assert deleted.json() == {"success": True, "message": "Plan deactivated, not deleted: it is in use by 1 shop"}
    toggled = await client.patch(f"{PLANS}pro/toggle", headers=owner)
    assert (toggled.json()["data"]["isActive"], toggled.json()["message"]) == (True, "Plan activated")


async def test_the_app_s_backend_reads_and_does_not_write(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners"))
    assert (await client.get(PLANS, headers=backend)).status_code == 200
    assert (await client.post(PLANS, json=PRO, headers=backend)).status_code == 403
    assert (await client.get(PLANS)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (PRO | {"id": "taken"}, 409, "The app has a plan taken already"),
        (PRO | {"id": "a" * 24}, 400, "id: must not be 24 hexadecimal digits"),
        (PRO | {"handle": "pro"}, 400, "handle: is not a known field"),
        (PRO | {"price": "1.005"}, 400, "price: "),
        ({"name": "Pro"}, 400, "id: is required; price: is required"),
    ],
)
async def test_what_is_wrong_is_named_as_it_is_called_here(
    client: AsyncClient, body: dict[str, object], status: int, sentence: str
) -> None:
    await a_plan("banners", "taken")
    response = await client.post(PLANS, json=body, headers=await logged_in())
    assert (response.status_code, response.json()["success"]) == (status, False)
    assert response.json()["error"].startswith(sentence)


async def test_an_unknown_plan_is_a_404(client: AsyncClient) -> None:
    owner = await logged_in()
    for identity in ("0" * 24, "nothing", "0" * 24 + "%0A"):
        response = await client.get(PLANS + identity, headers=owner)
        assert (response.status_code, response.json()) == (404, {"success": False, "error": "Plan not found"})
