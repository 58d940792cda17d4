"""What it costs to refuse an attack, in CPU milliseconds without the network: `python -m benchmarks.attacks`."""

import asyncio
import time
from collections.abc import Iterator

import orjson
import strawberry
from starlette.requests import HTTPConnection
from starlette.types import Message
from starlette.websockets import WebSocket

from core.actor import Actor
from schema.serving.http import GraphQLEndpoint

BOUND = 150.0
"""Milliseconds of CPU that no attack may cost."""


@strawberry.type
class Node:
    name: str

    @strawberry.field
    def node(self) -> "Node":
        return self

    @strawberry.field
    def nodes(self, first: int | None = None) -> list["Node"]:
        return [self]


@strawberry.type
class Query:
    @strawberry.field
    def node(self) -> Node:
        return Node(name="one")

    @strawberry.field
    def total(self, numbers: list[int]) -> int:
        return sum(numbers)


class Context:
    actor = Actor.anonymous()

    async def still_valid(self) -> bool:
        return True

    def renewed(self) -> "Context":
        return self


async def context_of(_: HTTPConnection) -> Context:
    return Context()


async def context_of_socket(_: WebSocket, __: dict[str, object]) -> Context:
    return Context()


def body(query: str, **variables: object) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


def attacks() -> Iterator[tuple[str, bytes]]:
    deep = "{ node " * 60 + "{ name }" + " }" * 60
    chain = "".join(f" fragment F{n} on Node {{ node {{ ...F{n + 1} ...F{n + 1} }} }}" for n in range(45))
    overlap = "".join(f" fragment F{n} on Query {{ node {{ node {{ name }} }} }}" for n in range(49))
    total = "query($n: [Int!]!) { total(numbers: $n) }"
    windows = "{ node " + "{ nodes(first: 250) " * 8 + "{ name }" + " }" * 9
    yield "depth 60", body(deep)
    yield "depth 900", body("{ node " * 900)
    yield "400 aliases", body("{" + " ".join(f"a{n}: node {{ name }}" for n in range(400)) + "}")
    yield "circular fragments", body("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")
    yield "fragments that double 45 times", body("{ node { ...F0 } }" + chain + " fragment F45 on Node { name }")
    yield "49 overlapping fragments", body("{" + " ".join(f"...F{n}" for n in range(49)) + "}" + overlap)
    yield "overlapping fields, 480 times", body("{" + "node { name } " * 480 + "}")
    yield "overlapping fields in fragments", body("{" + ("... { " + "node { name } " * 10 + "} ") * 45 + "}")
    yield "overlap within the limits", body("{" + "node { node { name ... { name } } } " * 10 + "}")
    yield "repeated directives", body("{ node { name " + "@skip(if: true) " * 300 + "} }")
    yield "10,000 fields", body("{" + "name " * 10_000 + "}")
    yield "800 unknown fields", body("{" + " ".join(f"unknown{n}" for n in range(800)) + "}")
    yield "documents of 2 MB", body("{ node { name } }" + " " * 2_000_000)
    yield "a comment of 900 KB", body("#" + "x" * 900_000 + "\n{ node { name } }")
    yield "a string of 99 KB", body('{ total(numbers: "' + "x" * 99_000 + '") }')
    yield "a batch of 20,000", b"[" + b",".join([b'{"query":"{node{name}}"}'] * 20_000) + b"]"
    yield "a list of 100,000 literals", body("{ total(numbers: [" + "1 " * 100_000 + "]) }")
    yield "a list of 400,000 in a variable", body(total, n=[1] * 400_000)
    yield "a list of 9,999 wrong values", body(total, n=["x"] * 9_999)
    yield "1,000,000 variables", body("{ node { name } }", **{f"v{n}": n for n in range(1_000_000)})
    yield "60,000 variables", body("{ node { name } }", **{f"v{n}": n for n in range(60_000)})
    yield "400 declared variables", body("query(" + " ".join(f"$v{n}: Int" for n in range(400)) + ") { node { name } }")
    yield "JSON nested 100,000 deep", b'{"query":"{node{name}}","variables":' + b'{"a":' * 100_000
    yield "windows of windows", body(windows)
    yield "introspection", body("{ __schema { types { fields { type { fields { type { name } } } } } } }")


async def refused(endpoint: GraphQLEndpoint[Context], content: bytes) -> tuple[int, str, float]:
    """The status, the first message and the CPU milliseconds."""
    chunks = [content[start : start + 65_536] for start in range(0, len(content), 65_536)] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"accept", b"application/graphql-response+json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    start = time.process_time()
    await endpoint(scope, receive, send)
    elapsed = (time.process_time() - start) * 1000
    errors = orjson.loads(sent[1]["body"]).get("errors") or [{"message": "answered"}]
    return sent[0]["status"], errors[0]["message"].splitlines()[0], elapsed


async def main() -> None:
    endpoint = GraphQLEndpoint(strawberry.Schema(Query), context_of, context_of_socket)
    await refused(endpoint, body("{ node { name } }"))
    for name, content in attacks():
        status, message, elapsed = await refused(endpoint, content)
        print(f"{name:34}{elapsed:8.1f} ms {'' if elapsed < BOUND else 'TOO SLOW '} {status} {message[:70]}")


if __name__ == "__main__":
    asyncio.run(main())
