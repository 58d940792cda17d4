"""Newsletter templates, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.people import logged_in

TEMPLATES = "/admin/banners/newsletter/templates"
SPRING = {"name": "Spring", "subject": "News for {{ name }}", "htmlContent": "<p>Hello</p>", "textContent": "Hello"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_template_is_added_listed_changed_and_deleted(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    created = await client.post(TEMPLATES, json=SPRING, headers=marketing)
    template = created.json()["data"]
    assert (created.status_code, {name: template[name] for name in SPRING}) == (201, SPRING)
    listed = (await client.get(f"{TEMPLATES}?search=spring", headers=marketing)).json()
    assert (listed["data"], listed["pagination"]["total"]) == ([template], 1)
    path = f"{TEMPLATES}/{template['_id']}"
    changed = await client.patch(path, json={"isActive": False, "textContent": None}, headers=marketing)
    assert changed.json()["message"] == "Newsletter template updated"
    assert (changed.json()["data"]["isActive"], changed.json()["data"]["textContent"]) == (False, None)
    deleted = await client.delete(path, headers=marketing)
    assert deleted.json() == {"success": True, "message": "Newsletter template deleted"}
    assert (await client.patch(path, json={}, headers=marketing)).status_code == 404


async def test_viewers_only_look(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    assert (await client.get(TEMPLATES, headers=viewer)).status_code == 200
    assert (await client.post(TEMPLATES, json=SPRING, headers=viewer)).status_code == 403


async def test_one_that_does_not_compile_is_a_400_with_the_line(client: AsyncClient) -> None:
    broken = SPRING | {"htmlContent": "<p>Hello</p>\n{{ surname }}"}
    refused = await client.post(TEMPLATES, json=broken, headers=await logged_in())
    assert (refused.status_code, refused.json()["error"]) == (400, "Line 2: unknown variables: surname")
