"""How values outside GraphQL's own are written: the same as in REST."""

from datetime import datetime
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from core.inputs import iso, moment_of


def _parse(value: Any) -> datetime:
    try:
        return moment_of(value)
    except ValueError as error:
        raise GraphQLError(f"DateTime {error}") from None


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="ISO 8601 in UTC with milliseconds, such as 2026-01-31T09:00:00.000Z.",
        serialize=iso,
        parse_value=_parse,
    )
}
