"""The comparison that the walking tests rest on."""

from typing import Any

import pytest

from rest_compat.contract import Shape
from tests.contract.shapes import differences, schema_differences

DOCUMENT = {"components": {"schemas": {"Shop": {"type": "object", "properties": {"name": {"type": "string"}}}}}}
SHOP = {"$ref": "#/components/schemas/Shop"}


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({"a": 1, "more": 2}, {"a": "number"}),
        ([{"a": True}], [{"a": "boolean"}]),
        ({"x": 1}, {}),
        ({"a": None}, {"a": "any"}),
        ({"a": []}, {"a": "any"}),
    ],
)
def test_more_than_documented_is_fine(value: Any, shape: Shape) -> None:
    assert list(differences(value, shape)) == []


@pytest.mark.parametrize(
    ("value", "shape", "difference"),
    [
        ({}, {"a": "string"}, "body.a: missing"),
        ({"a": 1}, {"a": "string"}, "body.a: documented as string, is number"),
        ({"a": True}, {"a": "number"}, "body.a: documented as number, is boolean"),
        ({"a": None}, {"a": "string"}, "body.a: documented as string, is null"),
        ([], [{"a": "string"}], "body: empty"),
        ([{"a": {}}], [{"a": ["string"]}], "body[].a: documented as array, is object"),
    ],
)
def test_what_differs_in_a_response_is_named(value: Any, shape: Shape, difference: str) -> None:
    assert list(differences(value, shape)) == [difference]


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        (SHOP, {"name": "string"}),
        ({"type": "array", "items": SHOP}, [{"name": "string"}]),
        ({"anyOf": [SHOP, {"type": "null"}]}, {"name": "string"}),
        ({"type": "integer"}, "number"),
        ({"const": True}, "boolean"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {}),
    ],
)
def test_a_schema_conforms_through_references_and_alternatives(schema: dict[str, Any], shape: Shape) -> None:
    assert list(schema_differences(schema, shape, DOCUMENT)) == []


@pytest.mark.parametrize(
    ("schema", "shape", "difference"),
    [
        (SHOP, {"domain": "string"}, "body.domain: not declared"),
        (SHOP, {"name": "number"}, "body.name: documented as number, declared as string"),
        ({"type": "array", "items": SHOP}, [{"name": {}}], "body[].name: documented as object, declared as string"),
        ({}, {"name": "string"}, "body.name: not declared"),
    ],
)
def test_what_differs_in_a_schema_is_named(schema: dict[str, Any], shape: Shape, difference: str) -> None:
    assert list(schema_differences(schema, shape, DOCUMENT)) == [difference]
