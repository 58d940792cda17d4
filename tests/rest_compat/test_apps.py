"""Apps, over REST."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.people import logged_in


async def test_apps_are_listed_with_what_the_caller_may_do(client: AsyncClient) -> None:
    await an_app("reviews", name="Reviews")
    await an_app("banners", name="Banners")
    response = await client.get("/apps", headers=await logged_in(Role.SUPPORT))
    features = {"canEditTemplates": False, "canEditUsers": False, "canViewMetrics": True}
    assert response.json() == {
        "success": True,
        "data": [
            {"id": "banners", "name": "Banners", "features": features},
            {"id": "reviews", "name": "Reviews", "features": features},
        ],
        "pagination": {"page": 1, "limit": 100, "total": 2, "pages": 1},
    }


async def test_nobody_sees_no_apps(client: AsyncClient) -> None:
    assert (await client.get("/apps/")).status_code == 401


async def test_an_unknown_filter_is_a_400(client: AsyncClient) -> None:
    response = await client.get("/apps?owner=me", headers=await logged_in())
    assert (response.status_code, response.json()) == (
        400,
        {"success": False, "error": "owner: is not a known field"},
    )
