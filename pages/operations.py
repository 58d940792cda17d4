"""Every operation with all its names: the paths of REST, the fields of GraphQL and the tool of assistants that call it,
domain by domain, made from what is served."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Final

from assistants.catalogue import Catalogue
from assistants.effects import Effect
from assistants.exclusions import reason_against, reason_against_field
from assistants.tools import Tool
from core.access import Access, access_of
from pages.json_schemas import Field, Schemas
from pages.reference import Endpoint, anchor_of, endpoint_of, pretty, who_may
from rest_compat.contract import contract
from rest_compat.routing import MEANINGS, Categories, Route
from schema.fields import RootField
from schema.samples import sample_of

EFFECTS: Final = {
    Effect.READ: "reads",
    Effect.SAFE: "changes one thing, or answers one person",
    Effect.GRAVE: "can't be undone, or reaches many: off unless MCP_TOOLS is all",
}
MOST_OPTIONAL: Final = 2
"""Fields that need not be given, in the example of a tool that writes."""


@dataclass(frozen=True, slots=True)
class GraphQLField:
    kind: str
    name: str
    sample: str


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """`call` is what an assistant sends."""

    name: str
    effect: str
    call: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`without_tool` says why there is no tool, where there is none."""

    name: str
    anchor: str
    paragraphs: tuple[str, ...]
    who: str
    endpoints: tuple[Endpoint, ...]
    fields: tuple[GraphQLField, ...]
    tools: tuple[ToolEntry, ...]
    without_tool: str
    inputs: tuple[Field, ...]
    statuses: tuple[tuple[int, str], ...]

    @property
    def summary(self) -> str:
        return self.paragraphs[0]

    @property
    def words(self) -> str:
        """By which it is found."""
        paths = [f"{endpoint.method} {endpoint.path} {endpoint.summary}" for endpoint in self.endpoints]
        names = [*(field.name for field in self.fields), *(tool.name for tool in self.tools)]
        return " ".join([self.name, *paths, *names, self.summary])


@dataclass(frozen=True, slots=True)
class Domain:
    name: str
    anchor: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Surfaces:
    """All that is served."""

    categories: Categories
    fields: Sequence[RootField]
    catalogue: Catalogue
    openapi: Mapping[str, Any]
    url: str

    @property
    def rows(self) -> list[tuple[str, Route]]:
        return [(category, row) for category, rows in self.categories.items() for row in rows]


def domains_of(surfaces: Surfaces) -> list[Domain]:
    """The contract's categories in their order, then what has no path of REST, by the module of its operations."""
    rows, fields, tools = (
        _by_operation((row.calls, row) for _, row in surfaces.rows),
        _by_operation((root.calls, root) for root in surfaces.fields),
        _by_operation((tool.calls, tool) for tool in surfaces.catalogue),
    )
    schemas = Schemas(surfaces.openapi)
    grouped: dict[str, list[Operation]] = {category.name: [] for category in contract().categories}
    category_of = _categories_of(surfaces)
    for calls in [*rows, *(one for one in fields if one not in rows)]:
        own = [endpoint_of(row, surfaces.openapi, schemas, None, surfaces.url) for row in rows.get(calls, [])]
        operation = _operation(calls, rows.get(calls, []), own, fields.get(calls, []), tools.get(calls, []))
        grouped.setdefault(category_of(calls), []).append(operation)
    descriptions = {category.name: category.description for category in contract().categories}
    return [
        Domain(name, anchor_of(name), descriptions.get(name, "Over GraphQL and for assistants."), tuple(operations))
        for name, operations in grouped.items()
        if operations
    ]


def _by_operation(pairs: Iterable[tuple[Callable[..., Any] | None, Any]]) -> dict[Callable[..., Any], list[Any]]:
    found: dict[Callable[..., Any], list[Any]] = {}
    for calls, one in pairs:
        if calls is not None:
            found.setdefault(calls, []).append(one)
    return found


