"""One order for all BSON values, as Python tuples that compare natively.

`key(value)` is `(rank of the type, payload)`; payloads of one rank compare with each other. Keys are hashable, and
two values are equal for MongoDB exactly if their keys are.
Source: https://www.mongodb.com/docs/v7.0/reference/bson-type-comparison-order/
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import inf
from typing import Any

from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.code import Code

from embedded_mongo.errors import refused
from embedded_mongo.values import Absent

Key = tuple[Any, ...]

MIN_KEY, EMPTY, NULL, NOT_A_NUMBER, NUMBER, STRING, OBJECT, ARRAY = range(1, 9)
BINARY, OBJECT_ID, BOOLEAN, DATE, TIMESTAMP, REGEX, CODE, MAX_KEY = range(9, 17)

AFTER_ALL = inf
"""Greater than every rank and record number: `prefix + (AFTER_ALL,)` sorts after all that starts with `prefix`."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  dates are kept naive, in UTC
_INVERTED_BYTES = bytes(255 - byte for byte in range(256))
# UTF-8 has no byte above 0xF4: inverted from 0xFE it leaves 0xFF as an end mark greater than any of them.
_INVERTED_TEXT = bytes(max(254 - byte, 0) for byte in range(256))


def key(value: Any) -> Key:
    """The place of a value in the order of all values."""
    return _KEYS[type(value)](value)


def descending(ordered: Key) -> Key:
    """The key that sorts among descending keys as `ordered` sorts, reversed, among ascending ones."""
    rank, payload = ordered
    return -rank, _descending_payload(payload)


def _number_key(value: float) -> Key:
    return (NUMBER, value) if value == value else (NOT_A_NUMBER, 0)  # noqa: PLR0124  only NaN differs from itself


def _decimal_key(value: Decimal128) -> Key:
    decimal = value.to_decimal()
    return (NOT_A_NUMBER, 0) if decimal.is_nan() else (NUMBER, decimal)


def _object_key(value: dict[str, Any]) -> Key:
    """Field by field: the type first, then the name, then the value."""
    return (OBJECT, tuple(_named(name, key(item)) for name, item in value.items()))


def _named(name: str, ordered: Key) -> Key:
    return (ordered[0], name, ordered[1])


def _array_key(value: list[Any]) -> Key:
    return (ARRAY, tuple(key(item) for item in value))


def _code_key(value: Code) -> Key:
    if value.scope is not None:
        raise refused("JavaScript code with scope")
    return (CODE, str(value))


def _descending_payload(payload: Any) -> Any:
    if type(payload) in _DESCENDING:
        return _DESCENDING[type(payload)](payload)
    return -payload


def _descending_tuple(payload: Key) -> Key:
    # A nested key starts with its rank, a number, so that ranks and the end mark compare with each other.
    return (*(_descending_payload(item) for item in payload), (AFTER_ALL,))


_KEYS: dict[type, Callable[[Any], Key]] = {
    MinKey: lambda _: (MIN_KEY, 0),
    Absent: lambda value: (EMPTY, 0) if value is Absent.EMPTY_ARRAY else (NULL, 0),
    type(None): lambda _: (NULL, 0),
    int: lambda value: (NUMBER, value),
    Int64: lambda value: (NUMBER, value),
    float: _number_key,
    Decimal128: _decimal_key,
    str: lambda value: (STRING, value),
    dict: _object_key,
    list: _array_key,
    bytes: lambda value: (BINARY, (len(value), 0, value)),
    Binary: lambda value: (BINARY, (len(value), value.subtype, bytes(value))),
    ObjectId: lambda value: (OBJECT_ID, value.binary),
    bool: lambda value: (BOOLEAN, value),
    datetime: lambda value: (DATE, value),
    Timestamp: lambda value: (TIMESTAMP, (value.time, value.inc)),
    Regex: lambda value: (REGEX, (value.pattern, value.flags)),
    Code: _code_key,
    MaxKey: lambda _: (MAX_KEY, 0),
}
_DESCENDING: dict[type, Callable[[Any], Any]] = {
    str: lambda text: text.encode("utf-8", "surrogatepass").translate(_INVERTED_TEXT) + b"\xff",
    bytes: lambda data: data.translate(_INVERTED_BYTES),
    datetime: lambda date: _EPOCH - date,
    Decimal: Decimal.copy_negate,  # `-x` would round to 28 digits
    tuple: _descending_tuple,
}
