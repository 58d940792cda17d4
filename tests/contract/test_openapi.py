"""What OpenAPI says of every served row: at least what is documented."""

from typing import Any

import pytest

from rest_compat.contract import Endpoint
from tests.contract.rows import SERVED, SERVED_CATEGORIES, name_of
from tests.contract.shapes import schema_differences

Document = dict[str, Any]

each_row = pytest.mark.parametrize("endpoint", SERVED, ids=name_of)


def operation_of(openapi: Document, endpoint: Endpoint) -> Document:
    found: Document = openapi["paths"][endpoint.path.rstrip("/")][endpoint.method.lower()]
    return found


def test_categories_are_described_in_the_documented_order(openapi: Document) -> None:
    assert [tag["name"] for tag in openapi["tags"]] == [category.name for category in SERVED_CATEGORIES]
    assert all(tag["description"] for tag in openapi["tags"])


@each_row
def test_the_documented_statuses_are_declared(endpoint: Endpoint, openapi: Document) -> None:
    declared = {int(status) for status in operation_of(openapi, endpoint)["responses"]}
    assert set(endpoint.responses) <= declared


@each_row
def test_the_documented_credentials_are_accepted_and_public_paths_stay_public(
    endpoint: Endpoint, openapi: Document
) -> None:
    declared = {scheme for choice in operation_of(openapi, endpoint)["security"] for scheme in choice}
    assert set(endpoint.auth) <= declared
    assert bool(endpoint.auth) == bool(declared)


@each_row
def test_responses_declare_the_documented_keys(endpoint: Endpoint, openapi: Document) -> None:
    for status, shape in endpoint.responses.items():
        declared = operation_of(openapi, endpoint)["responses"][str(status)].get("content", {})
        if shape == "text":
            assert [content["schema"] for content in declared.values()] == [{"type": "string"}]
        else:
            schema = declared["application/json"]["schema"]
            assert list(schema_differences(schema, shape, openapi)) == []
