"""Conditions, in GraphQL: whether one is valid, and what one can ask about."""

from typing import cast

import strawberry
from strawberry.scalars import JSON

from conditions.reading import Problem
from resolvers import automation_conditions
from resolvers.automation_conditions import ConditionValidate
from schema.edge import Info, described, query


@strawberry.type(description="Something that is wrong with a condition.")
class ConditionProblem:
    message: str

    @described("From the whole condition to what is wrong; empty for the whole.")
    def path(self) -> list[str]:
        path: str = cast(Problem, self).path
        return path.split(".") if path else []


@strawberry.type
class ConditionCheck:
    valid: bool
    problems: list[ConditionProblem] = strawberry.field(description="All of them.")


@strawberry.type(description="Something that a condition can ask about. A name that ends in … stands for many.")
class ConditionField:
    name: str
    kind: str
    description: str
    operators: list[str]
    values: list[str] = strawberry.field(description="All that it can be; empty where it can be anything.")
    has_history: bool = strawberry.field(description="Whether has_been can ask about it.")


@strawberry.type
class AutomationConditionQueries:
    @query(automation_conditions.validate_condition)
    async def condition_validate(self, info: Info, condition: JSON) -> ConditionCheck:
        data = ConditionValidate(condition=condition)
        return cast(ConditionCheck, await automation_conditions.validate_condition(info.context.actor, data))

    @query(automation_conditions.condition_fields)
    async def condition_fields(self, info: Info) -> list[ConditionField]:
        return cast(list[ConditionField], await automation_conditions.condition_fields(info.context.actor))
