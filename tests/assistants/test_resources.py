"""What assistants read by address, and the tasks that people start by name."""

import json
from collections.abc import Iterable
from typing import Any, Final

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent, TextResourceContents

from core.actor import Actor, Role
from core.assistant_settings import Reach
from core.scopes import Scope
from tests.assistants.conversations import assistant_of
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.shops import a_shop

APP: Final = "banners-all-over"
SHOP: Final = "tea-and-cakes.myshopify.com"

pytestmark = pytest.mark.usefixtures("platform")


async def read(actor: Actor, uri: str) -> str:
    async with assistant_of(actor) as client:
        (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def addresses(client: Client) -> list[str]:
    return [resource.uri for resource in (await client.list_resources()).resources]


class TestReading:
    async def test_the_documentation_of_every_domain(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        async with assistant_of(viewer) as client:
            listed = await addresses(client)
        assert {"allover://docs", "allover://docs/tickets", "allover://schema"} <= set(listed)
        assert "## `create_ticket`" in await read(viewer, "allover://docs/tickets")
        assert "type Query" in await read(viewer, "allover://schema")

    async def test_how_an_app_is_doing(self) -> None:
        await an_app(APP, name="Banners")
        await a_shop(APP)
        summary = json.loads(await read(await an_actor(Role.VIEWER), f"allover://app/{APP}"))
        assert (summary["get_app"]["name"], summary["shop_stats"]["total"]) == ("Banners", 1)
        assert {"app_dashboard", "show_ticket_stats", "log_stats"} <= set(summary)

    async def test_all_about_a_merchant(self) -> None:
        await an_app(APP, name="Banners")
        await a_shop(APP, domain=SHOP)
        merchant = json.loads(await read(await an_actor(Role.VIEWER), f"allover://merchant/{SHOP}"))
        assert (merchant["domain"], merchant["shops"][0]["app"]["name"]) == (SHOP, "Banners")


class TestWhoMay:
    async def test_an_app_is_listed_for_those_who_see_it(self) -> None:
        await an_app(APP)
        await an_app("other")
        async with assistant_of(await an_actor(Role.VIEWER)) as client:
            staff = await addresses(client)
        async with assistant_of(backend_of(APP)) as client:
            backend = await addresses(client)
        assert {f"allover://app/{APP}", "allover://app/other"} <= set(staff)
        assert [uri for uri in backend if "/app/" in uri] == [f"allover://app/{APP}"]

    async def test_a_summary_has_what_the_reader_may_see(self) -> None:
        await an_app(APP)
        assert set(json.loads(await read(backend_of(APP, Scope.PLANS_READ), f"allover://app/{APP}"))) == {"plan_stats"}

    async def test_templates_are_those_of_what_the_reader_may_see(self) -> None:
        async with assistant_of(backend_of(APP)) as client:
            templates = (await client.list_resource_templates()).resource_templates
        assert [one.uri_template for one in templates] == ["allover://app/{appId}"]

    @pytest.mark.parametrize(
        ("uri", "sentence"),
        [
            (f"allover://merchant/{SHOP}", "An API key may not do this"),
            ("allover://app/other", "Unknown app"),
            ("allover://docs/nothing", "There is no resource"),
            ("allover://nothing", "There is no resource"),
            ("file:///etc/passwd", "There is no resource"),
        ],
    )
    async def test_what_is_not_theirs_is_refused(self, uri: str, sentence: str) -> None:
        await an_app("other")
        async with assistant_of(backend_of(APP)) as client:
            with pytest.raises(MCPError, match=sentence):
                await client.read_resource(uri)


class TestPrompts:
    async def test_a_task_is_filled_in(self) -> None:
        async with assistant_of(await an_actor(Role.SUPPORT)) as client:
            prompt = await client.get_prompt("answer_ticket", {"appId": APP, "ticketId": "6b07b2514d6a2fd72315ce5e"})
        (message,) = prompt.messages
        assert isinstance(message.content, TextContent)
        assert message.content.text.startswith(f"Answer the ticket 6b07b2514d6a2fd72315ce5e of the app {APP}.")

    @pytest.mark.parametrize(
        ("actor", "reach", "names"),
        [
            (Role.SUPPORT, Reach.SAFE, {"answer_ticket", "weekly_report"}),
            (Role.SUPPORT, Reach.READ, {"weekly_report"}),
            (Role.MARKETING, Reach.SAFE, {"weekly_report"}),
        ],
    )
    async def test_is_shown_to_those_who_may_do_it(self, actor: Role, reach: Reach, names: Iterable[str]) -> None:
        async with assistant_of(await an_actor(actor), reach) as client:
            assert {prompt.name for prompt in (await client.list_prompts()).prompts} == names

    @pytest.mark.parametrize(
        ("name", "given", "sentence"),
        [
            ("weekly_report", {}, "appId: is required"),
            ("weekly_report", {"appId": APP, "week": "1"}, "week: is not an argument"),
            ("nothing", {}, "There is no prompt called nothing"),
        ],
    )
    async def test_what_is_wrong_is_named(self, name: str, given: dict[str, Any], sentence: str) -> None:
        async with assistant_of(await an_actor()) as client:
            with pytest.raises(MCPError, match=sentence):
                await client.get_prompt(name, given)
