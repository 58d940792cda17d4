"""$group: documents with equal keys become one, through accumulators."""

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bson import Decimal128

from embedded_mongo.arithmetic import combine, whole
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.expressions import Evaluate, compile_expression
from embedded_mongo.ordering import key
from embedded_mongo.values import MISSING, NUMBERS, Document

Accumulate = Callable[[list[Any]], Any]


def group(specification: Any) -> Callable[[Iterable[Document]], Iterator[Document]]:
    """Read a $group stage. Groups come in the order of their first document."""
    if type(specification) is not dict or "_id" not in specification:
        raise MongoError(15955, "a group specification must include an _id")
    identify = compile_expression(specification["_id"])
    fields = {name: _field(name, given) for name, given in specification.items() if name != "_id"}

    def run(documents: Iterable[Document]) -> Iterator[Document]:
        identifiers: dict[Any, Any] = {}
        columns: dict[Any, list[list[Any]]] = {}
        for document in documents:
            identifier = identify(document)
            place = key(identifier)
            if place not in columns:
                identifiers[place] = None if identifier is MISSING else identifier
                columns[place] = [[] for _ in fields]
            for column, (evaluate, _) in zip(columns[place], fields.values(), strict=True):
                column.append(evaluate(document))
        for place, identifier in identifiers.items():
            results = (
                accumulate(column) for column, (_, accumulate) in zip(columns[place], fields.values(), strict=True)
            )
            yield {"_id": identifier, **dict(zip(fields, results, strict=True))}

    return run


def _field(name: str, given: Any) -> tuple[Evaluate, Accumulate]:
    if type(given) is not dict or len(given) != 1:
        raise MongoError(40234, f"The field '{name}' must be an accumulator object")
    if "." in name or name.startswith("$"):
        raise MongoError(40235, f"The field name '{name}' cannot contain '.' or start with '$'")
    accumulator, operand = next(iter(given.items()))
    if accumulator == "$count":
        if operand != {}:
            raise MongoError(9, "$count takes no arguments, i.e. $count:{}")
        return (lambda _: 1), _sum
    if accumulator not in _ACCUMULATORS:
        raise refused(f"accumulator {accumulator}")
    if type(operand) is list and len(operand) != 1:
        raise MongoError(40237, f"The {accumulator} accumulator is a unary operator")
    return compile_expression(operand[0] if type(operand) is list else operand), _ACCUMULATORS[accumulator]


def _sum(values: list[Any]) -> Any:
    """The sum in the widest type of the numbers; what is no number does not count."""
    numbers = [value for value in values if type(value) in NUMBERS]
    kinds = {type(number) for number in numbers}
    if Decimal128 in kinds:
        total: Any = numbers[0]
        for number in numbers[1:]:
            total = combine(operator.add, total, number)
        return total
    if float in kinds:
        return _float_sum(numbers)
    try:
        return whole(sum(map(int, numbers)), long=bool(kinds - {int}))
    except OverflowError:
        return float(sum(numbers))


def _float_sum(numbers: list[Any]) -> float:
    """Rounded once, at the end, as MongoDB's compensated summation does."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):
        return float(sum(numbers))


def _average(values: list[Any]) -> float | None:
    numbers = [value for value in values if type(value) in NUMBERS]
    if not numbers:
        return None
    if any(type(number) is Decimal128 for number in numbers):
        raise refused("$avg of decimals")
    return _float_sum(numbers) / len(numbers)


def _known(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None and value is not MISSING]


def _minimum(values: list[Any]) -> Any:
    return min(_known(values), key=key, default=None)


def _maximum(values: list[Any]) -> Any:
    return max(_known(values), key=key, default=None)


def _first(values: list[Any]) -> Any:
    return None if values[0] is MISSING else values[0]


def _last(values: list[Any]) -> Any:
    return None if values[-1] is MISSING else values[-1]


def _push(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not MISSING]


def _add_to_set(values: list[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for value in _push(values):
        found.setdefault(key(value), value)
    return list(found.values())


_ACCUMULATORS: dict[str, Accumulate] = {
    "$sum": _sum,
    "$avg": _average,
    "$min": _minimum,
    "$max": _maximum,
    "$first": _first,
    "$last": _last,
    "$push": _push,
    "$addToSet": _add_to_set,
}
