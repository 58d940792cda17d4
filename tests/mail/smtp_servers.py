"""Mail servers on real sockets: one that does as a script says, and aiosmtpd's, which takes everything."""

import asyncio
import ssl
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

DROP: Final = "drop"
"""Instead of an answer: the connection is closed."""
SILENCE: Final = "silence"
GOOD: Final = {
    "banner": "220 mail.test",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "message": "250 2.0.0 Ok: queued as 4F2A",
    "RSET": "250 2.0.0 Ok",
    "AUTH": "235 2.7.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}


class ScriptedServer:
    """`script` says how steps are answered: always so, or, in a list, the first times. Steps are the verbs of commands,
    `banner` when somebody connects, and `message` at the final dot."""

    def __init__(self, script: Mapping[str, str | list[str]], *extensions: str) -> None:
        self.script = script
        greeting = "\r\n".join([f"250-{extension}" for extension in ("mail.test", *extensions)] + ["250 HELP"])
        self._usual = GOOD | {"EHLO": greeting}
        self.port = 0
        self.connections = 0
        self.open: set[ScriptedConnection] = set()
        self.most_open = 0
        self.commands: list[str] = []
        self.most_commands_at_once = 0
        self.messages: list[bytes] = []
        self._asked: Counter[str] = Counter()

    def answer(self, step: str) -> str:
        scripted = self.script.get(step, self._usual[step])
        if isinstance(scripted, str):
            return scripted
        self._asked[step] += 1
        return scripted[self._asked[step] - 1] if self._asked[step] <= len(scripted) else self._usual[step]


class ScriptedConnection(asyncio.Protocol):
    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self._buffer = b""
        self._in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.server.connections += 1
        self.server.open.add(self)
        self.server.most_open = max(self.server.most_open, len(self.server.open))
        self._answer("banner")

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        commands = 0
        while not self.transport.is_closing():
            if self._in_message:
                # An empty message is the final dot alone.
                content, dot, rest = (b"\r\n" + self._buffer).partition(b"\r\n.\r\n")
                if not dot:
                    break
                self._buffer, self._in_message = rest, False
                self.server.messages.append((content + b"\r\n").removeprefix(b"\r\n"))
                self._answer("message")
                continue
            line, end, rest = self._buffer.partition(b"\r\n")
            if not end:
                break
            self._buffer = rest
            self.server.commands.append(line.decode())
            commands += 1
            self.server.most_commands_at_once = max(self.server.most_commands_at_once, commands)
            self._answer(line.decode().split(" ")[0])

    def _answer(self, step: str) -> None:
        answer = self.server.answer(step)
        if answer == DROP:
            self.transport.close()
        elif answer != SILENCE:
            self.transport.write(answer.encode() + b"\r\n")
            self._in_message = step == "DATA" and answer.startswith("3")
            if answer.startswith("421") or step == "QUIT":
                self.transport.close()


@asynccontextmanager
async def scripted(
    script: Mapping[str, str | list[str]] | None = None, *extensions: str
) -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(script or {}, *extensions)
    listening = await asyncio.get_running_loop().create_server(lambda: ScriptedConnection(server), "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        for connection in list(server.open):
            connection.transport.abort()
        listening.close()


class Mailbox:
    """What aiosmtpd took; it knows one account."""

    USERNAME: Final = "mailer"
    PASSWORD: Final = "correct horse battery"

    def __init__(self) -> None:
        self.port = 0
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 2.0.0 Ok: queued as 4F2A"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (self.USERNAME.encode(), self.PASSWORD.encode()))


@asynccontextmanager
async def taking_everything(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, login: bool = False
) -> AsyncIterator[Mailbox]:
    loop, mailbox = asyncio.get_running_loop(), Mailbox()

    def connection() -> SMTP:
        with warnings.catch_warnings():
            # It takes a login by TLS for one in the clear.
            warnings.simplefilter("ignore", UserWarning)
            return SMTP(
                mailbox,
                loop=loop,
                hostname="mail.test",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=mailbox.authenticate if login else None,
                auth_required=login,
                auth_require_tls=starttls is not None,
            )

    listening = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
    mailbox.port = listening.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        listening.close()
