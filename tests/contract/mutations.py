"""GraphQL's mutations as requests: of the rows of the contract that do the same, or of values that only fit."""

from collections.abc import Callable
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from rest_compat.contract import Endpoint
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.contract.requests import Call, request_of
from tests.contract.rows import ROUTES, SERVED

MUTATIONS: Final = [field for field in root_fields(SCHEMA) if field.kind == "mutation"]
SCALARS: Final[dict[str, Any]] = {
    "ID": "0" * 24,
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "DateTime": "2030-01-01T00:00:00Z",
    "Date": "2030-01-01",
    "Decimal": "1",
    "JSON": {},
}
"""A value of each scalar; what is not named takes a text."""
KNOWN: Final = frozenset({"input", "appId", "id", "ticketId", "eventName", "token"})
"""Arguments that a row of REST has too: in its body or in its path."""
IN_OTHER_WORDS: Final = {
    "appEventCreate",
    "campaignCreate",
    "planCreate",
    "prospectsImport",
    "subscribersImport",
    "ticketsDelete",
}
"""Mutations whose input is not the body of REST's row."""


def mutation_for(endpoint: Endpoint) -> RootField | None:
    """What does in GraphQL what the row does."""
    calls = ROUTES[endpoint.name].calls
    return next((field for field in MUTATIONS if field.calls is calls), None)


def rows_of_mutations() -> dict[str, Endpoint]:
    """By the mutation's name: a row of which the tests have a request, and whose body is an input."""
    rows: dict[str, Endpoint] = {}
    for endpoint in SERVED:
        field = mutation_for(endpoint)
        if field and field.name not in IN_OTHER_WORDS and endpoint.method != "GET" and _fits(field, endpoint):
            rows.setdefault(field.name, endpoint)
    return rows


def _fits(field: RootField, endpoint: Endpoint) -> bool:
    takes_input = "input" in field.field.args
    return takes_input is (request_of(endpoint).body is not None) and set(field.field.args) <= KNOWN


def variables_of(field: RootField, call: Call) -> dict[str, Any]:
    """The row's own request, in the words of GraphQL."""
    values: dict[str, Any] = {}
    for name, argument in field.field.args.items():
        if name == "input":
            values[name] = _converted(argument.type, call.body or {})
        elif name in call.parameters:
            values[name] = call.parameters[name]
        else:
            (values[name],) = [value for key, value in call.parameters.items() if key != "appId"]
    return values


def values_that_fit(field: RootField) -> dict[str, Any]:
    """All that is required, and nothing that means anything."""
    return {
        name: _made(argument.type) for name, argument in field.field.args.items() if is_non_null_type(argument.type)
    }


def document_of(field: RootField) -> str:
    """The mutation, asking for no more than what went wrong."""
    arguments = field.field.args
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in arguments.items())
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    head = f"mutation ({declared})" if declared else "mutation"
    return f"{head} {{ {field.name}{f'({passed})' if passed else ''} {{ __typename userErrors {{ message field }} }} }}"


def _converted(kind: GraphQLInputType, value: Any) -> Any:
    """Values of enums have other names in REST."""
    if is_non_null_type(kind):
        return _converted(kind.of_type, value)
    if value is None:
        return None
    if is_list_type(kind):
        return [_converted(kind.of_type, item) for item in value]
    if isinstance(kind, GraphQLEnumType):
        return _name_in(kind, lambda name, meant: value in (meant, getattr(meant, "value", meant), name))
    if isinstance(kind, GraphQLInputObjectType):
        return {name: _converted(kind.fields[name].type, item) for name, item in value.items() if name in kind.fields}
    return value


def _made(kind: GraphQLInputType) -> Any:
    if is_non_null_type(kind):
        return _made(kind.of_type)
    if is_list_type(kind):
        return []
    if isinstance(kind, GraphQLEnumType):
        return _name_in(kind, lambda name, meant: True)
    if isinstance(kind, GraphQLInputObjectType):
        return {name: _made(field.type) for name, field in kind.fields.items() if is_required_input_field(field)}
    return SCALARS.get(str(kind), "x")


def _name_in(kind: GraphQLEnumType, is_meant: Callable[[str, Any], bool]) -> str:
    return next(str(name) for name, value in kind.values.items() if is_meant(name, value.value))
