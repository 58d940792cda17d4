"""From the rows of `routes.py` to served paths and their OpenAPI description."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute

from core.access import Access, access_of
from core.actor import Actor
from core.errors import DomainError
from core.measurements import count_webhook
from core.web import allow_body
from resolvers.authentication import actor_of, count_stranger
from resolvers.idempotency import Answer, once
from rest_compat.binding import binder, body_model_of
from rest_compat.contract import endpoints
from rest_compat.edge import Failure
from rest_compat.uploads import Body, Forms, Uploads, count_form

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HTML: Final = "text/html"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
View = Callable[..., Coroutine[Any, Any, BaseModel | Response]]

SECURITY_SCHEMES: Final = {
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request give the same answer for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
SIGNED_BODY: Final = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
SIGNED_ANYHOW: Final = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        "multipart/form-data": {"schema": {"type": "object"}},
        "message/rfc822": {"schema": {"type": "string", "format": "binary"}},
    },
}
MEANINGS: Final = {
    303: "It goes on at Location",
    400: "What was sent is not valid; the sentence names the field",
    401: "No credential, or one that is not valid (any more)",
    403: "The credential may not do this",
    404: "There is no such object for this caller",
    409: "It conflicts with what is there",
    410: "It was there, and is gone",
    413: "The body is too large",
    416: "The file has no such part",
    429: "Too many requests; Retry-After says when to come back",
    500: "The server failed; the sentence carries an id to report",
    503: "The server can't answer now",
}


@dataclass(frozen=True)
class Route:
    """A documented path: the view that translates, the resolver that it calls, and what a success looks like.

    Who may call, and so the security in OpenAPI, is what the resolver declares. Without a model, `media_type` says what
    a success is; `pages` are the other statuses that the view answers a person with, as HTML. With `uploads` the body
    is a file, or a form with files; `largest_body`, in bytes, is where JSON may be larger than elsewhere.
    `signed_by` names the headers of a webhook, whose signature is its credential: it is not counted among what
    strangers send, unless it is refused. With `admit` they depend on the sender: it is asked before the body is read.
    `is_shortcut` rows are answered before the framework (`shortcuts.py`).
    """

    method: str
    path: str
    view: View
    calls: Callable[..., Any]
    returns: type[BaseModel] | None
    status: int = 200
    errors: tuple[int, ...] = ()
    media_type: str = "application/json"
    pages: tuple[int, ...] = ()
    uploads: Uploads | Forms | None = None
    signed_by: tuple[str, ...] = ()
    admit: Callable[[Request], Awaitable[None]] | None = None
    largest_body: int | None = None
    is_shortcut: bool = False

    @property
    def access(self) -> Access:
        return access_of(self.calls)

    @property
    def summary(self) -> str:
        """In the contract's words, or of a path beyond it in the view's."""
        documented = endpoints().get((self.method, self.path))
        return documented.summary if documented else (self.view.__doc__ or "").partition("\n")[0].rstrip(".")

    @property
    def failures(self) -> list[int]:
        """The statuses that it may fail with: those that follow from what it is, and its own."""
        statuses = {400, 500, *self.errors, *self.pages}
        if not self.is_shortcut:
            statuses.add(429)
        if self.access.schemes:
            statuses |= {401, 403}
        if self.signed_by:
            statuses.add(401)
        if "{" in self.path:
            statuses.add(404)
        if self.method in WRITES:
            statuses |= {409, 413}
        return sorted(statuses)

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """For OpenAPI, besides the model of a success."""
        documented: dict[int | str, dict[str, Any]] = {
            status: {"description": MEANINGS[status]} | (_text(HTML) if status in self.pages else {"model": Failure})
            for status in self.failures
        }
        return documented | ({} if self.returns else {self.status: _text(self.media_type)})


def _text(media_type: str) -> dict[str, Any]:
    """A body that no model describes."""
    return {"content": {media_type: {"schema": {"type": "string"}}}}


Categories = dict[str, list[Route]]


def by_specificity(route: Route) -> tuple[int, list[bool]]:
    """Literal segments before parameters, so that `/{appId}/shops/stats` is never taken for a shop's id."""
    segments = route.path.strip("/").split("/")
    return len(segments), [segment.startswith("{") for segment in segments]


