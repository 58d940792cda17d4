"""An executor that reads plain attributes in one pass and leaves everything else to graphql-core.

A field is plain when resolving it is reading an attribute, or calling a method that takes `self` alone and does not
wait, and when its type is a leaf, a list, or an object all of whose selected fields are plain. Of each selection set
the plain fields are read together; the others are executed as ever. Whatever is unusual about a value (a null where
none may be, an exception, something to await, a scalar that does not serialise) sends the whole object back to
graphql-core, which then says what it always says: so results, errors and paths are its own.
Methods that are read this way must have no side effects, because they may be called twice.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import GeneratorType, NoneType
from typing import Any, Final, cast

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    UndefinedType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

Read = Callable[[Any], Any]
"""Gets a field's value from its source."""
Complete = Callable[[Any], Any]
"""Makes of a value what the response holds. Raises `Unusual`, or anything, where graphql-core has to see to it."""

LARGEST_INT: Final = 2**31 - 1
EXACT: Final[dict[GraphQLLeafType, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars that serialise values of this very type as they are."""

UNUSUAL: Final = (NoneType, Exception, GeneratorType, UndefinedType)


class Unusual(Exception):
    """The value is none that is read in passing."""


@dataclass(frozen=True, slots=True)
class PlainField:
    """`complete` is None for fields of objects, whose selection decides."""

    read: Read
    type: GraphQLOutputType
    complete: Complete | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Of a selection set: what reads its plain fields (and puts null in the place of the others), and the others."""

    read: Read
    others: GroupedFieldSet


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """To be given to a Strawberry schema as its `execution_context_class`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The sets are kept with their selections, so that their ids are not used again.
        self._selections: dict[int, tuple[GroupedFieldSet, Selection | None]] = {}
        self._compiles = self.abort_signal is None and not self.middleware_manager

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        execute = super().execute_fields
        if not self._compiles or path is None or position_context is not None:
            return execute(parent_type, source_value, path, grouped_field_set, position_context)
        selection = self._selection(parent_type, grouped_field_set)
        if selection is None:
            return execute(parent_type, source_value, path, grouped_field_set, None)
        try:
            results: dict[str, Any] = selection.read(source_value)
        except Exception:
            return execute(parent_type, source_value, path, grouped_field_set, None)
        if not selection.others:
            return results
        others = execute(parent_type, source_value, path, selection.others, None)
        if not isinstance(others, dict):
            return _updated(results, others)
        results.update(others)
        return results

    def _selection(self, parent_type: GraphQLObjectType, grouped_field_set: GroupedFieldSet) -> Selection | None:
        """None where no field is plain."""
        identity = id(grouped_field_set)
        known = self._selections.get(identity)
        if known is None:
            known = self._selections[identity] = grouped_field_set, self._compiled(parent_type, grouped_field_set)
        return known[1]

    def _compiled(self, parent_type: GraphQLObjectType, grouped_field_set: GroupedFieldSet) -> Selection | None:
        fields: list[tuple[str, Read, Complete]] = []
        others: GroupedFieldSet = {}
        for key, details in grouped_field_set.items():
            plain = self._plain(parent_type, details)
            if plain is None:
                others[key] = details
            read, complete = plain or (_nothing, _as_it_is)
            fields.append((key, read, complete))
        return None if len(others) == len(fields) else Selection(_reader(fields), others)

    def _plain(self, parent_type: GraphQLObjectType, details: FieldDetailsList) -> tuple[Read, Complete] | None:
        name = details[0].node.name.value
        if name == "__typename":
            type_name = parent_type.name
            return (lambda _: type_name), _as_it_is
        field = plain_field(self.schema, parent_type.name, name)
        if field is None:
            return None
        if field.complete:
            return field.read, field.complete
        selection = self._selection_of_object(get_named_type(field.type), details)
        if selection is None or selection.others:
            return None
        return field.read, _completing(field.type, _object(selection.read))

    def _selection_of_object(self, object_type: GraphQLNamedType, details: FieldDetailsList) -> Selection | None:
        if not isinstance(object_type, GraphQLObjectType):
            return None
        try:
            collected = self.collect_subfields(object_type, details)
        except GraphQLError:
            # A null for `@include(if:)`: an error if the object is there, none if it is null.
            return None
        return self._selection(object_type, collected.grouped_field_set)


@lru_cache(maxsize=10_000)
def plain_field(schema: GraphQLSchema, type_name: str, field_name: str) -> PlainField | None:
    """The field if it may be plain: of objects it depends on what is selected. None for all others."""
    parent_type = schema.type_map[type_name]
    field = parent_type.fields.get(field_name) if isinstance(parent_type, GraphQLObjectType) else None
    read = _read(field) if field else None
    if field is None or read is None:
        return None
    named = get_named_type(field.type)
    if is_leaf_type(named):
        return PlainField(read, field.type, _completing(field.type, _leaf(named)))
    if isinstance(named, GraphQLObjectType) and not named.is_type_of:
        return PlainField(read, field.type, None)
    return None


def _read(field: GraphQLField) -> Read | None:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if field.args or not isinstance(definition, StrawberryField) or definition.extensions:
        return None
    resolver = definition.base_resolver
    if resolver is None:
        return attrgetter(definition.python_name) if definition.default_resolver is getattr else None
    takes_self_alone = [*resolver.signature.parameters.values()] == [resolver.self_parameter]
    return resolver if takes_self_alone and not resolver.is_async else None


def _completing(type_: GraphQLOutputType, complete: Complete) -> Complete:
    """`complete`, which takes a value of the named type, for that type with its lists and nulls."""
    if is_non_null_type(type_):
        return _not_null(type_.of_type, complete)
    not_null = _not_null(type_, complete)
    return lambda value: None if value is None else not_null(value)


def _not_null(type_: GraphQLOutputType, complete: Complete) -> Complete:
    return _list(_completing(type_.of_type, complete)) if is_list_type(type_) else complete


def _list(complete: Complete) -> Complete:
    def complete_list(value: Any) -> list[Any]:
        if type(value) is not list and type(value) is not tuple:
            raise Unusual
        return [complete(item) for item in value]

    return complete_list


def _object(read: Read) -> Complete:
    def complete_object(value: Any) -> Any:
        if _is_unusual(type(value)):
            raise Unusual
        return read(value)

    return complete_object


def _leaf(type_: GraphQLLeafType) -> Complete:
    serialize = type_.coerce_output_value

    def complete_any(value: Any) -> Any:
        if _is_unusual(type(value)):
            raise Unusual
        result = serialize(value)
        if result is None or result is Undefined:
            raise Unusual
        return result

    if type_ is GraphQLInt:
        return lambda value: (
            value if type(value) is int and -LARGEST_INT <= value <= LARGEST_INT else complete_any(value)
        )
    exact = EXACT.get(type_)
    return (lambda value: value if type(value) is exact else complete_any(value)) if exact else complete_any


def _reader(fields: list[tuple[str, Read, Complete]]) -> Read:
    return lambda source: {key: complete(read(source)) for key, read, complete in fields}


def _is_looked_at(kind: type) -> bool:
    """True for what graphql-core looks at before it completes a value: nulls, exceptions, something to await."""
    return issubclass(kind, UNUSUAL) or hasattr(kind, "__await__")


# A page asks it of hundreds of values, of a handful of types.
_is_unusual = cast(Callable[[type], bool], lru_cache(maxsize=1_000)(_is_looked_at))


def _nothing(_: Any) -> None:
    return None


def _as_it_is(value: Any) -> Any:
    return value


async def _updated(results: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    results.update(await others)
    return results
