"""`allover mcp`: the server that an assistant starts for itself, and speaks to over standard input and output."""

import asyncio
from asyncio import sleep
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from mcp.server.stdio import stdio_server
from pymongo.errors import PyMongoError

from app import documentation_of, offer_of
from assistants.server import Caller, server_for
from commands.database import database, platform
from commands.errors import CommandError
from core import clock, event_loop
from core.actor import Actor
from core.errors import Unauthenticated
from core.runtime import runtime
from core.settings import Settings
from resolvers.auth import refresh_token
from resolvers.authentication import Credentials, authenticate, count_call

SHORTEST_WAIT_SECONDS: Final = 1.0


def assist(settings: Settings) -> None:
    """Runs until its input ends. Raises `CommandError` and `DomainError` where the credential is none."""
    if (settings.mcp_api_key is None) == (settings.mcp_token is None):
        raise CommandError("Set MCP_API_KEY to an API key, or MCP_TOKEN to a token of /auth/login: one of them.")
    with database(settings) as url:
        event_loop.run(_serve(settings, url))


async def _serve(settings: Settings, url: str) -> None:
    async with platform(settings, url), signed_in(settings) as caller:
        server = server_for(await caller(), caller, offer_of(settings, documentation_of(settings)))
        async with stdio_server() as (receiving, sending):
            await server.run(receiving, sending, server.create_initialization_options())


@asynccontextmanager
async def signed_in(settings: Settings) -> AsyncIterator[Caller]:
    """Who calls, asked at each request: a key may be revoked, or a role changed, while the assistant runs."""
    session = Session(settings)
    staying = asyncio.create_task(session.stay())
    try:
        yield session.caller
    finally:
        staying.cancel()
        with suppress(asyncio.CancelledError):
            await staying


class Session:
    """A credential from the environment. Tokens last an hour, so one is swapped for the next for as long as the login
    that it goes back to is good for."""

    def __init__(self, settings: Settings) -> None:
        self._api_key = settings.mcp_api_key.get_secret_value() if settings.mcp_api_key else None
        self._token = settings.mcp_token.get_secret_value() if settings.mcp_token else None

    async def caller(self) -> Actor:
        actor = await self._actor()
        await count_call(actor)
        return actor

    async def stay(self) -> None:
        """Ends where there is nothing to swap any more; calls then say that somebody has to log in. While the database
        does not answer, half of the time that is left is waited for again."""
        with suppress(Unauthenticated):
            while self._token is not None:
                claims = runtime().tokens.read(self._token)
                left = (claims.expires_at - clock.now()).total_seconds()
                await sleep(max(SHORTEST_WAIT_SECONDS, left / 2))
                with suppress(PyMongoError):
                    self._token = (await refresh_token(await self._actor())).token

    async def _actor(self) -> Actor:
        return await authenticate(Credentials(bearer=self._token, api_key=self._api_key))
