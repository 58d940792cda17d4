"""How connections to a mail server are opened: by aiosmtplib, and not again and again where it refuses them."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, cast

import aiosmtplib

from core.mail_settings import SMTP_PORTS, SmtpTls
from mail.providers import Unavailable
from mail.providers.smtp_session import LONGEST_RESPONSE, Patience, Session

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
"""Seconds between attempts to connect to a server that refuses."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where it is, and how to be let in. `own_name` is what we call ourselves in EHLO: a host's name, or an address in
    brackets."""

    host: str
    tls: SmtpTls = SmtpTls.STARTTLS
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    own_name: str = "localhost"

    def __str__(self) -> str:
        return f"{self.host}:{self.port or SMTP_PORTS[self.tls]}"


async def open_session(server: SmtpServer, patience: Patience) -> Session:
    """Connected, encrypted, greeted and logged in. Raises `Unavailable`."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port or SMTP_PORTS[server.tls],
        username=server.username,
        password=server.password,
        local_hostname=server.own_name,
        timeout=patience.open,
        use_tls=server.tls is SmtpTls.TLS,
        start_tls=server.tls is SmtpTls.STARTTLS,
    )
    try:
        async with asyncio.timeout(patience.open):
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        if client.transport is None or not client.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        raise Unavailable(f"{server}: {_sentence(error)}") from None
    except BaseException:
        client.close()
        raise
    pipelining = client.supports_extension("pipelining")
    return Session(cast(asyncio.Transport, client.transport), pipelining=pipelining, patience=patience)


def _sentence(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        # Without the server's words: some repeat what they were sent.
        return f"refuses SMTP_USERNAME and SMTP_PASSWORD ({error.code})"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"answers {error.code} {error.message}"[:LONGEST_RESPONSE]
    return str(error)[:LONGEST_RESPONSE] or "does not answer in time"


class Opening:
    """Opens sessions for a pool. After a failure one attempt is made at a time, after a pause that doubles; all who
    waited for it share its failure."""

    def __init__(self, server: SmtpServer, patience: Patience, *, first_pause: float = FIRST_PAUSE) -> None:
        self._server, self._patience, self._first_pause = server, patience, first_pause
        self._failures = 0
        self._problem = ""
        self._not_before = 0.0
        self._one_at_a_time = asyncio.Lock()

    @property
    def pause(self) -> float:
        """Seconds until a server that refused is asked again."""
        return max(self._not_before - asyncio.get_running_loop().time(), 0.0)

    async def session(self) -> Session:
        """Raises `Unavailable`."""
        seen = self._failures
        if not seen:
            return await self._attempt()
        async with self._one_at_a_time:
            if self._failures > seen:
                raise Unavailable(self._problem)
            await asyncio.sleep(self.pause)
            return await self._attempt()

    def failed(self, problem: str) -> None:
        """Also called where a fresh session was closed at once. What fails together counts once."""
        now = asyncio.get_running_loop().time()
        self._problem = problem
        if now >= self._not_before:
            self._failures += 1
            self._not_before = now + min(self._first_pause * 2.0 ** (self._failures - 1), LONGEST_PAUSE)

    def succeeded(self) -> None:
        """A new session carried a message."""
        self._failures = 0

    async def _attempt(self) -> Session:
        try:
            return await open_session(self._server, self._patience)
        except Unavailable as problem:
            self.failed(str(problem))
            raise
