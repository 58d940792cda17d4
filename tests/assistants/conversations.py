"""An assistant inside this process: the client of the SDK, connected to the server of one caller."""

from dataclasses import replace
from typing import Any, Final

from mcp import Client
from mcp_types import CallToolResult, TextContent

from app import documentation_of, offer_of
from assistants.offer import Offer
from assistants.server import server_for
from core.actor import Actor
from core.assistant_settings import Reach
from core.settings import Settings

OFFER: Final = offer_of(Settings(), documentation_of(Settings()))
CATALOGUE: Final = OFFER.catalogue
OFFERS: Final = {reach: replace(OFFER, reach=reach) for reach in Reach}


def assistant_of(actor: Actor, reach: Reach = Reach.SAFE, offer: Offer | None = None) -> Client:
    async def caller() -> Actor:
        return actor

    return Client(server_for(actor, caller, offer or OFFERS[reach]))


async def tool_names(client: Client) -> list[str]:
    """Of all pages of the list."""
    names, cursor = [], None
    while True:
        listed = await client.list_tools(cursor=cursor)
        names += [tool.name for tool in listed.tools]
        if (cursor := listed.next_cursor) is None:
            return names


def text_of(result: CallToolResult) -> str:
    """All of it that is text."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


async def called(actor: Actor, tool: str, reach: Reach = Reach.SAFE, /, **arguments: Any) -> CallToolResult:
    async with assistant_of(actor, reach) as client:
        return await client.call_tool(tool, arguments)
