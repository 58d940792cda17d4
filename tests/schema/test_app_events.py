"""App events, in GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.shops import an_event
from tests.schema.asking import ask, error_of

TEA = "tea.myshopify.com"
CREATE = """
mutation ($name: String!, $input: AppEventCreateInput!) {
  appEventCreate(appId: "banners", eventName: $name, input: $input) {
    appEvent { name shopDomain data problem appliedAt app { name } } userErrors { code field }
  }
}
"""


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners", name="Banners")


async def test_a_backend_reports_an_event(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners", scopes=["events:write"]))
    event = {"shopDomain": TEA, "data": {"plan": "pro"}, "idempotencyKey": "1"}
    created = (await ask(client, backend, CREATE, name="app_installed", input=event))["appEventCreate"]
    assert created["userErrors"] == []
    assert created["appEvent"].pop("appliedAt")
    assert created["appEvent"] == {
        "name": "app-installed",
        "shopDomain": TEA,
        "data": {"plan": "pro"},
        "problem": "The app has no plan pro",
        "app": {"name": "Banners"},
    }


async def test_staff_read_what_was_reported(client: AsyncClient) -> None:
    event = await an_event("banners", "app-installed", TEA, plan="pro")
    await an_event("banners", "banner-published", TEA)
    query = """query ($id: ID!) {
      appEvents(appId: "banners", filter: {hasProblem: true}) { nodes { name problem } totalCount }
      appEvent(appId: "banners", id: $id) { name } }"""
    assert await ask(client, await logged_in(Role.VIEWER), query, id=str(event.id)) == {
        "appEvents": {"nodes": [{"name": "app-installed", "problem": "The app has no plan pro"}], "totalCount": 1},
        "appEvent": {"name": "app-installed"},
    }


async def test_a_viewer_does_not_report(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    assert await error_of(client, viewer, CREATE, name="app-installed", input={"shopDomain": TEA}) == "FORBIDDEN"
    assert await error_of(client, {}, '{ appEvents(appId: "banners") { totalCount } }') == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("name", "event", "field"),
    [
        ("app-installed", {"shopDomain": TEA, "data": {"email": "nobody"}}, ["data", "email"]),
        ("app-installed", {}, ["shopDomain"]),
        ("app-installed", {"shopDomain": "example.com"}, ["shopDomain"]),
        ("App Installed", {"shopDomain": TEA}, ["eventName"]),
    ],
)
async def test_what_a_form_can_correct_is_a_user_error(
    client: AsyncClient, name: str, event: dict[str, object], field: list[str]
) -> None:
    created = (await ask(client, await logged_in(), CREATE, name=name, input=event))["appEventCreate"]
    assert (created["appEvent"], created["userErrors"]) == (None, [{"code": "INVALID_INPUT", "field": field}])
