"""From the rows of `routes.py` to served paths."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.routing import Route as PathRoute
from starlette.types import Scope

from core.access import Access, access_of
from core.actor import Actor
from core.errors import DomainError
from core.measurements import count_webhook
from core.web import allow_body
from resolvers.authentication import actor_of, count_stranger
from resolvers.idempotency import Answer, once
from rest_compat.binding import binder
from rest_compat.contract import endpoints
from rest_compat.uploads import Body, Forms, Uploads, count_form

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HTML: Final = "text/html"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
View = Callable[..., Coroutine[Any, Any, BaseModel | Response]]

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
    `is_shortcut` rows are answered before the framework (`shortcuts.py`). `describing.py` describes it.
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


Categories = dict[str, list[Route]]


def by_specificity(route: Route) -> tuple[int, list[bool]]:
    """Literal segments before parameters, so that `/{appId}/shops/stats` is never taken for a shop's id."""
    segments = route.path.strip("/").split("/")
    return len(segments), [segment.startswith("{") for segment in segments]


def in_order(categories: Categories) -> list[tuple[str, Route]]:
    """All rows, each with its category, so that each is reached."""
    rows = [(category, route) for category, routes in categories.items() for route in routes]
    return sorted(rows, key=lambda row: by_specificity(row[1]))


def served(categories: Categories) -> list[BaseRoute]:
    """All rows. Paths are registered without a trailing slash, which the gate takes off every request."""
    return [Served(route) for _, route in in_order(categories)]


class Served(PathRoute):
    """A row as the router knows it."""

    def __init__(self, row: Route) -> None:
        super().__init__(row.path.rstrip("/"), _handler(row), name=row.view.__name__)
        self.row = row
        # Alone: Starlette would answer HEAD as it does GET, and some paths are links that can be used once.
        self.methods = {row.method}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leaves itself in the scope: requests are counted by their templates."""
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


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
