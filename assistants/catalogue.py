"""All tools: found among what is served, so that a new operation is one without anybody saying so."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from assistants.effects import WITHIN_REACH
from assistants.exclusions import reason_against, reason_against_field
from assistants.graphql import GraphQL
from assistants.tools import Tool, tool_of_row
from core.actor import Actor
from core.assistant_settings import Reach
from core.errors import Forbidden
from rest_compat.routing import Categories, Route
from schema.fields import RootField


class Catalogue:
    """By name: the rows of REST in their order, then the fields of GraphQL that no row has, and queries of GraphQL."""

    def __init__(self, categories: Categories, fields: Sequence[RootField], graphql: GraphQL) -> None:
        rows = [row for rows in categories.values() for row in rows]
        self._tools: dict[str, Tool] = {}
        self._add(tool_of_row(row) for row in rows if reason_against(row) is None)
        others = list(fields_without_row(rows, fields))
        names = Counter(_name_of(root) for root in others) + Counter(list(self._tools))
        for root in others:
            name = _name_of(root)
            self._add([graphql.tool_of_field(root, name if names[name] == 1 else _snake_case(root.name))])
        self._add([graphql.tool_of_queries()])

    def _add(self, tools: Iterable[Tool]) -> None:
        for tool in tools:
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


def fields_without_row(rows: Iterable[Route], fields: Iterable[RootField]) -> Iterator[RootField]:
    """Of each operation that no row calls, and that nothing excludes, the first field."""
    seen = {row.calls for row in rows}
    for root in fields:
        if root.calls is not None and root.calls not in seen and reason_against_field(root) is None:
            seen.add(root.calls)
            yield root


def _name_of(root: RootField) -> str:
    """The operation's; where several have one name, the field's will do."""
    return root.calls.__name__ if root.calls else root.name


def _snake_case(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()
