"""Documents that call one field of a root and ask for what it has to tell: for tools of fields that no path of REST
has."""

from collections.abc import Iterator
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    get_named_type,
    is_required_argument,
)

from schema.fields import RootField

DEEPEST: Final = 4
USER_ERRORS: Final = "userErrors"
PAGE: Final = "pageInfo { hasNextPage endCursor }"


def document_of(root: RootField) -> str:
    """Every argument is a variable of its name. What is not sent has its default."""
    arguments = root.field.args
    declared = ", ".join(f"${name}: {_type_of_variable(one)}" for name, one in arguments.items())
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    head = root.kind + (f"({declared})" if declared else "")
    return f"{head} {{ {root.name}{f'({passed})' if passed else ''}{selection_of(root.field.type)} }}"


def selection_of(kind: GraphQLOutputType, depth: int = 1) -> str:
    """All plain fields, and what belongs to the object itself: not other objects that have ids of their own, nor lists
    that go on. Empty for what has no fields."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return ""
    if "nodes" in named.fields:
        return f" {{ nodes{selection_of(named.fields['nodes'].type, depth + 1)} {PAGE} }}"
    return f" {{ {' '.join(_selected(named, depth)) or '__typename'} }}"


def _selected(named: GraphQLObjectType, depth: int) -> Iterator[str]:
    is_payload = USER_ERRORS in named.fields
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if name == USER_ERRORS:
            yield f"{USER_ERRORS} {{ code message field }}"
        elif _is_plain(field):
            yield name
        elif is_payload or (depth < DEEPEST and _is_part(field)):
            yield name + selection_of(field.type, depth + 1)


def _is_plain(field: GraphQLField) -> bool:
    return isinstance(get_named_type(field.type), GraphQLScalarType | GraphQLEnumType)


def _is_part(field: GraphQLField) -> bool:
    named = get_named_type(field.type)
    return isinstance(named, GraphQLObjectType) and not {"id", "nodes"} & set(named.fields)


def _type_of_variable(argument: GraphQLArgument) -> str:
    """One with a default may be left out."""
    return str(argument.type) if is_required_argument(argument) else str(argument.type).removesuffix("!")
