"""GraphQL over HTTP (the specification of graphql.github.io/graphql-over-http), at one path with its two streams.

POST takes JSON alone, so no form of another site can send it; GET takes queries alone; batches are refused.
"""

from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from functools import lru_cache
from typing import Any, Generic, TypeVar

import orjson
import strawberry
from graphql import OperationType
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from core.errors import Unauthenticated
from core.web import BodyTooLarge
from schema.serving.accept import EVENT_STREAM, GRAPHQL_JSON, JSON, Accepted
from schema.serving.engine import Answer, Context, Engine, Prepared, Request
from schema.serving.event_streams import EventStream
from schema.serving.failures import Refused, refusal, refusal_of
from schema.serving.limits import LIMIT_EXCEEDED, Limits
from schema.serving.pace import Pace
from schema.serving.websockets import PROTOCOL, Socket

C = TypeVar("C", bound=Context)

ContextOf = Callable[[HTTPConnection], Awaitable[C]]
"""Authenticates an HTTP request. Raises `DomainError`, which becomes the HTTP answer."""
ContextOfSocket = Callable[[WebSocket, dict[str, Any]], Awaitable[C]]
"""Authenticates a websocket by the payload of its `connection_init`. Raises `DomainError`, which closes it."""
Once = Callable[[HTTPRequest, C, bytes, Callable[[], Awaitable[Response]]], Awaitable[Response]]
"""Answers a mutation that carries an `Idempotency-Key`: by its last argument, or with what that returned before."""


class _NothingDone(Exception):
    """A mutation failed as a whole; `response` says how."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class GraphQLEndpoint(Generic[C]):
    """An ASGI application for one path. `limits.body` is enforced while the body is being read."""

    def __init__(
        self,
        schema: strawberry.Schema,
        context_of: ContextOf[C],
        context_of_socket: ContextOfSocket[C],
        once: Once[C] | None = None,
        *,
        production: bool = True,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        pace: Pace = Pace(),  # noqa: B008 (frozen)
    ) -> None:
        self._engine = Engine(schema, limits, production=production)
        self._context_of = context_of
        self._context_of_socket = context_of_socket
        self._once = once
        self._pace = pace

    def routes(self, path: str) -> list[BaseRoute]:
        return [Route(path, self, name="graphql"), WebSocketRoute(path, self, name="graphql-socket")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await Socket(WebSocket(scope, receive, send), self._engine, self._context_of_socket, self._pace).serve()
        else:
            response = await self._respond(HTTPRequest(scope, receive))
            await response(scope, receive, send)

    async def _respond(self, request: HTTPRequest) -> Response:
        accepted = Accepted.of(request.headers.get("accept", "*/*"))
        try:
            return await self._answer(request, accepted)
        except Refused as refused:
            return self._refuse(refused, accepted)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            return self._refuse(refusal_of(error), accepted)

    async def _answer(self, request: HTTPRequest, accepted: Accepted) -> Response:
        if request.method not in ("GET", "POST"):
            raise refusal("GraphQL is served by GET and POST", status=405, headers={"Allow": "GET, POST"})
        if not accepted.json and not accepted.events:
            raise refusal(f"The answer is {JSON}, {GRAPHQL_JSON} or, for subscriptions, {EVENT_STREAM}", status=406)
        context = await self._context_of(request)
        body = await _body(request, self._engine.limits.body) if request.method == "POST" else b""
        parameters = _json(body, "The body") if request.method == "POST" else _query_parameters(request)
        prepared = self._engine.prepare(Request.of(parameters), context)
        if prepared.kind is not OperationType.QUERY and request.method == "GET":
            raise refusal("GET takes queries alone", status=405, headers={"Allow": "POST"})
        if prepared.kind is OperationType.SUBSCRIPTION:
            return await self._stream(prepared, context, accepted)
        if not accepted.json:
            raise refusal(f"Only subscriptions are answered as {EVENT_STREAM}")

        async def answer() -> Response:
            result = await self._engine.execute(prepared)
            response = _reply(result, accepted)
            if result["data"] is None and prepared.is_single:
                # Raised through `once`, so that the failure is not kept as the answer: it may be tried again.
                raise _NothingDone(response)
            return response

        try:
            if self._once and prepared.kind is OperationType.MUTATION and "idempotency-key" in request.headers:
                return await self._once(request, context, body, answer)
            return await answer()
        except _NothingDone as nothing_done:
            return nothing_done.response

    async def _stream(self, prepared: Prepared, context: C, accepted: Accepted) -> Response:
        if not accepted.events:
            raise refusal(f"Subscriptions are answered over {PROTOCOL} or as {EVENT_STREAM}")

        async def ending() -> Answer | None:
            try:
                if await context.still_valid():
                    return None
                raise Unauthenticated("The credential is no longer valid")
            except Exception as error:
                return self._engine.refused(refusal_of(error))

        return EventStream(await self._engine.subscribe(prepared), ending, self._pace)

    def _refuse(self, refused: Refused, accepted: Accepted) -> Response:
        answer = self._engine.refused(refused)
        if not accepted.json and accepted.events and refused.status is None:
            return EventStream.of(answer)
        status = refused.status or (400 if accepted.json == GRAPHQL_JSON else 200)
        return _reply(answer, accepted, status, refused.headers)


def _reply(answer: Answer, accepted: Accepted, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    media_type = f"{accepted.json or JSON}; charset=utf-8"
    return Response(orjson.dumps(answer), status, headers, media_type)


async def _body(request: HTTPRequest, limit: int) -> bytes:
    """Raises `Refused`: 415 for what is not JSON in UTF-8, 413 for a body longer than `limit` bytes."""
    if not _is_json(request.headers.get("content-type", "")):
        raise refusal(f"Content-Type must be {JSON} in UTF-8", status=415)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise BodyTooLarge
    except BodyTooLarge:
        raise refusal(f"The body is longer than {limit} bytes", LIMIT_EXCEEDED, status=413) from None
    return bytes(body)


@lru_cache(maxsize=100)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "utf-8")
    return message.get_content_type() == JSON and str(charset).lower() in ("utf-8", "utf8")


def _query_parameters(request: HTTPRequest) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(request.query_params)
    for key in ("variables", "extensions"):
        if parameters.get(key):
            parameters[key] = _json(parameters[key], key)
    return parameters


def _json(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise refusal(f"{what} is not valid JSON", status=400) from None
