"""`allover inbound`: takes mail that mail servers hand over, by SMTP and LMTP."""

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from commands.console import OUTPUT
from commands.database import database, platform
from commands.errors import CommandError
from commands.inbound_sessions import LmtpSession, Sessions, SmtpSession
from core.settings import Settings

GRACE_SECONDS: Final = 10.0


def receive(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM, and lets mail that is under way be stored. Raises `CommandError` for a
    configuration with which nothing could be received."""
    if settings.inbound_domain is None:
        raise CommandError("INBOUND_DOMAIN is not set: say for which domain mail is received.")
    if settings.inbound_smtp_port is None and settings.inbound_lmtp_port is None:
        raise CommandError("Neither INBOUND_SMTP_PORT nor INBOUND_LMTP_PORT is set.")
    with database(settings) as url:
        # aiosmtpd begins encryption by asyncio's own transports: uvloop has others.
        asyncio.run(_until_told(settings, url))


async def _until_told(settings: Settings, url: str) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with platform(settings, url), listening(settings) as ports:
        where = " and ".join(f"{name} on {settings.inbound_host} port {port}" for name, port in ports.items())
        OUTPUT.print(f"Receiving mail for {settings.inbound_domain}: {where}. Ctrl-C stops it.")
        await told.wait()
    OUTPUT.print("Stopped.")


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[dict[str, int]]:
    """Within the block mail is taken, at the ports by protocol. At its end, what is under way is stored."""
    domain, certificate, sessions = settings.inbound_domain or "", _certificate(settings), Sessions()
    ports: dict[str, int] = {}
    async with AsyncExitStack() as servers:
        for name, port, session in (
            ("SMTP", settings.inbound_smtp_port, lambda: SmtpSession(sessions, domain, certificate)),
            ("LMTP", settings.inbound_lmtp_port, lambda: LmtpSession(sessions, domain)),
        ):
            if port is not None:
                server = await _server(settings.inbound_host, port, session)
                servers.callback(server.close)
                ports[name] = server.sockets[0].getsockname()[1]
        yield ports
    await sessions.end(GRACE_SECONDS)


async def _server(host: str, port: int, session: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(session, host, port)
    except OSError as error:
        raise CommandError(f"Can't listen on {host} port {port}: {error.strerror or error}.") from None


def _certificate(settings: Settings) -> ssl.SSLContext | None:
    """Raises `CommandError` for files that are none."""
    if settings.inbound_certificate_file is None or settings.inbound_key_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.inbound_certificate_file, settings.inbound_key_file)
    except (OSError, ssl.SSLError) as error:
        raise CommandError(f"INBOUND_CERTIFICATE_FILE and INBOUND_KEY_FILE can't be read: {error}.") from None
    return context
