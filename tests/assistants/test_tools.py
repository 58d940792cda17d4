"""Tools: what an assistant can call, and what comes of it."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from mcp.shared.exceptions import MCPError

from assistants.effects import Effect
from assistants.results import LARGEST, Failed, result_of
from assistants.tools import Tool
from core.actor import Role
from core.assistant_settings import Reach
from core.runtime import Runtime
from core.scopes import Scope
from models.plans import Plan
from tests.assistants.conversations import CATALOGUE, OFFERS, assistant_of, called, text_of, tool_names
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.plans import a_plan, a_shop_on
from tests.factories.tickets import a_ticket

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners-all-over"
NEW = {"appId": APP, "id": "pro", "name": "Pro", "price": "9.50", "interval": "EVERY_30_DAYS"}


def is_answered_for_an_app(tool: Tool) -> bool:
    """It reads, and needs no more than an app."""
    needed = set(tool.input_schema.get("required", ()))
    return tool.effect is Effect.READ and tool.returns is not None and needed <= {"appId"}


class TestCalls:
    async def test_answers_as_rest_does(self) -> None:
        await an_app(APP)
        await a_plan(APP, handle="pro")
        answered = await called(await an_actor(Role.VIEWER), "get_plan", appId=APP, planId="pro")
        assert answered.structured_content["data"]["id"] == "pro"
        assert json.loads(answered.content[0].text) == answered.structured_content  # type: ignore[union-attr]

    async def test_writes(self) -> None:
        await an_app(APP)
        answered = await called(await an_actor(Role.ADMIN), "create_plan", **NEW)
        assert answered.structured_content["message"] == "Plan created"
        assert (await Plan.find_one(Plan.handle == "pro")) is not None

    async def test_what_is_written_twice_under_one_key_is_written_once(self) -> None:
        await an_app(APP)
        async with assistant_of(await an_actor(Role.ADMIN)) as client:
            key: Any = {"idempotencyKey": "1"}
            first, again = [await client.call_tool("create_plan", NEW, meta=key) for _ in range(2)]
            other = await client.call_tool("create_plan", NEW | {"name": "Basic"}, meta=key)
        assert again.structured_content == first.structured_content
        assert not again.is_error
        assert text_of(other) == "This Idempotency-Key was used for another request (CONFLICT)"
        assert await Plan.count() == 1

    async def test_says_how_a_list_goes_on(self) -> None:
        await an_app(APP)
        for number in range(3):
            await a_plan(APP, handle=f"plan_{number}")
        viewer = await an_actor(Role.VIEWER)
        first = await called(viewer, "list_plans", appId=APP, limit=2)
        last = await called(viewer, "list_plans", appId=APP, limit=2, page=2, search=None)
        assert "Page 1 of 2, 3 in all. Call again with page 2 for more." in text_of(first)
        assert text_of(last).endswith("Page 2 of 2, 3 in all.")

    async def test_what_is_too_large_to_be_remembered_is_not_given(self) -> None:
        answer = {"data": "x" * LARGEST}
        with pytest.raises(Failed, match=r"more than 200,000: ask for less"):
            result_of(answer, reads=True)
        assert result_of(answer, reads=False).structured_content == answer

    @pytest.mark.parametrize("name", [tool.name for tool in CATALOGUE if is_answered_for_an_app(tool)])
    async def test_an_answer_is_what_was_announced(self, name: str) -> None:
        await an_app(APP)
        await a_shop_on(await a_plan(APP, handle="pro"))
        await a_ticket(APP)
        tool = CATALOGUE.get(name)
        assert tool is not None
        given = {"appId": APP} if "appId" in tool.input_schema["properties"] else {}
        answer = await tool.run(await an_actor(Role.OWNER), given)
        jsonschema.validate(answer, tool.described.output_schema)


class TestWhoMay:
    async def test_is_shown_what_the_role_may_call(self) -> None:
        async with assistant_of(await an_actor(Role.VIEWER)) as client:
            viewer = await tool_names(client)
        async with assistant_of(await an_actor(Role.ADMIN)) as client:
            admin = await tool_names(client)
        assert {"list_plans", "get_plan"} <= set(viewer) < set(admin)
        assert "create_plan" in set(admin) - set(viewer)

    async def test_is_shown_what_the_scopes_open(self) -> None:
        async with assistant_of(backend_of(APP, Scope.PLANS_READ)) as client:
            names = await tool_names(client)
            assert APP in (client.instructions or "")
        assert "list_plans" in names
        assert not {"list_shops", "create_plan", "list_users"} & set(names)

    async def test_who_may_not_is_told_so(self) -> None:
        refused = await called(backend_of(APP, Scope.SHOPS_READ), "list_plans", appId=APP)
        assert refused.is_error
        assert text_of(refused) == "This API key lacks the scope plans:read (FORBIDDEN)"
        assert refused.structured_content["code"] == "FORBIDDEN"

    async def test_another_app_does_not_exist(self) -> None:
        await an_app("other")
        refused = await called(backend_of(APP), "list_plans", appId="other")
        assert text_of(refused) == "Unknown app (NOT_FOUND)"


class TestReach:
    @pytest.mark.parametrize(
        ("reach", "shown"),
        [
            (Reach.READ, {"get_plan"}),
            (Reach.SAFE, {"get_plan", "update_plan"}),
            (Reach.ALL, {"get_plan", "update_plan", "delete_plan"}),
        ],
    )
    async def test_the_setting_says_how_far_assistants_go(self, reach: Reach, shown: set[str]) -> None:
        async with assistant_of(await an_actor(Role.OWNER), reach) as client:
            assert set(await tool_names(client)) & {"get_plan", "update_plan", "delete_plan"} == shown

    async def test_what_is_switched_off_is_not_done(self) -> None:
        await an_app(APP)
        await a_plan(APP, handle="pro")
        owner = await an_actor(Role.OWNER)
        refused = await called(owner, "delete_plan", appId=APP, planId="pro")
        assert "MCP_TOOLS is safe (FORBIDDEN)" in text_of(refused)
        assert not (await called(owner, "delete_plan", Reach.ALL, appId=APP, planId="pro")).is_error

    @pytest.mark.parametrize(
        ("name", "effect"),
        [
            ("list_plans", Effect.READ),
            ("add_ticket_message", Effect.SAFE),
            ("update_ticket", Effect.SAFE),
            ("send_campaign", Effect.GRAVE),
            ("delete_ticket", Effect.GRAVE),
            ("erase_contact", Effect.GRAVE),
            ("deactivate_user", Effect.GRAVE),
        ],
    )
    def test_what_a_call_does_is_said(self, name: str, effect: Effect) -> None:
        tool = OFFERS[Reach.ALL].catalogue.get(name)
        assert tool is not None
        hints = tool.described.annotations
        assert tool.effect is effect
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint) == (effect is Effect.READ, effect is Effect.GRAVE)


class TestValidation:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ({}, "appId: is required"),
            ({"appId": 1}, "appId: Input should be a valid string"),
            ({"appId": APP, "limit": 1000}, "limit: Input should be less than or equal to 100"),
            ({"appId": APP, "sort": "price; drop"}, "sort: must be one of "),
            ({"appId": APP, "plan": "x"}, "plan: is not a known field"),
            ({"appId": APP, "isActive": {"$ne": None}}, "isActive: "),
            ({"appId": "\ud800"}, "A text has half of a character"),
        ],
    )
    async def test_what_is_wrong_is_named(self, arguments: dict[str, object], sentence: str) -> None:
        await an_app(APP)
        refused = await called(await an_actor(), "list_plans", **arguments)
        assert refused.is_error
        assert text_of(refused).startswith(sentence)
        assert refused.structured_content["code"] == "INVALID_INPUT"

    async def test_an_omitted_field_is_not_null(self) -> None:
        await an_app(APP)
        await a_plan(APP, handle="pro", features=["No watermark"])
        await called(await an_actor(), "update_plan", appId=APP, planId="pro", name="Pro 2")
        kept = await Plan.find_one(Plan.handle == "pro")
        assert kept is not None
        assert (kept.name, kept.features) == ("Pro 2", ["No watermark"])

    async def test_a_tool_that_does_not_exist_is_an_error_of_the_protocol(self) -> None:
        async with assistant_of(await an_actor()) as client:
            with pytest.raises(MCPError, match="There is no tool called drop_everything"):
                await client.call_tool("drop_everything", {})

    async def test_a_cursor_is_one_that_was_handed_out(self) -> None:
        async with assistant_of(await an_actor()) as client:
            with pytest.raises(MCPError, match="The cursor is not one of this list"):
                await client.list_tools(cursor="-1")

    async def test_what_nobody_expected_is_masked(self, monkeypatch: pytest.MonkeyPatch, platform: Runtime) -> None:
        async def broken(*_: object) -> None:
            raise RuntimeError("secret")

        monkeypatch.setattr("resolvers.plans.list_plans", broken)
        failed = await called(await an_actor(), "list_plans", appId=APP)
        assert failed.is_error
        assert text_of(failed).startswith("Internal error (id ")
        assert "secret" not in text_of(failed)
