"""GraphQL and REST are two translations of the same operations."""

from typing import Final

import pytest

from rest_compat.routes import ALL
from rest_compat.routing import Route
from schema.export import exported
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.architecture.project import ROOT

ROUTES: Final = [route for routes in ALL.values() for route in routes if not route.signed_by]
"""But webhooks: what another service sends and signs, it sends to a path of its own."""
FIELDS: Final = root_fields(SCHEMA)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_rest_does_graphql_does(route: Route) -> None:
    assert any(field.calls is route.calls for field in FIELDS), f"no field calls {route.calls.__name__}"


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_of_the_roots_names_its_operation(field: RootField) -> None:
    assert field.calls is not None, "declare it with @query, @mutation or @subscription"
    assert hasattr(field.calls, "__access__")


def test_the_exported_schema_is_current() -> None:
    kept = ROOT / "schema" / "schema.graphql"
    assert kept.read_text() == exported(), "export it again: make schema"
