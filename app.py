"""The server: GraphQL, REST and the pages, over one set of operations."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

import assistants
from assistants.catalogue import Catalogue
from assistants.graphql import GraphQL
from assistants.offer import Offer
from assistants.resources import Resources
from core.errors import DomainError
from core.on_demand import AppOnDemand, OnDemand
from core.product import TITLE, VERSION
from core.runtime import running
from core.settings import Settings
from core.web import Gate
from models import DOCUMENTS
from pages import routes as pages
from pages.documentation import Documentation
from pages.operations import Surfaces
from pages.reference import Reference, reference_of
from resolvers.authentication import actor_of, authenticate, credentials_of
from resolvers.idempotency import Answer, once
from rest_compat.describing import openapi_of
from rest_compat.edge import install_errors
from rest_compat.routes import ALL
from rest_compat.routing import served
from rest_compat.shortcuts import Shortcuts, shortcuts
from schema.edge import Context
from schema.export import exported
from schema.fields import root_fields
from schema.root import SCHEMA
from schema.samples import usages
from schema.serving.http import GraphQLEndpoint
from tasks.worker import working_inside

HEADERS: Final = ("Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-ID")
MCP_HEADERS: Final = ("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name")
"""That pages of other sites may send, where they may."""
OPENAPI: Final = OnDemand(lambda: openapi_of(ALL, TITLE, VERSION))
"""The description of REST."""


class Platform(FastAPI):
    """What a shortcut answers never reaches the framework, whose own layers would take longer than the answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._entrance = Shortcuts(super().__call__, shortcuts(ALL))

    def openapi(self) -> dict[str, Any]:
        return OPENAPI.now()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._entrance(scope, receive, send)


def create_app(settings: Settings, mongo_url: str) -> Platform:
    """The whole platform as one ASGI application. Its lifespan connects to the database and creates missing indexes."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(settings, mongo_url, DOCUMENTS), _background_work(settings):
            yield

    app = Platform(title=TITLE, version=VERSION, lifespan=lifespan, redirect_slashes=False, openapi_url=None)
    documentation = documentation_of(settings)
    app.router.routes.extend(_graphql(settings).routes("/graphql"))
    # Before the rows, since `/reference/tickets` is no path of an app.
    app.router.routes.extend(pages.routes(lambda: reference_to(settings), documentation, OPENAPI))
    app.router.routes.extend(served(ALL))
    if settings.mcp_http:
        app.router.routes.append(_mcp("/mcp", settings, documentation))
    install_errors(app)
    app.add_middleware(Gate)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["*"],
            allow_headers=[*HEADERS, *MCP_HEADERS],
            expose_headers=["Retry-After", "X-Request-ID"],
        )
    return app


def documentation_of(settings: Settings) -> Documentation:
    """What `/reference` shows and assistants read."""
    url = settings.public_url.rstrip("/")
    return Documentation(
        lambda: Surfaces(ALL, root_fields(SCHEMA), catalogue_of(settings), OPENAPI.now(), url), TITLE, url
    )


@cache
def _catalogue(*, production: bool) -> Catalogue:
    return Catalogue(ALL, root_fields(SCHEMA), GraphQL(SCHEMA, production=production))


def catalogue_of(settings: Settings) -> Catalogue:
    """The tools of assistants."""
    return _catalogue(production=settings.is_production)


def offer_of(settings: Settings, documentation: Documentation) -> Offer:
    """What assistants get."""
    catalogue = catalogue_of(settings)
    resources = Resources(catalogue, documentation, exported, production=settings.is_production)
    return Offer(catalogue, resources, settings.mcp_tools, VERSION)


def _mcp(path: str, settings: Settings, documentation: Documentation) -> Route:
    """Servers that keep no stream open for what they would say unasked answer GET with 405."""

    def endpoint() -> ASGIApp:
        return assistants.http.McpEndpoint(settings, offer_of(settings, documentation))

    return Route(path, AppOnDemand(endpoint), methods=["POST"])


def reference_to(settings: Settings) -> Reference:
    """What `/` shows."""
    return reference_of(ALL, OPENAPI.now(), usages(SCHEMA), settings.public_url.rstrip("/"))


def _background_work(settings: Settings) -> AbstractAsyncContextManager[None]:
    """With Redis, workers and schedulers are processes of their own."""
    return working_inside(settings) if settings.redis_url is None else nullcontext()


def _graphql(settings: Settings) -> GraphQLEndpoint[Context]:
    return GraphQLEndpoint(SCHEMA, _context, _context_of_socket, _once, production=settings.is_production)


async def _context(connection: HTTPConnection, bearer: str | None = None) -> Context:
    actor = await actor_of(connection, bearer)

    async def still_valid() -> bool:
        """Also that it stands for the same actor: a role or a scope may have been taken away."""
        try:
            return await authenticate(credentials_of(connection, bearer)) == actor
        except DomainError:
            return False

    return Context(actor, connection, still_valid=still_valid)


async def _context_of_socket(socket: WebSocket, payload: dict[str, Any]) -> Context:
    """Browsers can't set headers on a websocket: the token comes in the first message."""
    scheme, _, token = str(payload.get("Authorization", "")).partition(" ")
    return await _context(socket, token.strip() if scheme.lower() == "bearer" else None)


async def _once(request: Request, context: Context, body: bytes, answer: Any) -> Response:
    async def work() -> Answer:
        response = await answer()
        return Answer(response.status_code, response.headers.get("content-type", ""), bytes(response.body))

    kept = await once(context.actor, request.headers["idempotency-key"], b"graphql\n" + body, work)
    return Response(kept.body, kept.status, headers={"content-type": kept.media_type})
