"""A mail server that takes everything, for stories to look into."""

import email
import email.policy
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """What the mail server took."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: Counter[str] = field(default_factory=Counter)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append(email.message_from_bytes(content, policy=email.policy.SMTP))
        self.recipients.update(envelope.rcpt_tos)
        return "250 2.0.0 Taken"

    def of(self, address: str) -> EmailMessage:
        """The first to that address."""
        return next(message for message in self.taken if message["To"].addresses[0].addr_spec == address)


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """The box, and the port."""
    taken = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield taken, port
    finally:
        controller.stop()
