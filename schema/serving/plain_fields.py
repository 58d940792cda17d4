"""Which fields of a schema can be read in passing: attributes, methods of `self` alone, and look-ups by a loader."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from graphql import GraphQLField, GraphQLObjectType, GraphQLOutputType, GraphQLSchema, get_named_type, is_leaf_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema.serving.completion import Complete, Read, in_type, leaf

LOAD: Final = "load"
"""The name in a field's metadata of what loads it (`Load`)."""
Load = Callable[[Any, Any], Awaitable[Any] | Any]
"""Takes the request's context and the source; gives a loader's future, or the value itself where nothing is to be
loaded. Has no side effects, and the loader keeps what it loaded, because it may be asked twice."""


@dataclass(frozen=True, slots=True)
class PlainField:
    """Has a `read` or a `load`. `attribute` is the name of what is read, if it is an attribute. `complete` is None for
    fields of objects, whose selection decides."""

    type: GraphQLOutputType
    read: Read | None
    load: Load | None
    attribute: str | None
    complete: Complete | None


@lru_cache(maxsize=10_000)
def plain_field(schema: GraphQLSchema, type_name: str, field_name: str) -> PlainField | None:
    """The field if it may be plain: of objects it depends on what is selected. None for all others."""
    parent_type = schema.type_map[type_name]
    field = parent_type.fields.get(field_name) if isinstance(parent_type, GraphQLObjectType) else None
    definition = _definition(field) if field else None
    if field is None or definition is None:
        return None
    load, attribute, read = definition.metadata.get(LOAD), _attribute(definition), None
    if not load:
        read = attrgetter(attribute) if attribute else _method(definition)
        if read is None:
            return None
    named = get_named_type(field.type)
    if is_leaf_type(named):
        return PlainField(field.type, read, load, attribute, in_type(field.type, leaf(named)))
    if isinstance(named, GraphQLObjectType) and not named.is_type_of:
        return PlainField(field.type, read, load, attribute, None)
    return None


def _definition(field: GraphQLField) -> StrawberryField | None:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if field.args or not isinstance(definition, StrawberryField) or definition.extensions:
        return None
    return definition


def _attribute(definition: StrawberryField) -> str | None:
    is_read = definition.base_resolver is None and definition.default_resolver is getattr
    return definition.python_name if is_read else None


def _method(definition: StrawberryField) -> Read | None:
    resolver = definition.base_resolver
    if resolver is None:
        return None
    takes_self_alone = [*resolver.signature.parameters.values()] == [resolver.self_parameter]
    return resolver if takes_self_alone and not resolver.is_async else None
