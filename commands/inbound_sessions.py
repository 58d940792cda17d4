"""What a mail server that hands mail over talks with: SMTP (RFC 5321) and LMTP (RFC 2033) of aiosmtpd, which takes mail
for our domain and for no other. A mail is stored before it is taken: what can't be stored now is asked for again."""

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Final

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from core.actor import Actor
from core.errors import DomainError, InvalidInput
from mail.inbound import TooLarge
from mail.inbound.reading import MAX_MAIL
from models.inbound_messages import InboundProvider
from resolvers.inbound_receiving import MOST_RECIPIENTS, keep_inbound_mail

KEEPER: Final = Actor.system("inbound")
MOST_CONNECTIONS: Final = 40
"""At a time: each may have a mail in memory."""
LONGEST_LINE: Final = 1_000_000
"""Bytes. RFC 5321 allows 998, and programs that make HTML do not know it."""
IDLE_SECONDS: Final = 120.0
STORING_SECONDS: Final = 30.0
TRY_AGAIN: Final = "451 4.3.0 It could not be stored: try again later"
TOO_MANY: Final = b"421 4.3.2 Too many connections: try again later\r\n"
GOODBYE: Final = "421 4.3.2 The server stops: try again later"

log = structlog.get_logger(__name__)


class Receiver:
    """aiosmtpd's handler: it is asked about each recipient, and given each mail."""

    def __init__(self, provider: InboundProvider, domain: str) -> None:
        self._provider = provider
        self._domain = domain.lower()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Relays for nobody."""
        if address.rpartition("@")[2].lower() != self._domain:
            return f"550 5.7.1 We take mail for {self._domain} alone"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The answer comes when the mail is stored, and has a job."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        raw = f"Return-Path: <{envelope.mail_from or ''}>\r\n".encode("utf-8", "replace") + content
        try:
            async with asyncio.timeout(STORING_SECONDS):
                is_new = await keep_inbound_mail(KEEPER, self._provider, raw, envelope.rcpt_tos)
        except TooLarge:
            return "552 5.3.4 The mail is too large"
        except InvalidInput as error:
            return f"554 5.6.0 {error.message}"
        except DomainError as error:
            return f"451 4.3.0 {error.message}"
        except Exception:
            log.exception("inbound.not_stored")
            return TRY_AGAIN
        return "250 2.0.0 Stored" if is_new else "250 2.0.0 Known already"


class Sessions:
    """All that are open, so that they can end well."""

    def __init__(self) -> None:
        self.open: set[_Counted] = set()
        self._none_left = asyncio.Event()

    def forget(self, session: "_Counted") -> None:
        self.open.discard(session)
        if not self.open:
            self._none_left.set()

    async def end(self, grace: float) -> None:
        """Lets mail that is under way be stored, and tells all others to come again."""
        for session in [session for session in self.open if not session.is_storing]:
            await session.say_goodbye()
        if self.open:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._none_left.wait(), grace)
        for session in list(self.open):
            session.hang_up()


class _Counted(SMTP):
    line_length_limit = LONGEST_LINE
    is_storing = False

    def __init__(self, sessions: Sessions, handler: Receiver, **options: Any) -> None:
        super().__init__(
            handler,
            data_size_limit=MAX_MAIL,
            enable_SMTPUTF8=True,
            ident="ESMTP",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
            **options,
        )
        self._sessions = sessions
        self._accepted: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self._sessions.open and len(self._sessions.open) >= MOST_CONNECTIONS:
            if isinstance(transport, asyncio.WriteTransport):
                transport.write(TOO_MANY)
            transport.close()
            return
        self._accepted = transport
        self._sessions.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._accepted is not None:
            self._sessions.forget(self)
            super().connection_lost(error)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        self.is_storing = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.is_storing = False

    async def say_goodbye(self) -> None:
        # One that has just ended by itself has nothing to write to: asyncio's encrypted transports say so like this.
        with suppress(ConnectionError, AttributeError):
            await self.push(GOODBYE)
        self.hang_up()

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()


class SmtpSession(_Counted):
    """With a certificate, STARTTLS is offered."""

    def __init__(self, sessions: Sessions, domain: str, certificate: ssl.SSLContext | None) -> None:
        handler = Receiver(InboundProvider.SMTP, domain)
        super().__init__(sessions, handler, hostname=domain, tls_context=certificate)


class LmtpSession(_Counted, LMTP):
    """After the mail there is an answer for each recipient."""

    def __init__(self, sessions: Sessions, domain: str) -> None:
        super().__init__(sessions, Receiver(InboundProvider.LMTP, domain), hostname=domain)
        self._answers = 1

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        try:
            await super().smtp_DATA(arg)
        finally:
            self._answers = 1

    async def push(self, status: Any) -> None:
        await super().push("\r\n".join([str(status)] * self._answers))
        if str(status).startswith("354") and self.envelope is not None:
            self._answers = len(self.envelope.rcpt_tos)
