"""Requests of automations."""

from typing import Any, Final

from tests.contract.requests.calling import Request

CONDITION: Final[dict[str, Any]] = {"field": "plan.handel", "op": "eq", "value": "pro"}

REQUESTS: Final[dict[str, Request]] = {
    "POST /admin/automations/configs/validate-condition": Request(body={"condition": CONDITION}),
}
