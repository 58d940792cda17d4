"""Conditions, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

VALIDATE = "query ($condition: JSON!) { conditionValidate(condition: $condition) { valid problems { path message } } }"


async def test_problems_have_paths(client: AsyncClient) -> None:
    wrong = {"not": {"field": "shop.status", "op": "eq", "value": "gone"}}
    assert await ask(client, await logged_in(Role.VIEWER), VALIDATE, condition=wrong) == {
        "conditionValidate": {
            "valid": False,
            "problems": [
                {"path": ["not", "value"], "message": "must be one of active, inactive, redacted, uninstalled"}
            ],
        }
    }


async def test_what_can_be_asked_is_listed(client: AsyncClient) -> None:
    query = "{ conditionFields { name kind operators values hasHistory } }"
    found = (await ask(client, await logged_in(Role.VIEWER), query))["conditionFields"]
    by_name = {field["name"]: field for field in found}
    assert by_name["shop.isTest"] == {
        "name": "shop.isTest",
        "kind": "boolean",
        "operators": ["eq", "neq", "exists"],
        "values": [],
        "hasHistory": False,
    }


async def test_strangers_are_told_nothing(client: AsyncClient) -> None:
    assert await error_of(client, {}, VALIDATE, condition={}) == "UNAUTHENTICATED"
