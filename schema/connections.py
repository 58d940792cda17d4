"""Relay connections over the slices that resolvers return. Cursors are keyset cursors: far pages cost what the
first one does."""

from typing import Annotated, Any, Generic, Self, TypeVar, cast

import strawberry
from strawberry.relay import PageInfo

from core.pages import CONNECTION_LIMIT, DEFAULT_LIMIT, Slice
from schema.edge import described

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(description=f"The first n items, {DEFAULT_LIMIT} by default, at most {CONNECTION_LIMIT}."),
]
After = Annotated[str | None, strawberry.argument(description="Only items after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description=f"The last n items, at most {CONNECTION_LIMIT}.")]
Before = Annotated[str | None, strawberry.argument(description="Only items before this cursor.")]


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]
    found: strawberry.Private[Slice[Any]]

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor=self.found.cursor_of(item).encode(), node=item) for item in cast(list[T], self.found.items)]

    @strawberry.field
    def page_info(self) -> PageInfo:
        items = self.found.items
        return PageInfo(
            has_next_page=self.found.has_next,
            has_previous_page=self.found.has_previous,
            start_cursor=self.found.cursor_of(items[0]).encode() if items else None,
            end_cursor=self.found.cursor_of(items[-1]).encode() if items else None,
        )

    @described("How many there are in all: counted only when asked for.")
    async def total_count(self) -> int:
        return await self.found.count()

    @classmethod
    def of(cls, found: Slice[Any]) -> Self:
        """The documents themselves are the nodes: types read their attributes."""
        return cls(nodes=cast(list[T], list(found.items)), found=found)
