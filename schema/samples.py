"""Documents that use the fields of the roots, for the reference: arguments as variables, plain fields selected."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    get_named_type,
    is_required_argument,
)

from schema.fields import RootField, root_fields

MOST_FIELDS: Final = 6
DEEPEST: Final = 3
PAGED: Final = "first: 20"


def sample_of(root: RootField) -> str:
    """Required arguments and the input become variables; a connection is asked for its first twenty nodes."""
    arguments = {
        name: argument
        for name, argument in root.field.args.items()
        if is_required_argument(argument) or (name == "input" and root.kind == "mutation")
    }
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in arguments.items())
    passed = [f"{name}: ${name}" for name in arguments] + ([PAGED] if "first" in root.field.args else [])
    head = root.kind + (f" ({declared})" if declared else "")
    call = root.name + (f"({', '.join(passed)})" if passed else "")
    lines = [f"{head} {{", *_selected(call, root.field.type, 1), "}"]
    return "\n".join(lines)


def _selected(call: str, graphql_type: GraphQLOutputType, depth: int) -> list[str]:
    named, margin = get_named_type(graphql_type), "  " * depth
    if not isinstance(named, GraphQLObjectType):
        return [margin + call]
    if "nodes" in named.fields:
        inner = [
            *_selected("nodes", named.fields["nodes"].type, depth + 1),
            f"{margin}  pageInfo {{ hasNextPage endCursor }}",
        ]
    else:
        inner = _fields(named, depth + 1)
    return [f"{margin}{call} {{", *inner, margin + "}"]


def _fields(parent: GraphQLObjectType, depth: int) -> list[str]:
    """The plain fields in one line, then what belongs to them."""
    if parent.name == "UserError":
        return ["  " * depth + "code field message"]
    plain = [name for name, field in parent.fields.items() if _is_plain(field)]
    nested = [name for name, field in parent.fields.items() if not _is_plain(field) and not _needs_arguments(field)]
    lines = ["  " * depth + " ".join(plain[:MOST_FIELDS])] if plain else []
    if depth < DEEPEST:
        for name in nested if not plain or parent.name.endswith("Payload") else []:
            lines += _selected(name, parent.fields[name].type, depth)
    return lines or ["  " * depth + "__typename"]


def _is_plain(field: GraphQLField) -> bool:
    named: GraphQLNamedType = get_named_type(field.type)
    return isinstance(named, GraphQLScalarType | GraphQLEnumType) and not _needs_arguments(field)


def _needs_arguments(field: GraphQLField) -> bool:
    return any(is_required_argument(argument) for argument in field.args.values())


@dataclass(frozen=True, slots=True)
class Usage:
    """How an operation is called over GraphQL."""

    name: str
    sample: str


def usages(schema: strawberry.Schema) -> dict[Callable[..., Any], Usage]:
    """Of every operation; of those that several fields call, the first."""
    found: dict[Callable[..., Any], Usage] = {}
    for root in root_fields(schema):
        if root.calls is not None:
            found.setdefault(root.calls, Usage(root.name, sample_of(root)))
    return found
