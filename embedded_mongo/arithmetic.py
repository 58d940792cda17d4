"""Arithmetic that keeps MongoDB's number types: int, long, double, decimal."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

from bson import Decimal128, Int64
from bson.decimal128 import create_decimal128_context

from embedded_mongo.errors import refused
from embedded_mongo.values import INT32, INT64

Operation = Callable[[Any, Any], Any]


def combine(operation: Operation, left: Any, right: Any) -> Any:
    """Apply `operation` to two numbers; the result has the wider of their types.

    Whole numbers that outgrow 32 bits become longs. Raises OverflowError if they outgrow 64.
    """
    if type(left) is Decimal128 or type(right) is Decimal128:
        with localcontext(create_decimal128_context()):
            return Decimal128(operation(decimal(left), decimal(right)))
    if type(left) is float or type(right) is float:
        return operation(float(left), float(right))
    return whole(operation(int(left), int(right)), long=type(left) is Int64 or type(right) is Int64)


def whole(number: int, *, long: bool) -> int:
    """An int, or a long if asked for or needed. Raises OverflowError beyond 64 bits."""
    if number not in INT64:
        raise OverflowError(number)
    return Int64(number) if long or number not in INT32 else number


def decimal(number: Any) -> Decimal:
    """A whole number or a Decimal128 as a Decimal."""
    if type(number) is Decimal128:
        return number.to_decimal()
    if type(number) is float:
        raise refused("arithmetic between double and decimal")
    return Decimal(int(number))
