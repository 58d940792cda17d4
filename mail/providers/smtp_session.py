"""One connection to a mail server (RFC 5321), after its greeting, encryption and login: hands over message by message.

aiosmtplib opens connections, encrypts them and logs in; then this protocol takes the transport over. With PIPELINING
(RFC 2920) a message costs two writes and two waits instead of four: all that comes before its content goes out at once.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from mail.bounces import Bounce, classify, is_about_a_mailbox
from mail.providers import Outcome, Receipt

LINE: Final = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
LONE: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
LONGEST_REPLY: Final = 32_768
LONGEST_RESPONSE: Final = 500
"""Characters of a reply that are kept."""
QUEUED_AS: Final = re.compile(r"\b(?:queued as |id=)<?([\w.@-]+)", re.IGNORECASE)
CLOSING: Final = 421
ABOUT_THE_LOGIN: Final = frozenset({530, 534, 535, 538})
"""The server wants another login or encryption (RFC 4954): our configuration is wrong, not the message."""
LOGIN_PAUSE: Final = 60.0
"""Seconds in which somebody may correct it."""
EXPECTED: Final = (2, 2, 3)
"""How the replies to MAIL, RCPT and DATA begin when a message is welcome."""
LOST: Final = "The connection was lost, or no answer came in time, before the message was sent"
UNANSWERED: Final = "The message was sent, and no answer came"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a connection must be open, a command and a finished message be answered. RFC 5321 (4.5.3.2) asks
    for long waits after the message: what is given up then may have been taken."""

    open: float = 30.0
    command: float = 60.0
    message: float = 300.0


PATIENT: Final = Patience()


@dataclass(frozen=True, slots=True)
class Reply:
    """The lines of one reply as one text."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:LONGEST_RESPONSE].strip()


class Session(asyncio.Protocol):
    """`closed` says that nothing more can be sent by it. `sent` counts its messages, `used` is when it sent the last
    one, by the loop's clock."""

    def __init__(self, transport: asyncio.Transport, *, pipelining: bool, patience: Patience) -> None:
        self._transport = transport
        self._pipelining = pipelining
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._rest, self._lines = b"", list[bytes]()
        self._replies = list[Reply]()
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self.closed = False
        self.sent = 0
        self.used = self._loop.time()
        transport.set_protocol(self)

    async def send(self, sender: str, recipient: str, content: bytes) -> Receipt:
        """`content` is `framed`, the addresses are ASCII without spaces. One message at a time."""
        commands = (f"MAIL FROM:<{sender}>\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(), b"DATA\r\n")
        replies = await self._announce(*commands)
        for step, (reply, first) in enumerate(zip(replies, EXPECTED, strict=False)):
            if reply.code // 100 != first:
                await self._start_over(replies)
                return _refusal(reply, about_the_address=step > 0)
        if len(replies) < len(EXPECTED) or self.closed:
            self.end()
            return Receipt(Outcome.DEFERRED, LOST)
        return await self._finish(content)

    def leave(self) -> None:
        """Says so, and closes the connection."""
        if not self.closed:
            self.closed = True
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

    def end(self) -> None:
        """Closes the connection at once, whatever state it is in."""
        self.closed = True
        self._transport.abort()
        self._wake()

    async def _announce(self, mail: bytes, recipient: bytes, data: bytes) -> list[Reply]:
        """Up to the first reply that is none of those expected; with PIPELINING all three."""
        if self._pipelining:
            return await self._exchange(mail + recipient + data, 3)
        replies = list[Reply]()
        for command, first in zip((mail, recipient, data), EXPECTED, strict=True):
            replies += await self._exchange(command, 1)
            if not replies or replies[-1].code // 100 != first:
                break
        return replies

    async def _finish(self, content: bytes) -> Receipt:
        replies = await self._exchange(content, 1, self._patience.message)
        if not replies or replies[0].code // 100 == 3:
            self.end()
            return Receipt(Outcome.UNCERTAIN, str(replies[0]) if replies else UNANSWERED)
        if replies[0].code // 100 != 2:
            return self._after(_refusal(replies[0], about_the_address=True), replies)
        self.sent += 1
        self.used = self._loop.time()
        found = QUEUED_AS.search(replies[0].text)
        return Receipt(Outcome.ACCEPTED, str(replies[0]), provider_id=found[1] if found else None)

    def _after(self, receipt: Receipt, replies: list[Reply]) -> Receipt:
        if any(reply.code == CLOSING for reply in replies):
            self.end()
        return receipt

    async def _start_over(self, replies: list[Reply]) -> None:
        """Takes back what the server took of a message that it does not want."""
        if len(replies) == len(EXPECTED) and replies[-1].code // 100 == EXPECTED[-1]:
            # It waits for the content, for nobody: RFC 2920 says to give it none.
            replies = [*replies, *await self._exchange(b".\r\n", 1)]
        if any(reply.code == CLOSING for reply in replies):
            return self.end()
        answer = await self._exchange(b"RSET\r\n", 1)
        if not answer or answer[0].code // 100 != 2:
            self.end()
        return None

    async def _exchange(self, data: bytes, expected: int, patience: float | None = None) -> list[Reply]:
        """Writes, and waits for so many replies: fewer where the connection or the time ended before."""
        self._replies, self._expected = [], expected
        if self.closed:
            return []
        self._waiter = self._loop.create_future()
        timer = self._loop.call_later(patience or self._patience.command, self.end)
        self._transport.write(data)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
        return self._replies

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line_received(line)
        if len(self._rest) + sum(map(len, self._lines)) > LONGEST_REPLY:
            self.end()

    def _line_received(self, line: bytes) -> None:
        found = LINE.fullmatch(line.rstrip(b"\r"))
        if found is None or self._waiter is None or self._waiter.done():
            # Not SMTP, or said without being asked: whatever follows could be taken for the answer to something else.
            return self.end()
        self._lines.append(found[3] or b"")
        if found[2] != b"-":
            text = b" ".join(self._lines).decode("utf-8", "replace")
            self._replies.append(Reply(int(found[1]), text))
            self._lines.clear()
            if len(self._replies) == self._expected:
                self._wake()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def framed(content: bytes) -> bytes:
    """As it follows DATA: a dot before each line that begins with one (RFC 5321, 4.5.2), and the final dot.

    Raises `ValueError` for a dot after a lone CR or LF: some servers would take that for the end of a message, and the
    rest for commands.
    """
    if b"\n." in content or b"\r." in content:
        if LONE.search(content):
            raise ValueError("A line of the message does not end with CRLF")
        content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def _refusal(reply: Reply, *, about_the_address: bool) -> Receipt:
    """Of what was not taken. Only after MAIL can a refusal be about the recipient."""
    said = str(reply)
    if reply.code in ABOUT_THE_LOGIN:
        return Receipt(Outcome.DEFERRED, said, retry_after=LOGIN_PAUSE)
    if reply.code < 500:
        soft = about_the_address and is_about_a_mailbox(said)
        return Receipt(Outcome.DEFERRED, said, bounce=Bounce.SOFT if soft else None)
    return Receipt(Outcome.REFUSED, said, bounce=classify(said) if about_the_address else Bounce.POLICY)
