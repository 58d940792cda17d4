"""MCP over HTTP ("Streamable HTTP"), without sessions: each request carries its credential and is answered with JSON,
so any process can answer it."""

from typing import Final
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from assistants.offer import Offer
from assistants.server import server_for
from core.actor import Actor, Kind
from core.errors import Unauthenticated
from core.settings import Settings
from core.web import LARGEST_BODY
from resolvers.authentication import actor_of

LOCAL_HOSTS: Final = ("127.0.0.1:*", "localhost:*", "[::1]:*")


class McpEndpoint:
    """An ASGI application for one path. Requests are authenticated and counted as those of the other interfaces."""

    def __init__(self, settings: Settings, offer: Offer) -> None:
        self._offer = offer
        self._security = _security(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        actor = await actor_of(request)
        if actor.kind is Kind.ANONYMOUS:
            raise Unauthenticated("Authentication required: send an API key as X-API-Key, or a bearer token")
        body = await request.body()

        async def caller() -> Actor:
            return actor

        manager = StreamableHTTPSessionManager(
            server_for(actor, caller, self._offer),
            json_response=True,
            stateless=True,
            security_settings=self._security,
            max_request_body_size=LARGEST_BODY,
        )
        async with manager.run():
            await manager.handle_request(scope, _again(body, receive), send)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, and then what else comes."""
    is_given = False

    async def receive_again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _security(settings: Settings) -> TransportSecuritySettings:
    """Which names the server answers to, and which pages of browsers it answers: so that no page can reach it by a name
    that is made to point at it (DNS rebinding)."""
    public = urlsplit(settings.public_url)
    hosts = [public.netloc, *(() if settings.is_production else LOCAL_HOSTS)]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection="*" not in settings.allowed_origins,
        allowed_hosts=hosts,
        allowed_origins=[f"{public.scheme}://{public.netloc}", *settings.allowed_origins],
    )
