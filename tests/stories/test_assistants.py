"""Assistants at work: the client of the SDK, over HTTP and over standard input and output, with a server that runs."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.assistants.conversations import text_of, tool_names
from tests.cli.running import COMMAND, allover, environment
from tests.stories.platform import OWNER, PASSWORD, graphql, served

APP: Final = "banners-all-over"
APP_CREATE: Final = "mutation($input: AppCreateInput!) { appCreate(input: $input) { app { id } } }"
KEY_CREATE: Final = "mutation($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret } }"
PLAN: Final = {"appId": APP, "id": "pro", "name": "Pro", "price": "40", "interval": "EVERY_30_DAYS"}


@dataclass(frozen=True)
class World:
    """A server that runs, whose app has a key that may read plans and no more."""

    folder: Path
    address: str
    token: str
    key: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("assistants") / "data"
    with served(folder) as platform:
        login = httpx.post(f"{platform.address}/auth/login", json={"email": OWNER, "password": PASSWORD})
        token = login.raise_for_status().json()["token"]
        with platform.client(Authorization=f"Bearer {token}") as owner:
            graphql(owner, APP_CREATE, input={"id": APP, "name": "Banners All Over"})
            key = {"appId": APP, "name": "Assistant", "scopes": ["PLANS_READ"]}
            issued = graphql(owner, KEY_CREATE, input=key)
        yield World(folder, platform.address, token, issued["apiKeyCreate"]["secret"])


@asynccontextmanager
async def over_http(world: World, headers: Mapping[str, str], mode: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=dict(headers)) as http,
        Client(streamable_http_client(f"{world.address}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def at_a_terminal(world: World, mode: str, **credential: str) -> AbstractAsyncContextManager[Client]:
    arguments = [*COMMAND[1:], "mcp"]
    return Client(
        StdioServerParameters(command=COMMAND[0], args=arguments, env=environment(world.folder) | credential), mode=mode
    )


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_over_http(world: World, mode: str) -> None:
    async with over_http(world, {"Authorization": f"Bearer {world.token}"}, mode) as owner:
        await the_owner_makes_a_plan(owner, f"pro_{mode}")
    async with over_http(world, {"X-API-Key": world.key}, mode) as backend:
        await the_backend_reads(backend, f"pro_{mode}")


async def test_at_a_terminal(world: World) -> None:
    async with at_a_terminal(world, "auto", MCP_TOKEN=world.token) as owner:
        await the_owner_makes_a_plan(owner, "basic")
    async with at_a_terminal(world, "legacy", MCP_API_KEY=world.key) as backend:
        await the_backend_reads(backend, "basic")


async def the_owner_makes_a_plan(owner: Client, handle: str) -> None:
    assert "the role owner" in (owner.instructions or "")
    assert {"create_plan", "list_users"} <= set(await tool_names(owner))
    made = await owner.call_tool("create_plan", PLAN | {"id": handle, "name": handle})
    assert structured(made)["message"] == "Plan created"
    again = await owner.call_tool("create_plan", PLAN | {"id": handle, "name": handle})
    assert (again.is_error, structured(again)["code"]) == (True, "CONFLICT")
    refused = await owner.call_tool("delete_plan", {"appId": APP, "planId": handle})
    assert "MCP_TOOLS is safe" in text_of(refused)


async def the_backend_reads(backend: Client, handle: str) -> None:
    assert APP in (backend.instructions or "")
    assert "create_plan" not in await tool_names(backend)
    found = await backend.call_tool("get_plan", {"appId": APP, "planId": handle})
    assert structured(found)["data"]["id"] == handle
    refused = await backend.call_tool("create_plan", PLAN)
    assert refused.is_error
    assert text_of(refused) == "An API key may not do this (FORBIDDEN)"


def structured(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = result.structured_content
    return found


@pytest.mark.parametrize(
    ("credential", "sentence"),
    [
        ({}, "Set MCP_API_KEY to an API key, or MCP_TOKEN to a token of /auth/login: one of them."),
        ({"MCP_TOKEN": "none"}, "The token is not valid"),
    ],
)
def test_without_a_credential_it_does_not_begin(world: World, credential: dict[str, str], sentence: str) -> None:
    ended = allover(world.folder, "mcp", **credential)
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (1, "", sentence)
