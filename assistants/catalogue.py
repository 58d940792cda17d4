"""All tools: found among what is served, so that a new operation is one without anybody saying so."""

from collections.abc import Iterator

from assistants.effects import WITHIN_REACH
from assistants.exclusions import reason_against
from assistants.tools import Tool, tool_of_row
from core.actor import Actor
from core.assistant_settings import Reach
from core.errors import Forbidden
from rest_compat.routing import Categories


class Catalogue:
    """By name, in the order of the route map."""

    def __init__(self, categories: Categories) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in _tools(categories):
            if tool.name in self._tools:
                raise ValueError(f"Two tools are called {tool.name}")
            self._tools[tool.name] = tool

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def get(self, name: str) -> Tool | None:
        return self._tools.get(name)

    def shown_to(self, actor: Actor, reach: Reach) -> list[Tool]:
        """What the actor may call."""
        return [tool for tool in self if tool.effect in WITHIN_REACH[reach] and tool.access.admits(actor)]


def check_reach(tool: Tool, reach: Reach) -> None:
    """Raises `Forbidden` for a tool that is switched off."""
    if tool.effect not in WITHIN_REACH[reach]:
        raise Forbidden(f"{tool.name} is switched off for assistants: MCP_TOOLS is {reach.value}")


def _tools(categories: Categories) -> Iterator[Tool]:
    for rows in categories.values():
        yield from (tool_of_row(row) for row in rows if reason_against(row) is None)
