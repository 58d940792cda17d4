"""A query filter as a tree of conditions, checked on the way.

Matching and planning both read this tree, so that they can't disagree about what a filter says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bson import Int64, MaxKey, MinKey, Regex

from embedded_mongo.errors import MongoError, refused
from embedded_mongo.patterns import parse_flags
from embedded_mongo.values import TYPE_ALIASES, Document, type_name


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on what a path leads to. An empty path means the value itself (inside of `$elemMatch`)."""

    path: str
    operator: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Every:
    children: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    children: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    child: "Condition"


Condition = Field | Every | Some | Not

_COMPARISONS = frozenset({"$gt", "$gte", "$lt", "$lte"})
_REFERENCE_FIELDS = frozenset({"$ref", "$id", "$db"})


def parse_filter(query: Any) -> Condition:
    """Read a filter. Raises MongoError 2 if it is malformed, 238 if it asks for what is not done here."""
    if type(query) is not dict:
        raise MongoError(14, f"Expected a filter to be an object, but it is of type {type_name(query)}")
    return _all_of([_parse_entry(name, operand) for name, operand in query.items() if name != "$comment"])


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """The conditions that must all hold, with nested `$and` dissolved."""
    if isinstance(condition, Every):
        for child in condition.children:
            yield from conjuncts(child)
    else:
        yield condition


def first_names(condition: Condition) -> set[str]:
    """The fields of a document that a condition looks at."""
    match condition:
        case Field(path, _, _):
            return {path.partition(".")[0]}
        case Every(children) | Some(children):
            return {name for child in children for name in first_names(child)}
        case Not(child):
            return first_names(child)


def is_expression(operand: Any) -> bool:
    """Whether a filter's value holds operators, and is not a document or reference to be equal to."""
    if type(operand) is not dict or not operand:
        return False
    first = next(iter(operand))
    return first.startswith("$") and first not in _REFERENCE_FIELDS


def _all_of(children: list[Condition]) -> Condition:
    return children[0] if len(children) == 1 else Every(tuple(children))


def _parse_entry(name: str, operand: Any) -> Condition:
    if name in ("$and", "$or", "$nor"):
        if type(operand) is not list or not operand:
            raise MongoError(2, f"{name} must be a nonempty array")
        children = tuple(parse_filter(child) for child in operand)
        if name == "$and":
            return Every(children)
        return Some(children) if name == "$or" else Not(Some(children))
    if name.startswith("$"):
        raise refused(f"query operator {name}")
    return _parse_field(name, operand)


def _parse_field(path: str, operand: Any) -> Condition:
    if is_expression(operand):
        return _parse_expression(path, operand)
    if type(operand) is Regex:
        return _pattern(path, operand)
    return Field(path, "$eq", operand)


def _parse_expression(path: str, expression: Document) -> Condition:
    children = []
    for name, operand in expression.items():
        if name == "$options":
            if "$regex" not in expression:
                raise MongoError(2, "$options needs a $regex")
        elif name == "$regex":
            children.append(_parse_regex(path, operand, expression.get("$options")))
        elif name in _PARSERS:
            children.append(_PARSERS[name](path, operand))
        elif name.startswith("$"):
            raise refused(f"query operator {name}")
        else:
            raise MongoError(2, f"unknown operator: {name}")
    return _all_of(children)


def _equal(path: str, operand: Any) -> Condition:
    return Field(path, "$eq", operand)


def _not_equal(path: str, operand: Any) -> Condition:
    if type(operand) is Regex:
        raise MongoError(2, "Can't have regex as arg to $ne.")
    return Not(Field(path, "$eq", operand))


def _comparison(operator: str) -> Callable[[str, Any], Condition]:
    def parse(path: str, operand: Any) -> Condition:
        if type(operand) is Regex:
            raise MongoError(2, f"Can't have RegEx as arg to predicate over field '{path}'.")
        if type(operand) in (MinKey, MaxKey):
            raise refused(f"{operator} with MinKey or MaxKey")
        return Field(path, operator, operand)

    return parse


def _among(path: str, operand: Any) -> Condition:
    if type(operand) is not list:
        raise MongoError(2, "$in needs an array")
    if any(is_expression(item) for item in operand):
        raise MongoError(2, "cannot nest $ under $in")
    return Field(path, "$in", operand)


