"""Conditions of automations: whether one is valid, and what one can ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator

from conditions.fields import OPERATORS, Field, Operator
from conditions.reading import Problem, Read, read
from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import PROBLEMS_SHOWN, Input
from resolvers.automation_fields import CATALOGUE


def _without_operators(condition: Any) -> Any:
    """What MongoDB could take for an operator is no mistake of somebody who writes a condition."""
    waiting = [condition]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if any(str(key).startswith("$") for key in one):
                raise ValueError("keys must not begin with $")
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return condition


class ConditionValidate(Input):
    condition: Annotated[Any, AfterValidator(_without_operators)]


@dataclass(frozen=True, slots=True)
class ConditionCheck:
    """`problems` are all that is wrong with it; valid where there are none."""

    problems: Sequence[Problem]

    @property
    def valid(self) -> bool:
        return not self.problems

    @property
    def errors(self) -> list[str]:
        """Each with its path in the condition."""
        return [str(problem) for problem in self.problems]


@dataclass(frozen=True, slots=True)
class ConditionField:
    """Something that a condition can ask about; a name that ends in `…` stands for all that begin like it."""

    name: str
    kind: str
    description: str
    operators: Sequence[str]
    values: Sequence[str]
    has_history: bool

    @classmethod
    def of(cls, field: Field) -> "ConditionField":
        operators = [operator.value for operator in Operator if operator in OPERATORS[field.kind]]
        return cls(field.name, field.kind.value, field.description, operators, sorted(field.values), field.has_history)


FIELDS: Final = [
    *(ConditionField.of(field) for field in CATALOGUE.fields.values()),
    *(ConditionField.of(family.member(f"{family.prefix}…")) for family in CATALOGUE.families),
]


@allow(STAFF)
async def validate_condition(actor: Actor, data: ConditionValidate) -> ConditionCheck:
    """Everything that is wrong with a condition, each with its path in it."""
    return ConditionCheck(read_condition(data.condition).problems)


@allow(STAFF)
async def condition_fields(actor: Actor) -> Sequence[ConditionField]:
    """What conditions can ask about."""
    return FIELDS


def read_condition(condition: Any) -> Read:
    return read(condition, CATALOGUE)


def valid_condition(condition: dict[str, Any]) -> dict[str, Any]:
    """A condition without a mistake. Raises `ValueError` with the first of them, each with its path in it."""
    problems = read_condition(_without_operators(condition)).problems
    if problems:
        raise ValueError("; ".join(map(str, problems[:PROBLEMS_SHOWN])))
    return condition
