"""BSON values as Python values, both ways, and their types by MongoDB's names."""

import re
from datetime import datetime
from enum import Enum
from typing import Any, Final

import bson
from bson import DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary
from bson.code import Code
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from embedded_mongo.errors import MongoError

Document = dict[str, Any]


class Absent(Enum):
    """What stands where there is no value."""

    MISSING = "missing"
    EMPTY_ARRAY = "empty array"  # what an index or a sort sees of `[]`: it sorts before null


MISSING: Final = Absent.MISSING
EMPTY_ARRAY: Final = Absent.EMPTY_ARRAY

MAXIMUM_DOCUMENT_BYTES = 16 * 1024 * 1024
INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)

_OPTIONS: CodecOptions[Document] = CodecOptions(tz_aware=False)
_REFERENCE_FIELD = re.compile(rb"\x02\$ref\x00")

TYPE_ALIASES: dict[str, int] = {
    "double": 1,
    "string": 2,
    "object": 3,
    "array": 4,
    "binData": 5,
    "objectId": 7,
    "bool": 8,
    "date": 9,
    "null": 10,
    "regex": 11,
    "javascript": 13,
    "int": 16,
    "timestamp": 17,
    "long": 18,
    "decimal": 19,
    "minKey": -1,
    "maxKey": 127,
}
_TYPE_NAMES: dict[type, str] = {
    float: "double",
    str: "string",
    dict: "object",
    list: "array",
    bytes: "binData",
    Binary: "binData",
    ObjectId: "objectId",
    bool: "bool",
    datetime: "date",
    type(None): "null",
    Regex: "regex",
    Code: "javascript",
    Timestamp: "timestamp",
    Int64: "long",
    Decimal128: "decimal",
    MinKey: "minKey",
    MaxKey: "maxKey",
    Absent: "missing",
}
NUMBERS = frozenset({int, float, Int64, Decimal128})


def type_name(value: Any) -> str:
    """MongoDB's alias for the type of a value. A plain `int` is an `int` as long as it fits into 32 bits."""
    if type(value) is int:
        return "int" if value in INT32 else "long"
    return _TYPE_NAMES[type(value)]


def is_true(value: Any) -> bool:
    """Whether MongoDB takes a flag or the outcome of an expression for true."""
    if type(value) is Decimal128:
        return bool(value.to_decimal())
    if type(value) in NUMBERS or type(value) is bool:
        return bool(value)
    return value is not None and value is not MISSING


def decode(raw: bytes) -> Document:
    """Read one document. References (`$ref`, `$id`) stay plain documents, because queries look into them.

    Raises MongoError 22 for broken BSON and for dates outside of the years 1 to 9999.
    """
    try:
        document = bson.decode(raw, _OPTIONS)
    except (BSONError, ValueError, OverflowError, RecursionError) as error:
        raise MongoError(22, f"A document could not be read: {error}") from error
    if _REFERENCE_FIELD.search(raw):
        return {name: _without_references(value) for name, value in document.items()}
    return document


def encode(document: Document) -> bytes:
    """Write one document. Raises MongoError 2 if it can't be BSON, for instance because a number is too large."""
    try:
        return bson.encode(document, codec_options=_OPTIONS)
    except (BSONError, OverflowError, RecursionError) as error:
        raise MongoError(2, f"A document could not be written: {error}") from error


def _without_references(value: Any) -> Any:
    if type(value) is DBRef:
        return {name: _without_references(item) for name, item in value.as_doc().items()}
    if type(value) is dict:
        return {name: _without_references(item) for name, item in value.items()}
    if type(value) is list:
        return [_without_references(item) for item in value]
    return value
