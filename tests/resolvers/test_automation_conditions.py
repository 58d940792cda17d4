"""Conditions of automations: what is wrong with them, and what they can ask."""

from typing import Any

import pytest

from core.actor import Actor, Role
from core.errors import Forbidden, Unauthenticated
from core.scopes import Scope
from resolvers.automation_conditions import (
    ConditionValidate,
    condition_fields,
    valid_condition,
    validate_condition,
)
from tests.factories.api_keys import backend_of
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

TRIAL: dict[str, Any] = {
    "all": [
        {"field": "subscription.status", "op": "eq", "value": "ACTIVE"},
        {"field": "shop.trialEndsAt", "op": "before", "value": "now+3d"},
        {"field": "contact.consent.product", "op": "neq", "value": "opted_out"},
        {"has_been": {"field": "plan.handle", "value": "pro", "for": "7d"}},
    ]
}
WRONG = {
    "any": [
        {"field": "plan.handel", "op": "eq", "value": "pro"},
        {"field": "shop.isTest", "op": "gt", "value": 1},
    ]
}


async def test_a_valid_condition_is_valid() -> None:
    found = await validate_condition(await an_actor(Role.VIEWER), ConditionValidate(condition=TRIAL))
    assert (found.valid, found.errors) == (True, [])


async def test_every_error_is_told_with_its_path() -> None:
    found = await validate_condition(await an_actor(Role.VIEWER), ConditionValidate(condition=WRONG))
    assert (found.valid, found.errors) == (
        False,
        [
            "any.0.field: there is no field plan.handel: did you mean plan.handle?",
            "any.1.op: gt is not for shop.isTest, a boolean: it can be eq, neq or exists",
        ],
    )


async def test_what_can_be_asked_is_listed() -> None:
    fields = {one.name: one for one in await condition_fields(await an_actor(Role.VIEWER))}
    assert fields["subscription.status"].has_history
    assert "FROZEN" in fields["subscription.status"].values
    assert fields["event.…"].kind == "value"


async def test_staff_alone_may_ask() -> None:
    with pytest.raises(Unauthenticated):
        await validate_condition(Actor.anonymous(), ConditionValidate(condition=TRIAL))
    with pytest.raises(Forbidden):
        await condition_fields(backend_of("banners", Scope.SHOPS_READ))


def test_whoever_stores_one_refuses_what_is_wrong() -> None:
    assert valid_condition(TRIAL) == TRIAL
    with pytest.raises(ValueError, match=r"any.0.field: there is no field plan.handel.*; any.1.op"):
        valid_condition(WRONG)
