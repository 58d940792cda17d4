"""Conditions, over REST."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import logged_in

VALIDATE = "/admin/automations/configs/validate-condition"


async def test_all_errors_of_a_condition_are_told(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    valid = {"condition": {"field": "plan.handle", "op": "eq", "value": "pro"}}
    assert (await client.post(VALIDATE, json=valid, headers=viewer)).json()["data"] == {"valid": True, "errors": []}
    wrong = {"condition": {"all": [{"field": "plan.handel", "op": "is", "value": "pro"}, 3]}}
    found = (await client.post(VALIDATE, json=wrong, headers=viewer)).json()["data"]
    assert found["valid"] is False
    assert [error.split(":")[0] for error in found["errors"]] == ["all.0.field", "all.0.op", "all.1"]


async def test_it_needs_a_login_and_a_condition(client: AsyncClient) -> None:
    assert (await client.post(VALIDATE, json={"condition": {}})).status_code == 401
    answer = await client.post(VALIDATE, json={}, headers=await logged_in(Role.VIEWER))
    assert (answer.status_code, answer.json()["error"]) == (400, "condition: is required")
