"""MCP over HTTP: who is let in, by which names, and what one request may be."""

from typing import Any, Final

from httpx import AsyncClient, Response

from core import runtime
from core.mongo import Mongo
from core.scopes import Scope
from core.settings import Settings
from core.web import LARGEST_BODY
from models.api_keys import ApiKey
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.plans import a_plan

APP: Final = "banners-all-over"
HERE: Final = {
    "Host": "127.0.0.1:8000",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
}


async def ask(client: AsyncClient, method: str, headers: Any, **params: Any) -> Response:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await client.post("/mcp", json=message, headers={**HERE, **headers})


async def test_a_key_calls_a_tool(client: AsyncClient) -> None:
    await an_app(APP)
    await a_plan(APP, handle="pro")
    key = await an_api_key(APP, scopes=[Scope.PLANS_READ])
    answered = await ask(client, "tools/call", with_key(key), name="list_plans", arguments={"appId": APP})
    assert answered.status_code == 200
    assert answered.json()["result"]["structuredContent"]["data"][0]["id"] == "pro"
    used = await ApiKey.find_one()
    assert used is not None
    assert used.last_used is not None


async def test_staff_are_who_they_are(client: AsyncClient) -> None:
    shown = await ask(client, "tools/list", await logged_in())
    assert "list_users" in {tool["name"] for tool in shown.json()["result"]["tools"]}


class TestWhoMay:
    async def test_nobody_may_without_a_credential(self, client: AsyncClient) -> None:
        refused = await ask(client, "tools/list", {})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.json()["error"].startswith("Authentication required")

    async def test_a_key_that_is_none_is_refused(self, client: AsyncClient) -> None:
        refused = await ask(client, "tools/list", {"X-API-Key": "aoa_live_none"})
        assert (refused.status_code, refused.json()["error"]) == (401, "The API key is not valid")

    async def test_a_page_of_another_site_is_refused(self, client: AsyncClient) -> None:
        refused = await ask(client, "tools/list", {**await logged_in(), "Origin": "https://evil.example"})
        assert refused.status_code == 403

    async def test_a_name_that_was_made_to_point_here_is_refused(self, client: AsyncClient) -> None:
        refused = await ask(client, "tools/list", {**await logged_in(), "Host": "evil.example"})
        assert refused.status_code == 421

    async def test_calls_are_counted(self, client: AsyncClient, mongo: Mongo, settings: Settings) -> None:
        runtime.start(settings.model_copy(update={"requests_per_minute": 2}), mongo)
        headers = await logged_in()
        statuses = [(await ask(client, "tools/list", headers)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


class TestRequests:
    async def test_nothing_is_streamed_unasked(self, client: AsyncClient) -> None:
        refused = await client.get("/mcp", headers={**HERE, **await logged_in()})
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")

    async def test_a_large_body_is_stopped(self, client: AsyncClient) -> None:
        headers = {**HERE, **await logged_in(), "Content-Type": "application/json"}
        assert (await client.post("/mcp", content=b" " * (LARGEST_BODY + 1), headers=headers)).status_code == 413

    async def test_what_is_not_json_is_a_400(self, client: AsyncClient) -> None:
        headers = {**HERE, **await logged_in(), "Content-Type": "application/json"}
        assert (await client.post("/mcp", content=b"{", headers=headers)).status_code == 400
