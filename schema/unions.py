"""Unions of documents: the class of a document says which of the types it is."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLAbstractType, GraphQLResolveInfo, GraphQLTypeResolver
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.union import StrawberryUnion


class DocumentUnion(StrawberryUnion):
    """`types` are the GraphQL types by the classes of what they show.

    Strawberry's own unions ask each type by `is_type_of`, which graphql-core would then ask of every object of the
    type, wherever it is.
    """

    def __init__(self, name: str, types: Mapping[type, type], description: str) -> None:
        annotations = tuple(StrawberryAnnotation(one) for one in dict.fromkeys(types.values()))
        super().__init__(name, annotations, description)
        self._types = types

    def get_type_resolver(self, type_map: Any) -> GraphQLTypeResolver:
        names = {document: shown.__name__ for document, shown in self._types.items()}

        def name_of(document: Any, _: GraphQLResolveInfo[Any], __: GraphQLAbstractType) -> str:
            return names[type(document)]

        return name_of
