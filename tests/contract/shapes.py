"""Compares what is served with a documented shape: every documented key is there, with a value of the same kind.

Each function returns sentences about what differs; none means that it conforms. More keys than documented are fine.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rest_compat.contract import Shape

KINDS: Final = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
KINDS_OF_SCHEMAS: Final = {"integer": "number"}

Schema = Mapping[str, Any]


def kind_of(shape: Shape) -> str:
    match shape:
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return str(shape)


def differences(value: Any, shape: Shape, where: str = "body") -> Iterator[str]:
    """Of a real response. Null is no kind, and an empty list does not show what its items are."""
    expected, found = kind_of(shape), KINDS.get(type(value), "null")
    if expected == "any":
        return
    if found != expected:
        yield f"{where}: documented as {expected}, is {found}"
    elif isinstance(shape, dict):
        for key, inner in shape.items():
            if key in value:
                yield from differences(value[key], inner, f"{where}.{key}")
            else:
                yield f"{where}.{key}: missing"
    elif isinstance(shape, list):
        if not value:
            yield f"{where}: empty"
        for item in value:
            yield from differences(item, shape[0], f"{where}[]")


def schema_differences(schema: Schema, shape: Shape, document: Schema, where: str = "body") -> Iterator[str]:
    """Of a response model, as the OpenAPI document describes it; one of its alternatives has to conform."""
    if kind_of(shape) == "any":
        return
    found = [list(_of_alternative(one, shape, document, where)) for one in _alternatives(schema, document)]
    yield from min(found, key=len)


def _of_alternative(schema: Schema, shape: Shape, document: Schema, where: str) -> Iterator[str]:
    expected, found = kind_of(shape), _kind_of_schema(schema)
    if found not in (expected, None):
        yield f"{where}: documented as {expected}, declared as {found}"
    elif isinstance(shape, dict):
        properties = schema.get("properties", {})
        for key, inner in shape.items():
            if key in properties:
                yield from schema_differences(properties[key], inner, document, f"{where}.{key}")
            else:
                yield f"{where}.{key}: not declared"
    elif isinstance(shape, list):
        yield from schema_differences(schema.get("items", {}), shape[0], document, f"{where}[]")


def _alternatives(schema: Schema, document: Schema) -> list[Schema]:
    if "$ref" in schema:
        return _alternatives(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], document)
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    return [found for one in inner for found in _alternatives(one, document)] or [schema]


def _kind_of_schema(schema: Schema) -> str | None:
    """None where any value is valid."""
    if "const" in schema:
        return KINDS[type(schema["const"])]
    declared = schema.get("type")
    return KINDS_OF_SCHEMAS.get(declared, declared) if declared else None
