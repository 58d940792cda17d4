"""Errors as MongoDB numbers and names them.

Source of codes: src/mongo/base/error_codes.yml of MongoDB 7.0.
"""

from typing import Any

CODE_NAMES = {
    2: "BadValue",
    9: "FailedToParse",
    14: "TypeMismatch",
    20: "IllegalOperation",
    22: "InvalidBSON",
    26: "NamespaceNotFound",
    27: "IndexNotFound",
    28: "PathNotViable",
    40: "ConflictingUpdateOperators",
    43: "CursorNotFound",
    48: "NamespaceExists",
    52: "DollarPrefixedFieldName",
    53: "InvalidIdField",
    54: "NotSingleValueField",
    56: "EmptyFieldName",
    59: "CommandNotFound",
    66: "ImmutableField",
    67: "CannotCreateIndex",
    68: "IndexAlreadyExists",
    72: "InvalidOptions",
    73: "InvalidNamespace",
    85: "IndexOptionsConflict",
    86: "IndexKeySpecsConflict",
    171: "CannotIndexParallelArrays",
    238: "NotImplemented",
    10334: "BSONObjectTooLarge",
    11000: "DuplicateKey",
}


class MongoError(Exception):
    """A failed command. `details` are further fields of the reply, such as `keyPattern` of a duplicate key."""

    def __init__(self, code: int, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def write_error(self, index: int) -> dict[str, Any]:
        """The error as an element of `writeErrors`, for the statement at `index` of the command."""
        return {"index": index, "code": self.code, "errmsg": self.message, **self.details}

    def reply(self) -> dict[str, Any]:
        """The error as the reply of a command."""
        code_name = CODE_NAMES.get(self.code, f"Location{self.code}")
        return {"ok": 0.0, "errmsg": self.message, "code": self.code, "codeName": code_name, **self.details}


def refused(name: str) -> MongoError:
    """The error for what is MongoDB's but not done here."""
    return MongoError(238, f"{name} is not supported by the embedded database: set MONGODB_URL")


def refuse_others(options: dict[str, Any], known: frozenset[str], where: str) -> None:
    """Refuse the first of `options` that is not among the `known` ones of `where`."""
    for name in options:
        if name not in known:
            raise refused(f"option {name} of {where}")
