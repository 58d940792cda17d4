"""A tool is an operation as assistants call it. This makes one of a row of REST: the same view, the same models."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
from mcp_types import Tool as McpTool
from mcp_types import ToolAnnotations
from pydantic import BaseModel

from assistants.arguments import Arguments, Json, untitled
from assistants.effects import Effect, effect_of
from core.access import Access
from core.actor import Actor
from rest_compat.routing import Route, rendered

IDEMPOTENT: Final = frozenset({"GET", "PUT", "DELETE"})
"""RFC 9110, section 9.2.2."""
ASK_FIRST: Final = "This can't be undone, or reaches many: ask the person first."

Run = Callable[[Actor, Mapping[str, Any]], Awaitable[Json]]


@dataclass(frozen=True)
class Tool:
    """`run` takes the caller and the arguments and returns a JSON object. It raises `DomainError`. `calls` is the
    operation behind it, which says who may; None for a tool that is for whatever its caller may. `returns` is the model
    of the answer, where there is one."""

    name: str
    title: str
    description: str
    access: Access
    effect: Effect
    is_idempotent: bool
    input_schema: Json
    run: Run
    calls: Callable[..., Any] | None = None
    returns: type[BaseModel] | None = None

    @cached_property
    def described(self) -> McpTool:
        """As clients see it."""
        is_grave = self.effect is Effect.GRAVE
        return McpTool(
            name=self.name,
            title=self.title,
            description=f"{self.description}\n\n{ASK_FIRST}" if is_grave else self.description,
            input_schema=self.input_schema,
            output_schema=untitled(self.returns.model_json_schema(mode="serialization")) if self.returns else None,
            annotations=ToolAnnotations(
                read_only_hint=self.effect is Effect.READ,
                destructive_hint=is_grave,
                idempotent_hint=self.is_idempotent,
                open_world_hint=is_grave,
            ),
        )


def tool_of_row(row: Route) -> Tool:
    """Of a row that nothing excludes."""
    arguments = Arguments(row.view)
    name = row.view.__name__
    reads = row.method == "GET"

    async def run(actor: Actor, given: Mapping[str, Any]) -> Json:
        response = rendered(await row.view(**arguments.bound(actor, given)), row.status)
        answer: Json = orjson.loads(response.body)
        return answer

    return Tool(
        name=name,
        title=row.summary,
        description=description_of(row.view, row.calls),
        access=row.access,
        effect=effect_of(name, reads=reads, schema=arguments.schema),
        is_idempotent=row.method in IDEMPOTENT,
        input_schema=arguments.schema,
        run=run,
        calls=row.calls,
        returns=row.returns,
    )


def description_of(*functions: Callable[..., Any]) -> str:
    """The docstrings of what translates and of what is done, each said once."""
    return "\n\n".join(dict.fromkeys(inspect.cleandoc(one.__doc__) for one in functions if one.__doc__))
