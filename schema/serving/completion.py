"""How values become what a response holds, without graphql-core where they are of the usual kinds.

Raises `Unusual`, or anything, where graphql-core has to see to it: it then says what it always says.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from types import GeneratorType, NoneType
from typing import Any, Final, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    UndefinedType,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

Read = Callable[[Any], Any]
"""Gets a field's value from its source."""
Complete = Callable[[Any], Any]
"""Makes of a value what the response holds."""

LARGEST_INT: Final = 2**31 - 1
EXACT: Final[dict[Any, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars that serialise values of this very type as they are."""
MOST_SHAPES: Final = 1_000

UNUSUAL: Final = (NoneType, Exception, GeneratorType, UndefinedType)


class Unusual(Exception):
    """The value is none that is read in passing."""


def in_type(type_: GraphQLOutputType, complete: Complete) -> Complete:
    """`complete`, which takes a value of the named type, for that type with its lists and nulls."""
    if is_non_null_type(type_):
        return _not_null(type_.of_type, complete)
    not_null = _not_null(type_, complete)
    return lambda value: None if value is None else not_null(value)


def _not_null(type_: GraphQLOutputType, complete: Complete) -> Complete:
    return _list(in_type(type_.of_type, complete)) if is_list_type(type_) else complete


def _list(complete: Complete) -> Complete:
    def complete_list(value: Any) -> list[Any]:
        if type(value) is not list and type(value) is not tuple:
            raise Unusual
        return [complete(item) for item in value]

    return complete_list


def object_by(read: Read) -> Complete:
    def complete_object(value: Any) -> Any:
        if is_unusual(type(value)):
            raise Unusual
        return read(value)

    return complete_object


def leaf(type_: GraphQLLeafType) -> Complete:
    serialize = _serialize(type_)

    def complete_any(value: Any) -> Any:
        if is_unusual(type(value)):
            raise Unusual
        return serialize(value)

    exact = EXACT.get(type_)
    return (lambda value: value if type(value) is exact else complete_any(value)) if exact else complete_any


def _serialize(type_: GraphQLLeafType) -> Complete:
    serialize = type_.coerce_output_value

    def serialized(value: Any) -> Any:
        result = serialize(value)
        if result is None or result is Undefined:
            raise Unusual
        return result

    if type_ is GraphQLInt:
        return lambda value: value if type(value) is int and -LARGEST_INT <= value <= LARGEST_INT else serialized(value)
    return _named(serialized) if isinstance(type_, GraphQLEnumType) else serialized


def _named(serialized: Complete) -> Complete:
    names: dict[Enum, Any] = {}

    def name_of(value: Any) -> Any:
        if not isinstance(value, Enum):
            return serialized(value)
        name = names.get(value)
        if name is None:
            name = names[value] = serialized(value)
        return name

    return name_of


class Attributes:
    """Reads leaves that are attributes, all of a source at once.

    What has to be done with the values follows from their types, and is worked out once for each row of types.
    """

    def __init__(self, fields: Sequence[tuple[str, str, GraphQLOutputType, Complete]]) -> None:
        """Of each field: the key in the response, the attribute, the type, and what completes it."""
        self.keys = [key for key, _, _, _ in fields]
        self._fields = fields
        names = [name for _, name, _, _ in fields]
        read = attrgetter(*names)
        self._read: Callable[[Any], tuple[Any, ...]] = (lambda source: (read(source),)) if len(names) == 1 else read
        self._shapes: dict[tuple[type, ...], list[tuple[str, Complete]]] = {}

    def into(self, results: dict[str, Any], source: Any) -> None:
        values = self._read(source)
        shape = tuple(map(type, values))
        to_complete = self._shapes.get(shape)
        if to_complete is None:
            to_complete = self._remember(shape)
        results.update(zip(self.keys, values, strict=True))
        for key, complete in to_complete:
            results[key] = complete(results[key])

    def _remember(self, shape: tuple[type, ...]) -> list[tuple[str, Complete]]:
        if len(self._shapes) >= MOST_SHAPES:
            self._shapes.clear()
        to_complete = self._shapes[shape] = [
            (key, _completing(kind, type_, complete))
            for (key, _, type_, complete), kind in zip(self._fields, shape, strict=True)
            if not _is_done(kind, type_)
        ]
        return to_complete


def _is_done(kind: type, type_: GraphQLOutputType) -> bool:
    """True where values of the kind are in a response what they are."""
    if kind is NoneType:
        return not is_non_null_type(type_)
    return EXACT.get(get_nullable_type(type_)) is kind


def _completing(kind: type, type_: GraphQLOutputType, complete: Complete) -> Complete:
    """`complete`, or less where the kind says that less will do."""
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if is_list_type(named) or is_unusual(kind):
        return complete
    return _serialize(cast(GraphQLLeafType, named))


def _is_looked_at(kind: type) -> bool:
    """True for what graphql-core looks at before it completes a value: nulls, exceptions, something to await."""
    return issubclass(kind, UNUSUAL) or hasattr(kind, "__await__")


# A page asks it of hundreds of values, of a handful of types.
is_unusual = cast(Callable[[type], bool], lru_cache(maxsize=1_000)(_is_looked_at))
