"""A condition that was read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conditions.fields import Field, Operator

Literal = str | int | float | bool | datetime | timedelta | None
"""What a field is compared with. A length of time stands for the moment at that distance from now, but for
`within_last`, where it is itself."""


@dataclass(frozen=True, slots=True)
class All:
    path: str
    inner: Sequence["Node"]


@dataclass(frozen=True, slots=True)
class Any:
    path: str
    inner: Sequence["Node"]


@dataclass(frozen=True, slots=True)
class Not:
    path: str
    inner: "Node"


@dataclass(frozen=True, slots=True)
class Comparison:
    path: str
    field: Field
    operator: Operator
    value: Literal | tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class EventCount:
    """How many events of a name there were within the last so-and-so long."""

    path: str
    name: str
    operator: Operator
    value: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class HasBeen:
    """A field has had a value without a break for at least so long."""

    path: str
    field: Field
    value: Literal
    duration: timedelta


Node = All | Any | Not | Comparison | EventCount | HasBeen


def leaves(node: Node) -> Iterator[Comparison | EventCount | HasBeen]:
    match node:
        case All(inner=inner) | Any(inner=inner):
            for one in inner:
                yield from leaves(one)
        case Not(inner=one):
            yield from leaves(one)
        case _:
            yield node
