"""What every HTTP request passes through, whichever interface it is for."""

import time
from collections.abc import MutableMapping
from secrets import token_hex
from typing import Any, Final

import orjson
import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.measurements import UNMATCHED, count_request
from core.tracing import CARRIER, is_tracing, span

log = structlog.get_logger("http")

LARGEST_BODY: Final = 1_000_000
CLIENT_GONE: Final = 499
"""What the log says of a request whose sender went away in the middle of it, as nginx does: nobody is answered."""
SECURITY_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]


FILES: Final = "files"
"""The route of what is asked for by its file's name."""
_LARGEST_BODY: Final = "allover.largest_body"


class BodyTooLarge(Exception):
    """Raised while reading a request body that passes the limit."""


def allow_body(scope: MutableMapping[str, Any], largest: int) -> None:
    """Lets one request have a body of another size, in bytes. To be said before it is read, once it is known that the
    caller may send it."""
    scope[_LARGEST_BODY] = largest


class Gate:
    """Gives each request an id, strips the trailing slash of its path (both forms are one resource, without a
    redirect), refuses a query string that is not percent-encoded, stops a body at the limit while it is read, masks
    what nobody expected, counts it, and logs one line."""

    def __init__(self, app: ASGIApp, largest_body: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope["path"] = path.rstrip("/") or "/"
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        if is_tracing():
            await self._trace(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _trace(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        with span(method, parent=_header(scope, CARRIER.encode()), serves=True) as traced:
            status = await self._answer(scope, receive, send)
            if traced is not None:
                traced.update_name(f"{method} {_route(scope)}")
                traced.set_attributes(
                    {"http.request.method": method, "http.route": _route(scope), "http.response.status_code": status}
                )

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """The status that was sent."""
        request_id = _header(scope, b"x-request-id") or token_hex(16)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.perf_counter(), 0
        answered = 0.0
        scope[_LARGEST_BODY] = self._largest_body

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], time.perf_counter()
                message["headers"] = [*message["headers"], *SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            if scope["query_string"].isascii():
                await self._app(scope, _limited(receive, scope), send_with_headers)
            else:
                await send_json(send_with_headers, 400, _failure("The query string must be percent-encoded"))
        except BodyTooLarge:
            if not status:
                await send_json(
                    send_with_headers, 413, _failure(f"The body is larger than {scope[_LARGEST_BODY]} bytes")
                )
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception:
            log.exception("request.failed", method=scope["method"], path=_loggable_path(scope))
            if status:
                raise
            await send_json(send_with_headers, 500, _failure(f"Internal error (id {request_id})"))
        ended = time.perf_counter()
        count_request(scope["method"], _route(scope), status, (answered or ended) - started)
        log.info(
            "request",
            method=scope["method"],
            path=_loggable_path(scope),
            status=status,
            milliseconds=round((ended - started) * 1000, 1),
        )
        return status


async def send_json(send: Send, status: int, body: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(body)})


def _failure(sentence: str) -> dict[str, Any]:
    return {"success": False, "error": sentence}


def _limited(receive: Receive, scope: Scope) -> Receive:
    size = 0

    async def receive_within_limit() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > scope[_LARGEST_BODY]:
                raise BodyTooLarge
        return message

    return receive_within_limit


def _loggable_path(scope: Scope) -> str:
    """Without a token that is part of it, which is a credential of whoever has the link."""
    path: str = scope["path"]
    token = scope.get("path_params", {}).get("token")
    return path.replace(token, "{token}") if token else path


def _route(scope: Scope) -> str:
    """The template that was matched: what is counted must not grow with what is asked for."""
    if route := scope.get("route"):
        path: str = route.path
        return path
    if "endpoint" not in scope:
        return UNMATCHED
    # A route of Starlette's own, which leaves no trace of itself: without parameters its path is its template.
    return FILES if scope.get("path_params") else scope["path"]


def _header(scope: Scope, name: bytes) -> str | None:
    """An id from outside, if it is a plain one."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text if text.isascii() and text.isprintable() and 0 < len(text) <= 128 else None
    return None
