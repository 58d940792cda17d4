"""The port for those who watch: measurements and health of one process, apart from what the platform serves."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from commands.listening import listener
from core import event_loop
from core.actor import Actor
from core.background import stopped
from core.measurements import REGISTRY
from core.settings import Settings
from resolvers.health import get_liveness, get_readiness
from resolvers.job_measurements import measure_jobs
from rest_compat.health import liveness_answer, readiness_answer

WATCHER = Actor.system("observation")


@asynccontextmanager
async def observed(settings: Settings) -> AsyncIterator[None]:
    """Within the block, this process can be watched, if the settings say where. It begins before the database is
    reached, so that who asks is told that the process is starting.

    Raises `CommandError` where the port can't be had.
    """
    if settings.metrics_port is None:
        yield
        return
    with listener(settings.metrics_host, settings.metrics_port, "another METRICS_PORT") as port:
        server = _Server(_config(settings))
        serving = asyncio.create_task(server.serve([port]))
        watching = asyncio.create_task(event_loop.watch_lag())
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait({serving})
            await stopped(watching)


def observing(settings: Settings) -> Starlette:
    """The application of that port."""
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token is not None and not secrets.compare_digest(given.encode(), token.encode()):
            return Response("The bearer token is METRICS_TOKEN\n", 401, {"WWW-Authenticate": "Bearer"})
        await measure_jobs(WATCHER)
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    async def live(_: Request) -> Response:
        return liveness_answer(await get_liveness(WATCHER))

    async def ready(_: Request) -> Response:
        return readiness_answer(await get_readiness(WATCHER))

    return Starlette(routes=[Route("/metrics", metrics), Route("/health/live", live), Route("/health/ready", ready)])


class _Server(uvicorn.Server):
    """Signals are for the process that it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        observing(settings),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
