"""Examples of requests and answers, made from the schemas that OpenAPI documents."""

from typing import Any, Final

import pytest
from fastapi import FastAPI

from pages.json_schemas import Field, Schemas
from rest_compat.contract import Endpoint
from tests.contract.rows import ROUTES, SERVED, name_of
from tests.contract.shapes import differences

SHOP = {
    "title": "ShopWire",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 120},
        "trialDays": {"type": "integer", "minimum": 0, "maximum": 365, "default": 14},
        "status": {"enum": ["active", "inactive"], "type": "string"},
        "owner": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "scopes": {"type": "array", "maxItems": 10, "items": {"type": "string"}},
        "byPlan": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}
SCHEMAS = Schemas({"components": {"schemas": {"Shop": SHOP}}})
REFERENCE = {"$ref": "#/components/schemas/Shop"}


def test_an_example_looks_like_the_real_thing() -> None:
    assert SCHEMAS.example({"type": "array", "items": REFERENCE}) == [
        {
            "name": "Tea and Cakes",
            "trialDays": 14,
            "status": "active",
            "owner": "Ada Lovelace",
            "scopes": ["scope"],
            "byPlan": {"pro_monthly": 12},
        }
    ]


def test_fields_say_what_they_take() -> None:
    assert SCHEMAS.fields(REFERENCE)[:5] == [
        Field("name", "string", required=True, note="at most 120 characters"),
        Field("trialDays", "integer", required=False, note="0 to 365, 14 by default"),
        Field("status", "one of active, inactive", required=False, note=""),
        Field("owner", "string", required=False, note=""),
        Field("scopes", "list of strings", required=False, note="at most 10 entries"),
    ]


DOCUMENTED: Final = [endpoint for endpoint in SERVED if endpoint.success and ROUTES[endpoint.name].returns]


@pytest.mark.parametrize("endpoint", DOCUMENTED, ids=name_of)
def test_the_example_of_every_answer_has_the_documented_shape(endpoint: Endpoint, web_app: FastAPI) -> None:
    document: dict[str, Any] = web_app.openapi()
    operation = document["paths"][endpoint.path.rstrip("/")][endpoint.method.lower()]
    schema = operation["responses"][str(endpoint.success)]["content"]["application/json"]["schema"]
    example = Schemas(document).example(schema)
    assert list(differences(example, endpoint.responses[endpoint.success or 200])) == []
