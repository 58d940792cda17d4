"""A small schema to test the edge with: the rules under test are those of the edge, not of any domain."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Self

import strawberry
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket
from strawberry.types import Info

from core.actor import Actor, Role
from core.errors import Conflict, RateLimited, Unauthenticated
from schema.serving.http import GraphQLEndpoint

STAFF = "Bearer staff"


@dataclass
class Desk:
    """What a test sees of the server: credentials that were revoked, streams that are open, mutations that ran."""

    revoked: bool = False
    open_streams: int = 0
    notes: list[str] = field(default_factory=list)
    contexts: int = 0


class Context:
    def __init__(self, actor: Actor, desk: Desk) -> None:
        self.actor = actor
        self.desk = desk
        desk.contexts += 1

    async def still_valid(self) -> bool:
        return not self.desk.revoked

    def renewed(self) -> Self:
        return type(self)(self.actor, self.desk)


class NoteInput(BaseModel):
    text: str = Field(max_length=20)


@strawberry.type
class Ticket:
    id: strawberry.ID
    subject: str

    @strawberry.field
    def shop(self) -> "Shop":
        return Shop(name="One")


@strawberry.type
class Shop:
    name: str

    @strawberry.field
    def tickets(self, first: int | None = None, last: int | None = None) -> "TicketConnection":
        return TicketConnection(nodes=[Ticket(id=strawberry.ID("1"), subject="Hello")], total_count=1)

    @strawberry.field
    def parent(self) -> "Shop":
        return self

    @strawberry.field
    def siblings(self) -> list["Shop"]:
        return [self]


@strawberry.type
class TicketConnection:
    nodes: list[Ticket]
    total_count: int


@strawberry.type
class Query:
    @strawberry.field
    def shop(self) -> Shop:
        return Shop(name="One")

    @strawberry.field
    def greeting(self, name: str = "you") -> str:
        return f"Hello {name}"

    @strawberry.field
    def whoami(self, info: Info[Context, None]) -> str:
        return info.context.actor.label

    @strawberry.field
    def total(self, numbers: list[int]) -> int:
        return sum(numbers)

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def conflict(self) -> str | None:
        raise Conflict("The name is taken", "input.name")

    @strawberry.field
    def invalid(self) -> str | None:
        return NoteInput(text="x" * 21).text


@strawberry.type
class Mutation:
    @strawberry.mutation
    def note(self, info: Info[Context, None], text: str) -> int:
        info.context.desk.notes.append(text)
        return len(info.context.desk.notes)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info[Context, None], to: int = 3) -> AsyncIterator[int]:
        info.context.desk.open_streams += 1
        try:
            for number in range(1, to + 1):
                yield number
                await asyncio.sleep(0)
        finally:
            info.context.desk.open_streams -= 1

    @strawberry.subscription
    async def forever(self, info: Info[Context, None]) -> AsyncIterator[int]:
        info.context.desk.open_streams += 1
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            info.context.desk.open_streams -= 1

    @strawberry.subscription
    async def failing(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("the password is hunter2")

    @strawberry.subscription
    async def shops(self) -> AsyncIterator[Shop]:
        yield Shop(name="One")


schema = strawberry.Schema(Query, Mutation, Subscription)


def actor_of(authorization: str | None) -> Actor:
    match authorization:
        case None:
            return Actor.anonymous()
        case "Bearer staff":
            return Actor.staff("1", Role.ADMIN, "staff@example.com")
        case "Bearer busy":
            raise RateLimited("Slow down", retry_after=3)
        case "Bearer broken":
            raise RuntimeError("the password is hunter2")
        case _:
            raise Unauthenticated("The token is not valid")


def endpoint(desk: Desk, **knobs: Any) -> GraphQLEndpoint[Context]:
    async def context_of(connection: HTTPConnection) -> Context:
        return Context(actor_of(connection.headers.get("authorization")), desk)

    async def context_of_socket(websocket: WebSocket, payload: dict[str, Any]) -> Context:
        return Context(actor_of(payload.get("Authorization")), desk)

    return GraphQLEndpoint(schema, context_of, context_of_socket, **knobs)


def application(desk: Desk, **knobs: Any) -> Starlette:
    return Starlette(routes=endpoint(desk, **knobs).routes("/graphql"))
