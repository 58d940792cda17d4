"""GraphQL, REST, the documentation and the tools of assistants are translations of the same operations."""

import ast
from collections.abc import Callable
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import pytest

from assistants.exclusions import EXCLUDED, reason_against, reason_against_field
from assistants.tools import Tool
from core.access import NOBODY, access_of
from rest_compat.routes import ALL
from rest_compat.routing import Route
from schema.export import exported
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.architecture.project import ROOT, tree_of
from tests.architecture.test_access import OPERATIONS
from tests.assistants.conversations import CATALOGUE

ROUTES: Final = [route for routes in ALL.values() for route in routes]
FIELDS: Final = root_fields(SCHEMA)
TOOLS: Final = list(CATALOGUE)
INNER: Final = ("schema", "rest_compat", "resolvers")
WITHIN: Final = [path for folder in INNER for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(operation: Callable[..., Any]) -> str:
    return f"{operation.__module__}.{operation.__name__}"


def is_for_somebody(operation: Callable[..., Any]) -> bool:
    """Else it is work of the system, which no interface reaches."""
    access = access_of(operation)
    return access.public or access.end_user or access.api_key is not None or access.roles != NOBODY


FOR_SOMEBODY: Final = [operation for operation in OPERATIONS if is_for_somebody(operation)]
AT_A_ROOT: Final = {field.calls for field in FIELDS}
ON_A_PATH: Final = {route.calls for route in ROUTES}
WITH_A_TOOL: Final = {tool.calls for tool in TOOLS}
FOR_SERVICES: Final = {route.calls for route in ROUTES if route.signed_by}
"""What another service sends and signs, it sends to a path of its own."""


@pytest.mark.parametrize("operation", FOR_SOMEBODY, ids=name_of)
def test_what_somebody_may_do_can_be_asked_for(operation: Callable[..., Any]) -> None:
    """By a field of a root. The rest is a field of some type, a step of a path, or a part of another operation."""
    reached = operation in AT_A_ROOT | FOR_SERVICES or any(uses(path, operation) for path in WITHIN)
    assert reached, "no field of GraphQL leads to it"


@pytest.mark.parametrize("operation", FOR_SOMEBODY, ids=name_of)
def test_what_can_be_asked_for_is_a_tool_or_says_why_not(operation: Callable[..., Any]) -> None:
    rows = [reason_against(route) for route in ROUTES if route.calls is operation]
    fields = [reason_against_field(field) for field in FIELDS if field.calls is operation]
    assert operation in WITH_A_TOOL or all(rows or fields)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_rest_does_the_others_do(route: Route) -> None:
    assert route.calls in AT_A_ROOT | FOR_SERVICES, f"no field calls {route.calls.__name__}"
    tool = CATALOGUE.get(route.view.__name__)
    if reason_against(route) is None:
        assert tool is not None
        assert (tool.calls, tool.access, tool.title) == (route.calls, route.access, route.summary)
    else:
        assert tool is None


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_of_the_roots_names_its_operation(field: RootField) -> None:
    assert field.calls is not None, "declare it with @query, @mutation or @subscription"
    assert hasattr(field.calls, "__access__")


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.calls], ids=lambda tool: tool.name)
def test_a_tool_says_what_the_operation_and_its_field_say(tool: Tool) -> None:
    assert tool.calls is not None
    said = " ".join(tool.description.split())
    assert " ".join(cleandoc(tool.calls.__doc__ or "").split()) in said
    for field in (field for field in FIELDS if field.calls is tool.calls):
        assert field.field.description is not None
        assert field.field.description in said
    assert tool.access == access_of(tool.calls)


def test_what_is_no_tool_is_served_otherwise() -> None:
    assert EXCLUDED.keys() <= AT_A_ROOT | ON_A_PATH


def test_the_exported_schema_is_current() -> None:
    kept = ROOT / "schema" / "schema.graphql"
    assert kept.read_text() == exported(), "export it again: make schema"


def uses(path: Path, operation: Callable[..., Any]) -> bool:
    """Whether a module other than its own names it."""
    if path.stem == operation.__module__.rpartition(".")[2] and path.parent.name == "resolvers":
        return False
    names = (
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name)
    )
    return operation.__name__ in names
