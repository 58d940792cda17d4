"""Whoever calls, REST, GraphQL and the tools of assistants let them in or refuse them alike: a sample of all operations
is tried by everybody on every interface."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from httpx import AsyncClient

from assistants.effects import Effect
from core.actor import Role
from core.scopes import Scope
from rest_compat.routes import ALL
from rest_compat.routing import Route
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.assistants.conversations import CATALOGUE
from tests.assistants.test_http import ask
from tests.contract.requests.calling import APP
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import logged_in
from tests.security.test_end_users import IDENTITY, asking

EVERY: Final = 9
"""One operation of so many is tried: a different set whenever one is added."""
CALLERS: Final = (*Role, "a key with all scopes", "a key with one scope", "an end user")


def in_all() -> list[tuple[Route, RootField]]:
    """Rows that have a field and a tool that is switched on; not those that are for everybody."""
    found = []
    for route in (route for routes in ALL.values() for route in routes if not route.access.public):
        tool = CATALOGUE.get(route.view.__name__)
        fields = [field for field in root_fields(SCHEMA) if field.calls is route.calls]
        if tool is not None and tool.effect is not Effect.GRAVE and fields:
            found.append((route, fields[0]))
    return found


SAMPLE: Final = in_all()[::EVERY]


async def headers_of(caller: str) -> Mapping[str, str]:
    if caller in set(Role):
        return await logged_in(Role(caller))
    if caller == "an end user":
        return bearer_of(await a_stored_end_user(APP))
    return with_key(await an_api_key(APP, scopes=[Scope.TICKETS_READ] if "one" in caller else list(Scope)))


@pytest.mark.parametrize("caller", CALLERS)
async def test_all_interfaces_let_in_the_same(caller: str, client: AsyncClient) -> None:
    await an_app(APP)
    headers = await headers_of(caller)
    shown = {tool["name"] for tool in await tools(client, headers)}
    for route, field in SAMPLE:
        refused = {
            "REST": await refused_by_rest(client, route, headers),
            "GraphQL": await refused_by_graphql(client, field, headers),
            "MCP": await refused_as_a_tool(client, route.view.__name__, headers),
            "the list of tools": route.view.__name__ not in shown,
        }
        assert len(set(refused.values())) == 1, (route.path, field.name, refused)


async def refused_by_rest(client: AsyncClient, route: Route, headers: Mapping[str, str]) -> bool:
    parts = (IDENTITY if part.startswith("{") else part for part in route.path.replace("{appId}", APP).split("/"))
    return (await client.request(route.method, "/".join(parts), headers=headers)).status_code == 403


async def refused_by_graphql(client: AsyncClient, field: RootField, headers: Mapping[str, str]) -> bool:
    answer = await client.post("/graphql", json=asking(field), headers=headers)
    return '"FORBIDDEN"' in answer.text


async def refused_as_a_tool(client: AsyncClient, name: str, headers: Mapping[str, str]) -> bool:
    answer = (await ask(client, "tools/call", headers, name=name, arguments={})).json()["result"]
    is_refused: bool = answer.get("structuredContent", {}).get("code") == "FORBIDDEN"
    return is_refused


async def tools(client: AsyncClient, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Of all pages."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        listed = (await ask(client, "tools/list", headers, **cursor)).json()["result"]
        found += listed["tools"]
        if "nextCursor" not in listed:
            return found
        cursor = {"cursor": listed["nextCursor"]}
