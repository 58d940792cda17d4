"""Aggregation expressions, compiled to functions of the document. MISSING is the value of what is not there."""

import operator
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bson import Decimal128, Int64

from embedded_mongo.arithmetic import combine
from embedded_mongo.date_expressions import DATE_EXPRESSIONS
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.ordering import key
from embedded_mongo.values import MISSING, NUMBERS, Document, is_true, type_name

Evaluate = Callable[[Document], Any]


def compile_expression(expression: Any) -> Evaluate:
    """Read an expression: a path (`"$a.b"`), an operator, a document of expressions, or a constant."""
    if type(expression) is str and expression.startswith("$"):
        return _path(expression)
    if type(expression) is list:
        items = [compile_expression(item) for item in expression]
        return lambda document: [_present(item(document)) for item in items]
    if type(expression) is not dict:
        return lambda _: expression
    name = next(iter(expression), "")
    if not name.startswith("$"):
        return _object(expression)
    if len(expression) > 1:
        raise MongoError(15983, "An object representing an expression must have exactly one field")
    return _operator(name, expression[name])


def _present(value: Any) -> Any:
    return None if value is MISSING else value


def _path(expression: str) -> Evaluate:
    if expression.startswith("$$"):
        name, _, rest = expression[2:].partition(".")
        if name not in ("ROOT", "CURRENT"):
            raise refused(f"the variable $${name}")
        if not rest:
            return lambda document: document
        expression = f"${rest}"
    parts = expression[1:].split(".")
    if not all(parts):
        raise MongoError(40353, f"FieldPath must not end with a '.' or have empty parts: {expression}")
    if len(parts) == 1:
        name = parts[0]
        return lambda document: document.get(name, MISSING)
    return lambda document: value_of_path(document, parts)


def value_of_path(value: Any, parts: list[str]) -> Any:
    """The value at a path as an expression sees it: of an array, the array of what is in its documents."""
    for position, part in enumerate(parts):
        if type(value) is list:
            found = (value_of_path(item, parts[position:]) for item in value if type(item) in (dict, list))
            return [item for item in found if item is not MISSING]
        value = value.get(part, MISSING) if type(value) is dict else MISSING
    return value


def _object(expression: Document) -> Evaluate:
    for name in expression:
        if name.startswith("$") or "." in name:
            raise MongoError(16410, f"FieldPath field names may not start with '$' or contain '.': {name}")
    fields = {name: compile_expression(item) for name, item in expression.items()}

    def evaluate(document: Document) -> Document:
        values = ((name, field(document)) for name, field in fields.items())
        return {name: value for name, value in values if value is not MISSING}

    return evaluate


def _operator(name: str, operand: Any) -> Evaluate:
    if name in ("$literal", "$const"):
        return lambda _: operand
    if name in DATE_EXPRESSIONS:
        return DATE_EXPRESSIONS[name](operand, compile_expression)
    if name == "$cond":
        return _conditional(operand)
    if name not in _FUNCTIONS:
        raise refused(f"expression {name}")
    least, most, function = _FUNCTIONS[name]
    arguments = [compile_expression(item) for item in (operand if type(operand) is list else [operand])]
    if not least <= len(arguments) <= most:
        raise MongoError(
            16020, f"Expression {name} takes {least} to {most} arguments. {len(arguments)} were passed in."
        )
    if name in _SHORT_CIRCUIT:
        return _SHORT_CIRCUIT[name](arguments)
    return lambda document: function(*(argument(document) for argument in arguments))


def _conditional(operand: Any) -> Evaluate:
    if type(operand) is dict:
        if set(operand) != {"if", "then", "else"}:
            raise MongoError(17080, "$cond takes 'if', 'then' and 'else'")
        operand = [operand["if"], operand["then"], operand["else"]]
    if type(operand) is not list or len(operand) != 3:
        raise MongoError(16020, "Expression $cond takes exactly 3 arguments")
    condition, then, otherwise = (compile_expression(item) for item in operand)
    return lambda document: then(document) if is_true(condition(document)) else otherwise(document)


def _and(arguments: list[Evaluate]) -> Evaluate:
    return lambda document: all(is_true(argument(document)) for argument in arguments)


def _or(arguments: list[Evaluate]) -> Evaluate:
    return lambda document: any(is_true(argument(document)) for argument in arguments)


def _if_null(arguments: list[Evaluate]) -> Evaluate:
    *candidates, default = arguments

    def evaluate(document: Document) -> Any:
        for candidate in candidates:
            value = candidate(document)
            if value is not None and value is not MISSING:
                return value
        return default(document)

    return evaluate