def _not_among(path: str, operand: Any) -> Condition:
    if type(operand) is not list:
        raise MongoError(2, "$nin needs an array")
    return Not(_among(path, operand))


def _exists(path: str, operand: Any) -> Condition:
    if type(operand) not in (bool, int, Int64, float):
        raise refused(f"$exists with a value of type {type_name(operand)}")
    present = Field(path, "$exists", True)
    return present if operand else Not(present)


def _type(path: str, operand: Any) -> Condition:
    codes: set[int] = set()
    for item in operand if type(operand) is list else [operand]:
        if item == "number":
            codes.update((1, 16, 18, 19))
        elif type(item) is str and item in TYPE_ALIASES:
            codes.add(TYPE_ALIASES[item])
        elif type(item) in (int, float, Int64) and item in TYPE_ALIASES.values():
            codes.add(int(item))
        else:
            raise MongoError(2, f"Unknown type for $type: {item}")
    if not codes:
        raise MongoError(9, f"{path} must match at least one type")
    return Field(path, "$type", frozenset(codes))


def _negation(path: str, operand: Any) -> Condition:
    if type(operand) is Regex:
        return Not(_pattern(path, operand))
    if type(operand) is not dict:
        raise MongoError(2, "$not needs a regex or a document")
    if not operand:
        raise MongoError(2, "$not cannot be empty")
    if not is_expression(operand):
        raise MongoError(2, f"unknown operator: {next(iter(operand))}")
    return Not(_parse_expression(path, operand))


def _parse_regex(path: str, operand: Any, options: Any) -> Condition:
    if options is not None and type(options) is not str:
        raise MongoError(2, "$options has to be a string")
    if type(operand) is Regex:
        if operand.flags and options is not None:
            raise MongoError(51075, "options set in both $regex and $options")
        return _pattern(path, Regex(operand.pattern, parse_flags(options)) if options else operand)
    if type(operand) is not str:
        raise MongoError(2, "$regex has to be a string")
    return _pattern(path, Regex(operand, parse_flags(options or "")))


def _pattern(path: str, operand: Regex[Any]) -> Condition:
    return Field(path, "$regex", operand)


def _size(path: str, operand: Any) -> Condition:
    if type(operand) not in (int, Int64, float) or operand % 1 != 0:
        raise MongoError(9, f"Failed to parse $size. Expected an integer in: $size: {operand}")
    if operand < 0:
        raise MongoError(9, f"Failed to parse $size. Expected a non-negative number in: $size: {operand}")
    return Field(path, "$size", int(operand))


def _contains_all(path: str, operand: Any) -> Condition:
    if type(operand) is not list:
        raise MongoError(2, "$all needs an array")
    if not operand:
        return Some(())
    children: list[Condition] = []
    for item in operand:
        if is_expression(item):
            if list(item) != ["$elemMatch"]:
                raise MongoError(2, "no $ expressions in $all")
            children.append(_element_match(path, item["$elemMatch"]))
        else:
            children.append(_pattern(path, item) if type(item) is Regex else Field(path, "$eq", item))
    return _all_of(children)


def _element_match(path: str, operand: Any) -> Condition:
    if type(operand) is not dict:
        raise MongoError(2, "$elemMatch needs an Object")
    if is_expression(operand) and next(iter(operand)) not in ("$and", "$or", "$nor"):
        return Field(path, "$elemMatch value", _parse_expression("", operand))
    return Field(path, "$elemMatch object", parse_filter(operand))


def _modulo(path: str, operand: Any) -> Condition:
    if type(operand) is not list or len(operand) != 2:
        raise MongoError(2, "malformed mod, needs to be an array of a divisor and a remainder")
    if any(type(item) not in (int, Int64, float) or item - item for item in operand):
        raise MongoError(2, "malformed mod, divisor and remainder have to be finite numbers")
    if int(operand[0]) == 0:
        raise MongoError(2, "divisor cannot be 0")
    return Field(path, "$mod", (int(operand[0]), int(operand[1])))


_PARSERS: dict[str, Callable[[str, Any], Condition]] = {
    "$eq": _equal,
    "$ne": _not_equal,
    **{name: _comparison(name) for name in _COMPARISONS},
    "$in": _among,
    "$nin": _not_among,
    "$exists": _exists,
    "$type": _type,
    "$not": _negation,
    "$size": _size,
    "$all": _contains_all,
    "$elemMatch": _element_match,
    "$mod": _modulo,
}
