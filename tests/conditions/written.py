"""A catalogue of its own, documents that have its fields or not, and conditions about them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as some

from conditions.evaluation import Facts
from conditions.fields import OPERATORS, Catalogue, Family, Field, Kind, Operator
from conditions.reading import read
from conditions.tree import Node
from core.inputs import iso

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
CATALOGUE: Final = Catalogue.of(
    [
        Field("plan", Kind.TEXT, "", "subscription.plan", frozenset({"free", "pro", "Pro+"}), has_history=True),
        Field("name", Kind.TEXT, "", "name"),
        Field("seats", Kind.NUMBER, "", "seats"),
        Field("vip", Kind.BOOLEAN, "", "subscription.vip"),
        Field("seen", Kind.MOMENT, "", "seen"),
        Field("tags", Kind.TEXTS, "", "tags"),
        Field("email", Kind.TEXT, "", is_personal=True),
    ],
    [Family("event.", Kind.VALUE, "")],
)

TEXTS: Final = ("free", "pro", "Pro+", "p.o", "a b", "ünï\\c(od[e", "$where")
NUMBERS: Final = (-1, 0, 1, 2.5, 3, 10)
MOMENTS: Final = tuple(NOW + timedelta(hours=hours) for hours in (-200, -24, -1, 0, 1, 24, 200))
NAMES: Final = ("plan", "name", "seats", "vip", "seen", "tags")


def maybe(values: tuple[Any, ...]) -> some.SearchStrategy[Any]:
    """One of them, null, or not there at all."""
    return some.one_of(some.sampled_from(values), some.none(), some.just(...))


@some.composite
def documents(draw: some.DrawFn) -> dict[str, Any]:
    inner = {"plan": draw(maybe(TEXTS[:3])), "vip": draw(maybe((True, False)))}
    outer = {
        "name": draw(maybe(TEXTS)),
        "seats": draw(maybe(NUMBERS)),
        "seen": draw(maybe(MOMENTS)),
        "tags": draw(some.one_of(some.just(...), some.lists(some.sampled_from(TEXTS), max_size=3))),
        "subscription": draw(some.sampled_from([present(inner), present(inner), None, ...])),
    }
    return present(outer)


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ...}


def facts_of(document: Mapping[str, Any]) -> Facts:
    values: dict[str, Any] = {}
    for name in NAMES:
        stored = CATALOGUE.fields[name].stored or ""
        *outer, last = stored.split(".")
        holder = document.get(outer[0]) if outer else document
        if isinstance(holder, Mapping) and last in holder:
            values[name] = holder[last]
    return Facts(NOW, values)


@some.composite
def comparisons(draw: some.DrawFn) -> dict[str, Any]:
    field = CATALOGUE.fields[draw(some.sampled_from(NAMES))]
    operator = draw(some.sampled_from(sorted(OPERATORS[field.kind] - {Operator.MATCHES})))
    return {"field": field.name, "op": operator.value, "value": draw(_values(field, operator))}


def _values(field: Field, operator: Operator) -> some.SearchStrategy[Any]:
    usual: dict[Kind, tuple[Any, ...]] = {
        Kind.TEXT: TEXTS[:3] if field.values else TEXTS,
        Kind.NUMBER: NUMBERS,
        Kind.BOOLEAN: (True, False),
        Kind.MOMENT: (),
        Kind.TEXTS: TEXTS,
    }
    one = some.sampled_from(usual[field.kind]) if usual[field.kind] else some.none()
    match operator:
        case Operator.EXISTS:
            return some.booleans()
        case Operator.EQ | Operator.NEQ:
            return some.one_of(one, some.none())
        case Operator.IN | Operator.NIN:
            return some.lists(one, min_size=1, max_size=3)
        case Operator.WITHIN_LAST:
            return some.sampled_from(["1h", "24h", "2w"])
        case Operator.BEFORE | Operator.AFTER:
            return some.sampled_from(["now", "now+1h", "now-1d", iso(MOMENTS[2])])
        case _:
            return one


CONDITIONS: Final = some.recursive(
    comparisons(),
    lambda inner: some.one_of(
        some.builds(lambda parts: {"all": parts}, some.lists(inner, min_size=1, max_size=3)),
        some.builds(lambda parts: {"any": parts}, some.lists(inner, min_size=1, max_size=3)),
        some.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)


def node_of(condition: Any) -> Node:
    found = read(condition, CATALOGUE)
    assert found.node is not None, found.problems
    return found.node


def problems_of(condition: Any) -> dict[str, str]:
    """By path."""
    return {problem.path: problem.message for problem in read(condition, CATALOGUE).problems}