def _categories_of(surfaces: Surfaces) -> Callable[[Callable[..., Any]], str]:
    """What an operation's rows say, or those of its module, or of one that begins with the same word, such as
    `tickets` for `ticket_merging`; else the name of its module."""
    rows = list(reversed(surfaces.rows))
    by_operation = {row.calls: category for category, row in rows}
    by_module = {row.calls.__module__: category for category, row in rows}
    by_word = {_first_word(row.calls): category for category, row in rows}

    def category_of(calls: Callable[..., Any]) -> str:
        named = _module(calls).replace("_", " ").capitalize()
        found = by_operation.get(calls) or by_module.get(calls.__module__) or by_word.get(_first_word(calls))
        return found or named

    return category_of


def _module(calls: Callable[..., Any]) -> str:
    return calls.__module__.rpartition(".")[2]


def _first_word(calls: Callable[..., Any]) -> str:
    return _module(calls).partition("_")[0].removesuffix("s")


def _operation(
    calls: Callable[..., Any],
    rows: Sequence[Route],
    endpoints: Sequence[Endpoint],
    roots: Sequence[RootField],
    tools: Sequence[Tool],
) -> Operation:
    access = access_of(calls)
    signed_by = next((row.signed_by for row in rows if row.signed_by), ())
    reasons = [*(reason_against(row) for row in rows), *(reason_against_field(root) for root in roots)]
    codes = {status.code for endpoint in endpoints for status in endpoint.statuses}
    return Operation(
        name=calls.__name__,
        anchor=f"{_module(calls)}-{calls.__name__}".replace("_", "-"),
        paragraphs=tuple(_paragraphs(calls)),
        who=who_may(access, signed_by),
        endpoints=tuple(endpoints),
        fields=tuple(GraphQLField(root.kind, root.name, sample_of(root)) for root in roots),
        tools=tuple(ToolEntry(tool.name, EFFECTS[tool.effect], _call(tool)) for tool in tools),
        without_tool="" if tools else next(filter(None, reasons), ""),
        inputs=tuple(_inputs(tools, endpoints)),
        statuses=tuple((code, MEANINGS.get(code, "Success")) for code in sorted(codes or _codes(access, roots))),
    )


def _paragraphs(calls: Callable[..., Any]) -> Iterator[str]:
    """Of the docstring, with what it raises."""
    for paragraph in cleandoc(calls.__doc__ or calls.__name__).split("\n\n"):
        yield " ".join(paragraph.replace("`", "").split())


def _inputs(tools: Sequence[Tool], endpoints: Sequence[Endpoint]) -> Iterator[Field]:
    """As a tool takes them, in one object; else as REST does. Each name once."""
    given = [field for tool in tools for field in _schemas_of(tool).fields(tool.input_schema)]
    sent = [field for endpoint in endpoints for field in (*endpoint.query, *endpoint.body)]
    seen = set()
    for field in given or sent:
        if field.name not in seen:
            seen.add(field.name)
            yield field


def _call(tool: Tool) -> str:
    """What must be given, and something of what may be where the tool writes."""
    properties = tool.input_schema.get("properties", {})
    required = tool.input_schema.get("required", [])
    optional = [] if tool.effect is Effect.READ else [name for name in properties if name not in required]
    schemas = _schemas_of(tool)
    shown = [*required, *optional[:MOST_OPTIONAL]]
    arguments = {name: schemas.example(properties[name], name) for name in shown}
    return pretty({"name": tool.name, "arguments": arguments})


def _schemas_of(tool: Tool) -> Schemas:
    return Schemas({"components": {"schemas": tool.input_schema.get("$defs", {})}})


def _codes(access: Access, roots: Sequence[RootField]) -> set[int]:
    """The statuses of what REST does not have, for the codes that GraphQL and tools give: by the same rules."""
    names = {name for root in roots for name in root.field.args}
    codes = {400, 429, 500} | (set() if access.public else {401, 403})
    codes |= {404} if any(name == "id" or name.endswith("Id") for name in names) else set()
    return codes | ({409} if any(root.kind == "mutation" for root in roots) else set())
