"""Update operators on single values: each makes, of its operand, a function from the old value to the new one."""

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bson import Decimal128, Int64, Timestamp

from embedded_mongo.arithmetic import combine
from embedded_mongo.errors import MongoError
from embedded_mongo.ordering import key
from embedded_mongo.values import MISSING, NUMBERS, type_name

Change = Callable[[Any], Any]
MakeChange = Callable[[str, Any, datetime], Change]

_ZEROS: dict[type, Any] = {int: 0, Int64: Int64(0), float: 0.0, Decimal128: Decimal128("0")}


def _set(_: str, operand: Any, __: datetime) -> Change:
    return lambda _: operand


def _unset(_: str, __: Any, ___: datetime) -> Change:
    return lambda _: MISSING


def _increment(path: str, operand: Any, _: datetime) -> Change:
    if type(operand) not in NUMBERS:
        raise MongoError(14, f"Cannot increment with non-numeric argument: {{{path}: {type_name(operand)}}}")
    return lambda old: operand if old is MISSING else _calculated("$inc", operator.add, path, old, operand)


def _multiply(path: str, operand: Any, _: datetime) -> Change:
    if type(operand) not in NUMBERS:
        raise MongoError(14, f"Cannot multiply with non-numeric argument: {{{path}: {type_name(operand)}}}")
    zero = _ZEROS[type(operand)]
    return lambda old: zero if old is MISSING else _calculated("$mul", operator.mul, path, old, operand)


def _calculated(name: str, operation: Callable[[Any, Any], Any], path: str, old: Any, operand: Any) -> Any:
    if type(old) not in NUMBERS:
        raise MongoError(
            14,
            f"Cannot apply {name} to a value of non-numeric type. "
            f"The document has the field '{path}' of non-numeric type {type_name(old)}",
        )
    try:
        return combine(operation, old, operand)
    except OverflowError as error:
        raise MongoError(2, f"Failed to apply {name} operations to current value of field '{path}'") from error


def _minimum(_: str, operand: Any, __: datetime) -> Change:
    return lambda old: operand if old is MISSING or key(operand) < key(old) else old


def _maximum(_: str, operand: Any, __: datetime) -> Change:
    return lambda old: operand if old is MISSING or key(operand) > key(old) else old


def _current_date(path: str, operand: Any, now: datetime) -> Change:
    if type(operand) is bool or operand == {"$type": "date"}:
        return lambda _: now
    if operand == {"$type": "timestamp"}:
        moment = Timestamp(now, 1)
        return lambda _: moment
    raise MongoError(2, f"The '$type' of $currentDate for '{path}' has to be 'date' or 'timestamp'")


FIELD_CHANGES: dict[str, MakeChange] = {
    "$set": _set,
    "$setOnInsert": _set,
    "$unset": _unset,
    "$inc": _increment,
    "$mul": _multiply,
    "$min": _minimum,
    "$max": _maximum,
    "$currentDate": _current_date,
}
