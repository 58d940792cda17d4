"""The fields of the roots, and the operation that each of them calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLField

from schema.edge import CALLS


@dataclass(frozen=True, slots=True)
class RootField:
    """`kind` is `query`, `mutation` or `subscription`; `calls` is None where a field does not say what it calls."""

    kind: str
    name: str
    calls: Callable[..., Any] | None
    field: GraphQLField


def root_fields(schema: strawberry.Schema) -> list[RootField]:
    core = schema._schema
    roots = {"query": core.query_type, "mutation": core.mutation_type, "subscription": core.subscription_type}
    return [
        RootField(kind, name, field.extensions["strawberry-definition"].metadata.get(CALLS), field)
        for kind, root in roots.items()
        if root is not None
        for name, field in root.fields.items()
    ]