def served(categories: Categories) -> list[BaseRoute]:
    """All rows. Paths are registered without a trailing slash, which the gate takes off every request."""
    rows = [(category, route) for category, routes in categories.items() for route in routes]
    return [_served(category, route) for category, route in sorted(rows, key=lambda row: by_specificity(row[1]))]


def _served(category: str, route: Route) -> APIRoute:
    """Described by FastAPI, from the view's signature and the row; answered by `_handler`."""
    schemes = route.access.schemes
    without: list[dict[str, Any]] = [{}] if schemes and route.access.public else []
    extra: dict[str, Any] = {"security": [*without, *({scheme: []} for scheme in schemes)]}
    if route.uploads:
        extra["requestBody"] = route.uploads.documented(body_model_of(route.view))
    if route.signed_by:
        extra["parameters"] = [_signed_header(name, required=route.admit is None) for name in route.signed_by]
        extra["requestBody"] = SIGNED_BODY if route.admit is None else SIGNED_ANYHOW
    elif route.method in WRITES:
        extra["parameters"] = [IDEMPOTENCY_KEY]

    class Served(APIRoute):
        def get_route_handler(self) -> Handler:
            return _handler(route)

    return Served(
        route.path.rstrip("/"),
        route.view,
        methods=[route.method],
        tags=[category],
        summary=route.summary,
        operation_id=f"{route.view.__module__.rsplit('.', 1)[-1]}_{route.view.__name__}",
        status_code=route.status,
        response_class=JSONResponse if route.returns else Response,
        response_model=route.returns,
        responses=route.responses,
        openapi_extra=extra,
    )


def _signed_header(name: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


def _handler(route: Route) -> Handler:
    """Who calls, and whether they may, comes before anything that they sent is read."""
    if route.signed_by:
        return _signed_handler(route)
    bind, reads_body = binder(route.view), route.method in WRITES

    async def respond(request: Request, actor: Actor, body: Body) -> Response:
        async def answer() -> Response:
            return rendered(await route.view(**bind(request, actor, body)), route.status)

        key = request.headers.get("idempotency-key") if reads_body else None
        return await answer() if key is None else await _once(actor, key, request, body, answer)

    async def handle(request: Request) -> Response:
        actor = await actor_of(request)
        route.access.check(actor)
        if route.largest_body is not None:
            allow_body(request.scope, route.largest_body)
        if route.uploads is None:
            return await respond(request, actor, await request.body() if reads_body else b"")
        await count_form(request, actor)
        async with route.uploads.received(request) as body:
            return await respond(request, actor, body)

    return handle


def _signed_handler(route: Route) -> Handler:
    """Senders of webhooks come in bursts, from a few addresses: what is signed is taken, however much it is."""
    bind = binder(route.view)
    sender = route.path.split("/")[2]

    async def handle(request: Request) -> Response:
        try:
            if route.admit is not None:
                await route.admit(request)
            body = await request.body()
            return rendered(await route.view(**bind(request, Actor.anonymous(), body)), route.status)
        except DomainError:
            count_webhook(sender, "refused")
            await count_stranger(request)
            raise

    return handle


def rendered(answer: BaseModel | Response, status: int) -> Response:
    """A view's answer as JSON. It is what the model documents, and is not validated a second time."""
    if isinstance(answer, Response):
        return answer
    names = _names(type(answer))
    shown = {names[name]: value for name, value in answer.__dict__.items()}
    return Response(orjson.dumps(shown, default=_plain), status, media_type="application/json")


@cache
def _names(wire: type[BaseModel]) -> dict[str, str]:
    """As clients read them, by attribute."""
    return {name: info.serialization_alias or name for name, info in wire.model_fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(type(value))


async def _once(
    actor: Actor, key: str, request: Request, body: Body, answer: Callable[[], Awaitable[Response]]
) -> Response:
    async def work() -> Answer:
        response = await answer()
        return Answer(response.status_code, response.headers.get("content-type", ""), bytes(response.body))

    sent = body if isinstance(body, bytes) else body.digest()
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + sent
    kept = await once(actor, key, asked, work)
    return Response(kept.body, kept.status, headers={"content-type": kept.media_type})


def install_openapi(app: FastAPI) -> None:
    """Our security schemes, and no 422: bad input is a 400 here."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            document.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
            for operation in _operations(document):
                operation["responses"].pop("422", None)
            for unused in ("HTTPValidationError", "ValidationError"):
                document["components"].get("schemas", {}).pop(unused, None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for item in document["paths"].values() for operation in item.values())
