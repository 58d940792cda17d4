"""Operators of the database, and fields that nobody knows, are refused wherever a row takes input."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from app import create_app
from core.settings import Settings
from rest_compat.contract import Endpoint
from tests.contract.requests import prepared
from tests.contract.requests.calling import Caller
from tests.contract.rows import ROUTES, SERVED, name_of

OPENAPI: Final[dict[str, Any]] = create_app(Settings(), "mongodb://unused").openapi()


def takes(endpoint: Endpoint, what: str) -> bool:
    """`query` or `body`."""
    operation = OPENAPI["paths"][endpoint.path.rstrip("/")][endpoint.method.lower()]
    if what == "body":
        return "requestBody" in operation
    return any(parameter["in"] == what for parameter in operation.get("parameters", ()))


WITH_QUERY: Final = [endpoint for endpoint in SERVED if takes(endpoint, "query")]
WITH_BODY: Final = [endpoint for endpoint in SERVED if takes(endpoint, "body") and not ROUTES[endpoint.name].signed_by]
"""But those whose body is signed: a tampered one is refused for that."""


def tampered(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with an operator in place of each of its values, and with one field more."""
    yield body | {"$where": "1"}
    yield body | {"unknownField": 1}
    for field in body:
        yield body | {field: {"$ne": None}}


@pytest.mark.parametrize("endpoint", WITH_QUERY, ids=name_of)
async def test_operators_and_unknown_fields_in_the_query_string_are_a_400(endpoint: Endpoint, caller: Caller) -> None:
    call = await prepared(caller, endpoint)
    for name in ("a[$ne]", "search[$ne]", "sort[$gt]", "$where", "unknown"):
        response = await call.send(f"?{name}=1")
        assert (response.status_code, response.json()["success"]) == (400, False), name
        assert name in response.json()["error"]


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
async def test_operators_and_unknown_fields_in_the_body_are_a_400(endpoint: Endpoint, caller: Caller) -> None:
    call = await prepared(caller, endpoint)
    assert call.body is not None, "tests/contract/requests has no body for this row"
    for body in tampered(call.body):
        response = await call.send_instead(body)
        assert (response.status_code, response.json()["success"]) == (400, False), body


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
async def test_a_body_that_is_no_object_is_a_400(endpoint: Endpoint, caller: Caller) -> None:
    call = await prepared(caller, endpoint)
    bodies: tuple[Any, ...] = ([], [{}], "text", 1, True)
    for body in bodies:
        response = await call.send_instead(body)
        assert (response.status_code, response.json()["success"]) == (400, False), body