def _arithmetic(name: str, operation: Callable[[Any, Any], Any], start: int) -> Callable[..., Any]:
    def evaluate(*values: Any) -> Any:
        total: Any = start
        for value in values:
            if value is None or value is MISSING:
                return None
            if type(value) not in NUMBERS:
                _not_numeric(name, value)
            total = _widened(operation, total, value)
        return total

    return evaluate


def _not_numeric(name: str, value: Any) -> None:
    if type_name(value) == "date":
        raise refused(f"{name} with dates")
    raise MongoError(14, f"{name} only supports numeric types, not {type_name(value)}")


def _widened(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    try:
        return combine(operation, left, right)
    except OverflowError:
        return operation(float(left), float(right))  # beyond 64 bits the result becomes a double


def _subtract(left: Any, right: Any) -> Any:
    if left in (None, MISSING) or right in (None, MISSING):
        return None
    if type_name(left) == type_name(right) == "date":
        return Int64((left - right) // timedelta(milliseconds=1))
    for value in (left, right):
        if type(value) not in NUMBERS:
            _not_numeric("$subtract", value)
    return _widened(operator.sub, left, right)


def _divide(left: Any, right: Any) -> Any:
    if left in (None, MISSING) or right in (None, MISSING):
        return None
    for value in (left, right):
        if type(value) not in NUMBERS:
            raise MongoError(14, f"$divide only supports numeric types, not {type_name(value)}")
    if Decimal128 in (type(left), type(right)):
        raise refused("$divide of decimals")
    if right == 0:
        raise MongoError(2, "can't $divide by zero")
    return float(left) / float(right)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(_order(left), _order(right))


def _order(value: Any) -> Any:
    """In expressions what is missing sorts before null and differs from it."""
    return (0,) if value is MISSING else key(value)


def _compare(left: Any, right: Any) -> int:
    one, other = _order(left), _order(right)
    return int(one > other) - int(one < other)


def _concatenate(*values: Any) -> str | None:
    for value in values:
        if value is not None and value is not MISSING and type(value) is not str:
            raise MongoError(16702, f"$concat only supports strings, not {type_name(value)}")
    return None if any(value is None or value is MISSING for value in values) else "".join(values)


def _change_case(name: str, change: Callable[[bytes], bytes]) -> Callable[[Any], str]:
    def evaluate(value: Any) -> str:
        if value is None or value is MISSING:
            return ""
        if type(value) is not str:
            raise refused(f"{name} of a value of type {type_name(value)}")
        return change(value.encode()).decode()  # ASCII letters alone, as MongoDB does

    return evaluate


def _size(value: Any) -> int:
    if type(value) is not list:
        raise MongoError(17124, f"The argument to $size must be an array, but was of type: {type_name(value)}")
    return len(value)


def _element_at(array: Any, index: Any) -> Any:
    if array in (None, MISSING) or index in (None, MISSING):
        return None
    if type(array) is not list:
        raise MongoError(28689, f"$arrayElemAt's first argument must be an array, but is {type_name(array)}")
    if type(index) not in (int, Int64, float) or index % 1 != 0:
        raise MongoError(28690, f"$arrayElemAt's second argument must be a whole number, but is {type_name(index)}")
    return array[int(index)] if -len(array) <= index < len(array) else MISSING


def _contains(value: Any, array: Any) -> bool:
    if type(array) is not list:
        raise MongoError(40081, f"$in requires an array as a second argument, found: {type_name(array)}")
    return any(_order(value) == _order(item) for item in array)


_ANY = 10_000
_SHORT_CIRCUIT: dict[str, Callable[[list[Evaluate]], Evaluate]] = {"$and": _and, "$or": _or, "$ifNull": _if_null}
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "$and": (0, _ANY, bool),
    "$or": (0, _ANY, bool),
    "$ifNull": (2, _ANY, bool),
    "$not": (1, 1, lambda value: not is_true(value)),
    "$add": (0, _ANY, _arithmetic("$add", operator.add, 0)),
    "$multiply": (0, _ANY, _arithmetic("$multiply", operator.mul, 1)),
    "$subtract": (2, 2, _subtract),
    "$divide": (2, 2, _divide),
    "$eq": (2, 2, _comparison(operator.eq)),
    "$ne": (2, 2, _comparison(operator.ne)),
    "$gt": (2, 2, _comparison(operator.gt)),
    "$gte": (2, 2, _comparison(operator.ge)),
    "$lt": (2, 2, _comparison(operator.lt)),
    "$lte": (2, 2, _comparison(operator.le)),
    "$cmp": (2, 2, _compare),
    "$concat": (0, _ANY, _concatenate),
    "$toLower": (1, 1, _change_case("$toLower", bytes.lower)),
    "$toUpper": (1, 1, _change_case("$toUpper", bytes.upper)),
    "$size": (1, 1, _size),
    "$arrayElemAt": (2, 2, _element_at),
    "$in": (2, 2, _contains),
}
