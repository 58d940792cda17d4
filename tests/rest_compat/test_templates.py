"""Transactional templates, over REST."""

from typing import Any

import pytest
from httpx import AsyncClient

from core.actor import Role
from mail.limits import MAX_SOURCE
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.templates import a_template

TEMPLATES = "/banners/templates/"
TRIAL: dict[str, Any] = {
    "key": "trial-ending",
    "name": "The trial ends",
    "language": "de",
    "category": "billing",
    "subject": "Noch {{ days }} Tage",
    "html": "<p>Hallo {{ name }}</p>",
    "text": None,
    "variables": [{"name": "days", "description": "Until it ends", "default": 3, "sample": 2}],
    "isActive": False,
}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_template_is_created_and_shown(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    created = await client.post(TEMPLATES, json=TRIAL, headers=marketing)
    assert (created.status_code, created.json()["message"]) == (201, "Template created")
    template = created.json()["data"]
    assert {name: template[name] for name in TRIAL} == TRIAL
    assert (template["appId"], template["version"]) == ("banners", 1)
    assert template["createdBy"].startswith("staff:")
    shown = await client.get(TEMPLATES + template["_id"], headers=marketing)
    assert shown.json() == {"success": True, "data": template}


async def test_lists_and_categories(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    await a_template("banners", key="a", language="de", category="billing")
    await a_template("banners", key="b", name="B")
    listed = (await client.get(f"{TEMPLATES}?sort=name&limit=1&isActive=true", headers=viewer)).json()
    assert [template["key"] for template in listed["data"]] == ["a"]
    assert listed["data"][0]["variables"] == [{"name": "plan", "description": "", "default": "Free", "sample": None}]
    assert listed["pagination"] == {"page": 1, "limit": 1, "total": 2, "pages": 2}
    categories = (await client.get(f"{TEMPLATES}categories", headers=viewer)).json()
    assert categories["data"] == {"languages": ["de", "en"], "categories": ["billing", "general"]}


async def test_put_replaces_and_patch_merges(client: AsyncClient) -> None:
    marketing, template = await logged_in(Role.MARKETING), await a_template("banners", key="a", category="billing")
    path = f"{TEMPLATES}{template.id}"
    patched = (await client.patch(path, json={"subject": "Hi", "text": "Hello"}, headers=marketing)).json()
    assert (patched["message"], patched["data"]["subject"]) == ("Template updated", "Hi")
    assert (patched["data"]["category"], patched["data"]["html"]) == ("billing", template.html)
    put = (await client.put(path, json={"key": "a", "subject": "Ho", "text": "Hello"}, headers=marketing)).json()
    assert (put["message"], put["data"]["subject"], put["data"]["_id"]) == ("Template replaced", "Ho", str(template.id))
    assert (put["data"]["category"], put["data"]["html"], put["data"]["version"]) == ("general", None, 3)
    stale = await client.patch(path, json={"subject": "He", "expectedVersion": 2}, headers=marketing)
    assert stale.status_code == 409


async def test_switching_copying_and_deleting(client: AsyncClient) -> None:
    marketing, template = await logged_in(Role.MARKETING), await a_template("banners", key="a")
    path = f"{TEMPLATES}{template.id}"
    toggled = (await client.patch(f"{path}/toggle", headers=marketing)).json()
    assert (toggled["data"]["isActive"], toggled["message"]) == (False, "Template deactivated")
    copied = await client.post(f"{path}/duplicate/", headers=marketing)
    assert (copied.status_code, copied.json()["data"]["key"]) == (201, "a-copy")
    assert copied.json()["data"]["isActive"] is False
    deleted = await client.delete(path, headers=marketing)
    assert deleted.json() == {"success": True, "message": "Template deleted"}
    again = await client.delete(path, headers=marketing)
    assert (again.status_code, again.json()) == (404, {"success": False, "error": "Template not found"})


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (TRIAL | {"key": "taken", "language": "en"}, 409, "The app has a template taken in en already"),
        (TRIAL | {"subject": "{{ name"}, 400, "Line 1: unexpected end of template"),
        (TRIAL | {"html": "<p>\n{{ nobody }}</p>"}, 400, "Line 2: unknown variables: nobody"),
        (TRIAL | {"html": "{{ ''.__class__ }}"}, 400, "Line 1: __class__ is not available"),
        (TRIAL | {"variables": {"days": {"$ne": 1}}}, 400, "variables.0.default: key '$ne' is not allowed"),
        (TRIAL | {"html": "x" * (MAX_SOURCE + 1)}, 400, "html: "),
        (TRIAL | {"_id": "1"}, 400, "_id: is not a known field"),
        ({"name": "Trial"}, 400, "key: is required; subject: is required"),
    ],
)
async def test_what_is_wrong_is_named(client: AsyncClient, body: dict[str, Any], status: int, sentence: str) -> None:
    await a_template("banners", key="taken")
    response = await client.post(TEMPLATES, json=body, headers=await logged_in())
    assert (response.status_code, response.json()["success"]) == (status, False)
    assert response.json()["error"].startswith(sentence)


async def test_a_template_of_maximal_size(client: AsyncClient) -> None:
    """Two parts of the longest length, with what JSON adds."""
    body = TRIAL | {
        "html": '<p class="a">' + "x" * (MAX_SOURCE - 13),
        "text": "\n" * 1_000 + "y" * (MAX_SOURCE - 1_000),
    }
    response = await client.post(TEMPLATES, json=body, headers=await logged_in())
    assert response.status_code == 201, response.text[:200]


async def test_backends_and_strangers_stay_outside(client: AsyncClient) -> None:
    assert (await client.get(TEMPLATES, headers=with_key(await an_api_key("banners")))).status_code == 403
    assert (await client.get(TEMPLATES)).status_code == 401
    assert (await client.post(TEMPLATES, json=TRIAL, headers=await logged_in(Role.SUPPORT))).status_code == 403
