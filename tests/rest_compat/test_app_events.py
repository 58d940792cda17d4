"""App events, over REST."""

from typing import Any

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.app_events import AppEvent
from models.shops import Shop
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in

EVENTS = "/banners/events/"
TEA = {"shopDomain": "tea.myshopify.com"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_backend_reports_installs_and_other_events_with_its_key(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners", scopes=["events:write"]))
    for name in ("app-installed", "app_uninstalled", "banner-published/"):
        response = await client.post(EVENTS + name, json=TEA, headers=backend)
        assert (response.status_code, response.json()) == (200, {"success": True, "data": {"received": True}})
    assert (await AppEvent.count(), await Shop.find({"status": "uninstalled"}).count()) == (3, 1)


async def test_the_same_event_twice_answers_the_same(client: AsyncClient) -> None:
    owner, body = await logged_in(), TEA | {"idempotencyKey": "1"}
    answers = [await client.post(EVENTS + "app-installed", json=body, headers=owner) for _ in range(2)]
    assert {answer.text for answer in answers} == {'{"success":true,"data":{"received":true}}'}
    assert await AppEvent.count() == 1
    other = await client.post(EVENTS + "app-uninstalled", json=body, headers=owner)
    assert other.status_code == 409


async def test_a_viewer_does_not_report(client: AsyncClient) -> None:
    assert (await client.post(EVENTS + "app-installed", json=TEA)).status_code == 401
    viewer = await logged_in(Role.VIEWER)
    assert (await client.post(EVENTS + "app-installed", json=TEA, headers=viewer)).status_code == 403


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("app-installed", {}, "shopDomain is required for app-installed"),
        ("app-installed", {"shopDomain": "example.com"}, "shopDomain: must be a domain such as"),
        ("app-installed", TEA | {"data": {"email": "nobody"}}, "data.email: "),
        ("app-installed", TEA | {"shop": "tea"}, "shop: is not a known field"),
        ("App.Installed", TEA, "eventName must be in snake or kebab case"),
    ],
)
async def test_what_is_wrong_is_named(client: AsyncClient, name: str, body: dict[str, Any], sentence: str) -> None:
    response = await client.post(EVENTS + name, json=body, headers=await logged_in())
    assert (response.status_code, await AppEvent.count()) == (400, 0)
    assert response.json()["error"].startswith(sentence)


async def test_an_unknown_app_is_a_404(client: AsyncClient) -> None:
    response = await client.post("/nowhere/events/app-installed", json=TEA, headers=await logged_in())
    assert (response.status_code, response.json()) == (404, {"success": False, "error": "Unknown app"})
