"""Whether a document meets a condition."""

import operator
from collections.abc import Callable
from math import isfinite
from typing import Any

from bson import Decimal128, Int64, ObjectId, Regex

from embedded_mongo.conditions import Condition, Every, Field, Not, Some
from embedded_mongo.ordering import key
from embedded_mongo.paths import reach
from embedded_mongo.patterns import compile_pattern
from embedded_mongo.values import INT64, MISSING, TYPE_ALIASES, Document, type_name

Test = Callable[[Any], bool]

_COMPARE = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
_WHOLE_ARRAY = frozenset({"$exists", "$size", "$elemMatch value", "$elemMatch object"})
_SAME_TYPE_EQUALITY = frozenset({str, bool, ObjectId})


def matcher(condition: Condition) -> Callable[[Document], bool]:
    """A function that tells whether a document meets the condition."""
    match condition:
        case Field(path, name, operand):
            return _at_path(path, test_of(name, operand), expand=name not in _WHOLE_ARRAY)
        case Every(children):
            return _every([matcher(child) for child in children])
        case Some(children):
            return _some([matcher(child) for child in children])
        case Not(child):
            return _negated(matcher(child))


def value_test(condition: Condition) -> Test:
    """A function that tells whether a value itself (not what is inside of it) meets the condition."""
    match condition:
        case Field(_, name, operand):
            return test_of(name, operand)
        case Every(children):
            return _every([value_test(child) for child in children])
        case Some(children):
            return _some([value_test(child) for child in children])
        case Not(child):
            return _negated(value_test(child))


def test_of(name: str, operand: Any) -> Test:
    """The test that an operator makes on one value, which may be MISSING."""
    if name in _COMPARE:
        return _compares(_COMPARE[name], operand)
    return _TESTS[name](operand)


def _at_path(path: str, test: Test, *, expand: bool) -> Test:
    parts = tuple(path.split("."))
    if len(parts) > 1:
        return lambda document: any(test(value) for value in reach(document, parts, expand=expand))

    def simple(document: Document) -> bool:
        value = document.get(path, MISSING)
        if expand and type(value) is list:
            return any(test(item) for item in value) or test(value)
        return test(value)

    return simple


def _every(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)
    return lambda value: all(test(value) for test in tests)


def _some(tests: list[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _negated(test: Test) -> Test:
    return lambda value: not test(value)


def _equals(operand: Any) -> Test:
    kind = type(operand)
    if kind in _SAME_TYPE_EQUALITY:
        return lambda value: type(value) is kind and value == operand
    wanted = key(operand)
    return lambda value: key(value) == wanted


def _compares(compare: Callable[[Any, Any], bool], operand: Any) -> Test:
    rank, wanted = key(operand)

    def test(value: Any) -> bool:
        value_rank, payload = key(value)
        return value_rank == rank and compare(payload, wanted)

    return test


def _among(operand: list[Any]) -> Test:
    wanted = {key(item) for item in operand if type(item) is not Regex}
    patterns = [_matches(item) for item in operand if type(item) is Regex]
    if not patterns:
        return lambda value: key(value) in wanted
    return lambda value: key(value) in wanted or any(pattern(value) for pattern in patterns)


def _exists(_: Any) -> Test:
    return lambda value: value is not MISSING


def _is_of_type(codes: frozenset[int]) -> Test:
    return lambda value: value is not MISSING and TYPE_ALIASES[type_name(value)] in codes


def _matches(operand: "Regex[Any]") -> Test:
    search = compile_pattern(operand).search
    wanted = key(operand)

    def test(value: Any) -> bool:
        if type(value) is str:
            return search(value) is not None
        return type(value) is Regex and key(value) == wanted

    return test


def _has_size(operand: int) -> Test:
    return lambda value: type(value) is list and len(value) == operand


def _has_element(condition: Condition) -> Test:
    test = value_test(condition)
    return lambda value: type(value) is list and any(test(item) for item in value)


def _has_document(condition: Condition) -> Test:
    test = matcher(condition)

    def matches(item: Any) -> bool:
        if type(item) is list:  # an array is to `$elemMatch` a document with the fields "0", "1", …
            item = {str(index): inner for index, inner in enumerate(item)}
        return type(item) is dict and test(item)

    return lambda value: type(value) is list and any(matches(item) for item in value)


def _has_remainder(operand: tuple[int, int]) -> Test:
    divisor, remainder = operand

    def test(value: Any) -> bool:
        if type(value) is Decimal128:
            value = value.to_decimal()
        elif type(value) not in (int, Int64, float):
            return False
        if not isfinite(value) or int(value) not in INT64:
            return False
        whole = int(value)
        rest = abs(whole) % abs(divisor)  # the sign is the dividend's, as in C
        return (-rest if whole < 0 else rest) == remainder

    return test


_TESTS: dict[str, Callable[[Any], Test]] = {
    "$eq": _equals,
    "$in": _among,
    "$exists": _exists,
    "$type": _is_of_type,
    "$regex": _matches,
    "$size": _has_size,
    "$elemMatch value": _has_element,
    "$elemMatch object": _has_document,
    "$mod": _has_remainder,
}
