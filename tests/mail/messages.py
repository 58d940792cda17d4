"""Messages to hand over."""

from typing import Final

from bson import ObjectId

from mail.content import Rendered
from mail.headers import Address
from mail.message import Outgoing

CONTENT: Final = b"From: news@example.com\r\nSubject: Hi\r\n\r\nHello\r\n"


def outgoing(
    content: bytes = CONTENT, *, recipient: str = "ada@example.org", delivery: ObjectId | None = None
) -> Outgoing:
    return Outgoing(
        delivery=delivery or ObjectId(),
        sender=Address("news@example.com", "News"),
        recipient=Address(recipient),
        reply_to=None,
        body=Rendered("Hi", "Hello\n", None),
        headers={"Message-ID": "<1@example.com>"},
        content=content,
    )
