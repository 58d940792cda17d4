"""Requests as bytes, straight to the ASGI application: what no HTTP client would agree to send."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.types import ASGIApp, Message

Header = tuple[bytes, bytes]
JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def is_refusal(self) -> bool:
        """The envelope of an error, and not the server's own fault."""
        return 400 <= self.status < 500 and self.json.keys() == {"success", "error"} and self.json["success"] is False


async def send(
    app: ASGIApp,
    method: str,
    target: bytes,
    *,
    headers: Iterable[Header] = (),
    chunks: Sequence[bytes] = (),
    client: str = "192.0.2.1",
) -> Answer:
    """`target` is path and query as they are on the wire; servers pass the path on percent-decoded."""
    path, _, query = target.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"test"), *headers],
        "client": (client, 1),
        "server": ("test", 80),
    }
    bodies = iter([*chunks, b""])
    messages: list[Message] = []

    async def receive() -> Message:
        body = next(bodies, None)
        if body is None:
            await asyncio.Event().wait()  # The client stays, and sends nothing more.
        return {"type": "http.request", "body": body, "more_body": body != b""}

    async def collect(message: Message) -> None:
        messages.append(dict(message))

    await app(scope, receive, collect)
    start, *rest = messages
    return Answer(start["status"], dict(start["headers"]), b"".join(message.get("body", b"") for message in rest))
