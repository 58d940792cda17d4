"""What an operation costs inside the process, without HTTP: `python -m benchmarks.execution`.

A page of 20 objects by 8 fields, executed by graphql-core and by the compiled executor; parsing and validating with and
without the cache of documents.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import strawberry

from core.actor import Actor
from schema.serving.engine import Engine, Request
from schema.serving.execution import CompiledExecutor
from schema.serving.limits import Limits

ROUNDS = 15
REPETITIONS = 100

QUERY = """
query Tickets($first: Int!) {
  tickets(first: $first) {
    nodes { id subject status priority createdAt customer { email } price tags }
    totalCount
  }
}
"""
LIST = "{ list { id subject status priority createdAt customer { email } price tags } }"


@strawberry.type
class Customer:
    email: str


@strawberry.type
class Ticket:
    id: strawberry.ID
    subject: str
    status: str
    priority: int
    created_at: datetime
    customer: Customer
    price: Decimal
    tags: list[str]


@strawberry.type
class TicketConnection:
    nodes: list[Ticket]
    total_count: int


PAGE = TicketConnection(
    nodes=[
        Ticket(
            id=strawberry.ID(f"{number:024x}"),
            subject=f"Ticket {number}",
            status="open",
            priority=number,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            customer=Customer(email="someone@example.com"),
            price=Decimal("9.99"),
            tags=["billing", "vip"],
        )
        for number in range(20)
    ],
    total_count=20,
)


@strawberry.type
class Query:
    @strawberry.field
    async def tickets(self, first: int = 20) -> TicketConnection:
        return PAGE

    @strawberry.field
    async def list(self) -> list[Ticket]:
        return PAGE.nodes


@dataclass
class Context:
    actor: Actor

    async def still_valid(self) -> bool:
        return True

    def renewed(self) -> "Context":
        return self


PLAIN = strawberry.Schema(Query)
COMPILED = strawberry.Schema(Query, execution_context_class=CompiledExecutor)
CONTEXT = Context(Actor.anonymous())


async def milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    """The median over rounds of the mean of one call."""
    await work()
    means = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(REPETITIONS):
            await work()
        means.append((time.perf_counter() - start) * 1000 / REPETITIONS)
    return statistics.median(means)


async def execution(schema: strawberry.Schema, query: str) -> float:
    engine = Engine(schema, Limits(), production=True)
    request = Request(query, None, {"first": 20})

    async def work() -> None:
        await engine.execute(engine.prepare(request, CONTEXT))

    return await milliseconds(work)


async def preparation(*, cached: bool) -> float:
    engine = Engine(PLAIN, Limits(), production=True)
    count = 0

    async def work() -> None:
        nonlocal count
        count += 1
        engine.prepare(Request(QUERY if cached else f"{QUERY}#{count}", None, {"first": 20}), CONTEXT)

    return await milliseconds(work)


async def main() -> None:
    cold, warm = await preparation(cached=False), await preparation(cached=True)
    print(f"prepare, document new       {cold:8.3f} ms")
    print(f"prepare, document known     {warm:8.3f} ms")
    for name, query in (("connection", QUERY), ("list", LIST)):
        plain, compiled = await execution(PLAIN, query), await execution(COMPILED, query)
        print(f"{name:10} graphql-core     {plain:8.3f} ms")
        print(f"{name:10} compiled         {compiled:8.3f} ms   {plain / compiled:.1f} times as fast")


if __name__ == "__main__":
    asyncio.run(main())
