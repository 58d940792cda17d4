"""Whether a condition holds for facts, and why.

A field of which nothing is known holds nothing but `exists: false`: it is not null, nor unlike anything. Whoever means
"not X, or unknown" says `{"not": {…}}`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import eq, ge, gt, le, lt, ne
from typing import Any as Value
from typing import Final

from conditions import patterns
from conditions.durations import at, words_of
from conditions.fields import TIME, Operator
from conditions.literals import moment_of
from conditions.tree import All, Any, Comparison, EventCount, HasBeen, Node, Not

Compare = Callable[[Value, Value], bool]

ORDERED: Final[Mapping[Operator, Compare]] = {
    Operator.GT: gt,
    Operator.GTE: ge,
    Operator.LT: lt,
    Operator.LTE: le,
}
COUNTED: Final = {**ORDERED, Operator.EQ: eq, Operator.NEQ: ne}
LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Facts:
    """`values` by the names of fields: texts, numbers, booleans, moments, lists of texts, null; what is not in it is
    not known. `since` is from when on a field has been what it is; `counts` the events by name and how far back."""

    now: datetime
    values: Mapping[str, Value] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    counts: Mapping[tuple[str, timedelta], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """What one leaf of a condition came to: `sentence` is for a person."""

    path: str
    holds: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` are all leaves, in their order."""

    holds: bool
    reasons: Sequence[Reason]


def evaluate(node: Node, facts: Facts) -> Verdict:
    reasons: list[Reason] = []
    holds = _holds(node, facts, reasons)
    return Verdict(holds, reasons)


def _holds(node: Node, facts: Facts, reasons: list[Reason]) -> bool:
    match node:
        case All(inner=inner):
            return all(_each(inner, facts, reasons))
        case Any(inner=inner):
            return any(_each(inner, facts, reasons))
        case Not(inner=one):
            return not _holds(one, facts, reasons)
        case Comparison():
            holds, said = _compare(node, facts)
        case EventCount():
            holds, said = _count(node, facts)
        case HasBeen():
            holds, said = _has_been(node, facts)
    reasons.append(Reason(node.path, holds, said))
    return holds


def _each(nodes: Sequence[Node], facts: Facts, reasons: list[Reason]) -> list[bool]:
    """Looks at every one, also where the first has decided: all of it is explained."""
    return [_holds(node, facts, reasons) for node in nodes]


def _compare(node: Comparison, facts: Facts) -> tuple[bool, str]:
    name, operator, wanted = node.field.name, node.operator, node.value
    asked = f"{name} {operator.value} {_shown(wanted)}"
    if name not in facts.values:
        return operator is Operator.EXISTS and wanted is False, f"{asked}: nothing is known of it"
    fact = facts.values[name]
    holds = compares(operator, fact, wanted, facts.now)
    return holds, f"{asked}: it is {'set' if node.field.is_personal and fact is not None else _shown(fact)}"


def compares(operator: Operator, fact: Value, wanted: Value, now: datetime) -> bool:
    """Of a fact that is there."""
    if operator in TIME:
        return _in_time(operator, _moment(fact), wanted, now)
    return COMPARED[operator](fact, wanted)


def _in_time(operator: Operator, moment: datetime | None, wanted: Value, now: datetime) -> bool:
    if moment is None:
        return False
    if operator is Operator.WITHIN_LAST:
        return bool(now - wanted <= moment <= now)
    bound = at(wanted, now)
    return moment < bound if operator is Operator.BEFORE else moment > bound


def _moment(fact: Value) -> datetime | None:
    """What an app's backend reports has moments as texts."""
    if isinstance(fact, str) and not fact.startswith("now"):
        try:
            read = moment_of(fact)
        except ValueError:
            return None
        return read if isinstance(read, datetime) else None
    return fact if isinstance(fact, datetime) else None


def _same(fact: Value, wanted: Value) -> bool:
    """True is not 1, as in JSON."""
    return isinstance(fact, bool) is isinstance(wanted, bool) and bool(fact == wanted)


def _is_number(fact: Value) -> bool:
    return isinstance(fact, int | float) and not isinstance(fact, bool)


def _contains(fact: Value, wanted: Value) -> bool:
    return isinstance(fact, str | list | tuple) and wanted in fact


def _matches(fact: Value, wanted: Value) -> bool:
    return isinstance(fact, str) and patterns.is_found(wanted, fact)


def _ordered(compare: Compare) -> Compare:
    return lambda fact, wanted: _is_number(fact) and bool(compare(fact, wanted))


COMPARED: Final[Mapping[Operator, Compare]] = {
    Operator.EXISTS: lambda _, wanted: bool(wanted),
    Operator.EQ: _same,
    Operator.NEQ: lambda fact, wanted: not _same(fact, wanted),
    Operator.IN: lambda fact, wanted: any(_same(fact, one) for one in wanted),
    Operator.NIN: lambda fact, wanted: not any(_same(fact, one) for one in wanted),
    Operator.CONTAINS: _contains,
    Operator.MATCHES: _matches,
    **{operator: _ordered(compare) for operator, compare in ORDERED.items()},
}
"""Those of `TIME` are compared with a clock."""


def _count(node: EventCount, facts: Facts) -> tuple[bool, str]:
    count = facts.counts.get((node.name, node.within), 0)
    asked = f"{node.name} {node.operator.value} {node.value} within {words_of(node.within)}"
    return bool(COUNTED[node.operator](count, node.value)), f"{asked}: it happened {count} times"


def _has_been(node: HasBeen, facts: Facts) -> tuple[bool, str]:
    name = node.field.name
    asked = f"{name} has been {_shown(node.value)} for {words_of(node.duration)}"
    if name not in facts.values:
        return False, f"{asked}: nothing is known of it"
    fact, since = facts.values[name], facts.since.get(name)
    if not _same(fact, node.value):
        return False, f"{asked}: it is {_shown(fact)}"
    if since is None:
        return False, f"{asked}: it is not known since when"
    return facts.now - since >= node.duration, f"{asked}: it has been so since {_shown(since)}"


def _shown(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%MZ")
        case timedelta():
            sign = "-" if value < timedelta() else "+"
            return f"now {sign} {words_of(abs(value))}" if value else "now"
        case list() | tuple():
            return f"[{', '.join(map(_shown, value))}]"[:LONGEST_SHOWN]
        case _:
            return str(value)[:LONGEST_SHOWN]
