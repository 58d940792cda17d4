"""Mail over SMTP: a pool of connections, each of which carries many messages.

Measured against Debian's smtp-sink on two cores, with 8 connections and messages of 10 kB (`benchmarks/smtp.py`): this
provider hands over some 3 times as many messages in a second as aiosmtplib's `sendmail` in a loop per connection, and
spends a quarter of its processor time on each; to a server without PIPELINING twice as many, for a third of it.
"""

import asyncio
import re
from typing import Final

from mail.message import Outgoing
from mail.providers import Outcome, Receipt, Unavailable
from mail.providers.smtp_opening import FIRST_PAUSE, Opening, SmtpServer, open_session
from mail.providers.smtp_session import PATIENT, Patience, Session, framed

MOST_MESSAGES: Final = 500
"""Of one connection: servers balance their load by new ones."""
LONGEST_IDLE: Final = 60.0
"""Seconds after which a connection is not used again: something between may have forgotten it."""
ENVELOPE: Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


class SmtpProvider:
    """Not repeatable: a server takes the same message twice."""

    name = "smtp"
    repeatable = False

    def __init__(
        self,
        server: SmtpServer,
        *,
        connections: int = 8,
        patience: Patience = PATIENT,
        most_messages: int = MOST_MESSAGES,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self.at_once = connections
        self._server, self._patience, self._most_messages = server, patience, most_messages
        self._opening = Opening(server, patience, first_pause=first_pause)
        self._free = asyncio.Semaphore(connections)
        self._idle: list[Session] = []

    async def send(self, message: Outgoing) -> Receipt:
        sender, recipient = message.sender.email, message.recipient.email
        if not ENVELOPE.fullmatch(sender) or not ENVELOPE.fullmatch(recipient):
            return Receipt(Outcome.REFUSED, "An address has characters that SMTP can't carry")
        try:
            content = framed(message.content)
        except ValueError as problem:
            return Receipt(Outcome.REFUSED, str(problem))
        async with self._free:
            return await self._sent(sender, recipient, content)

    async def check(self) -> str:
        (await open_session(self._server, self._patience)).leave()
        return str(self._server)

    async def close(self) -> None:
        """What is being sent ends first."""
        for _ in range(self.at_once):
            await self._free.acquire()
        while self._idle:
            self._idle.pop().leave()
        for _ in range(self.at_once):
            self._free.release()

    def _used_before(self) -> Session | None:
        """The one that was used last, so that those that are not needed become old."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            session = self._idle.pop()
            if not session.closed and now - session.used < LONGEST_IDLE:
                return session
            session.leave()
        return None

    async def _sent(self, sender: str, recipient: str, content: bytes) -> Receipt:
        if (session := self._used_before()) is not None:
            receipt = await self._through(session, sender, recipient, content)
            if receipt.outcome is not Outcome.DEFERRED or not session.closed:
                return receipt
            # Servers close connections that nobody used for a while. Nothing was taken: once more, by a new one.
        try:
            session = await self._opening.session()
        except Unavailable as problem:
            return Receipt(Outcome.DEFERRED, str(problem), retry_after=self._opening.pause)
        receipt = await self._through(session, sender, recipient, content)
        if session.sent:
            self._opening.succeeded()
        elif session.closed:
            self._opening.failed(receipt.response)
        return receipt

    async def _through(self, session: Session, sender: str, recipient: str, content: bytes) -> Receipt:
        try:
            receipt = await session.send(sender, recipient, content)
        except BaseException:
            # Given up half-way: nothing can be said on this connection any more.
            session.end()
            raise
        if session.sent >= self._most_messages:
            session.leave()
        elif not session.closed:
            self._idle.append(session)
        return receipt
