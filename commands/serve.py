"""The server as a process: HTTP, with the embedded database where no other is configured."""

import signal
import socket
from asyncio import Runner
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn
from rich.panel import Panel
from rich.table import Table

from app import create_app
from commands.console import OUTPUT
from commands.database import own_database, platform
from commands.errors import CommandError
from commands.listening import listener
from commands.observation import observed
from commands.seeding import seed_when_empty
from core import event_loop
from core.product import TITLE
from core.settings import Settings
from core.stopping import begin_stopping
from core.tracing import begin_tracing
from core.web import LARGEST_BODY
from seed.company import Secrets

GRACE_SECONDS: Final = 5
"""What requests under way, websockets and event streams have to end in."""


def serve(settings: Settings, *, demo: bool) -> None:
    """Runs until SIGINT or SIGTERM. Raises `CommandError` where it can't start."""
    if demo and settings.is_production:
        raise CommandError("--demo is for development: in production create an owner with `allover user create`.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        listener(settings.host, settings.port, "another --port") as port,
        own_database(settings) as url,
    ):
        _run(settings, url, port, demo=demo)
    OUTPUT.print("Stopped.")


def _run(settings: Settings, url: str, port: socket.socket, *, demo: bool) -> None:
    begin_tracing(settings)
    config = uvicorn.Config(
        create_app(settings, url),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        ws_max_size=LARGEST_BODY,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )

    async def run() -> None:
        async with observed(settings):
            async with platform(settings, url):
                made = await seed_when_empty() if demo else None
            await _Server(config, lambda: _announce(settings, made)).serve([port])

    with Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


class _Server(uvicorn.Server):
    """Says so when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        event_loop.settled()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever asks is told before anything ends."""
        begin_stopping()
        await super().shutdown(sockets)


def _announce(settings: Settings, made: Secrets | None) -> None:
    address = settings.public_url.rstrip("/")
    rows = Table.grid(padding=(0, 2))
    for name, value in (
        ("The API, described", address),
        ("GraphiQL", f"{address}/graphiql"),
        ("GraphQL", f"{address}/graphql"),
        ("REST reference", f"{address}/docs"),
        *([("Assistants (MCP)", f"{address}/mcp")] if settings.mcp_http else []),
    ):
        rows.add_row(name, value)
    if made is not None:
        rows.add_row()
        rows.add_row("Owner", made.owner)
        rows.add_row("Password", f"[bold]{made.owner_password}[/]  (shown once)")
        for app_id, key in made.api_keys.items():
            rows.add_row(f"Key of {app_id}", key)
    OUTPUT.print(Panel(rows, title=TITLE, subtitle="Ctrl-C stops it", expand=False, padding=(1, 2)))
