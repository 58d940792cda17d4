"""Automations, over REST: their configs."""

from resolvers import automation_conditions
from resolvers.automation_conditions import ConditionValidate
from rest_compat.edge import CurrentActor, Data, Wire


class ConditionCheckWire(Wire):
    """`errors` are all that is wrong, each with its path in the condition."""

    valid: bool
    errors: list[str]


async def validate_condition(actor: CurrentActor, body: ConditionValidate) -> Data[ConditionCheckWire]:
    """Everything that is wrong with a condition."""
    return Data(data=ConditionCheckWire.of(await automation_conditions.validate_condition(actor, body)))
