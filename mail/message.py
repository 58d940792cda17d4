"""A message as it is sent: what is the same for all recipients built once, the rest put in per recipient."""

import re
from binascii import b2a_qp
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

from bson import ObjectId

from core.errors import InvalidInput
from mail.content import Rendered
from mail.headers import NAME, Address, header, mailbox, unstructured

OURS: Final = frozenset(
    {
        "auto-submitted", "bcc", "cc", "content-transfer-encoding", "content-type", "date", "dkim-signature",
        "feedback-id", "from", "list-id", "list-unsubscribe", "list-unsubscribe-post", "message-id", "mime-version",
        "reply-to", "sender", "subject", "to",
    }
)  # fmt: skip
"""Headers that are written here and nowhere else."""
MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,500}>")
TOKEN: Final = re.compile(r"[\x21-\x7e]{1,900}")
LIST_ID: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
DELIVERY_TAG: Final = "delivery"
"""What the tag is called in which a message carries its delivery's id through a provider that has tags."""
ONE_CLICK: Final = "List-Unsubscribe=One-Click"

PLAIN: Final = b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
HTML: Final = PLAIN.replace(b"plain", b"html")


@dataclass(frozen=True, slots=True)
class Thread:
    """What makes mail programs show a message below others (RFC 5322, section 3.6.4): the ids of those that it answers,
    as they stand in headers, the newest last. `reply_to` is where an answer to this one goes."""

    references: Sequence[str] = ()
    reply_to: Address | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one recipient.

    `content` is all of it (RFC 5322), lines ended by CRLF. The other fields say the same for providers that take parts
    instead: `headers` are those beyond From, To, Reply-To, Subject, Date and MIME. `delivery` names the message: what
    is sent again under the same name is the same message.
    """

    delivery: ObjectId
    sender: Address
    recipient: Address
    reply_to: Address | None
    body: Rendered
    headers: Mapping[str, str]
    content: bytes


class Skeleton:
    """What all messages of a campaign share.

    `list_id` is the list's name as a domain (RFC 2919), `feedback_id` what Gmail groups complaints by, `automatic`
    marks mail that no person wrote (RFC 3834: vacation responders keep quiet). `sign` puts a DKIM signature before the
    finished message. Raises `InvalidInput` for headers that can't be.
    """

    def __init__(
        self,
        sender: Address,
        *,
        reply_to: Address | None = None,
        list_id: str | None = None,
        feedback_id: str | None = None,
        automatic: bool = False,
        headers: Mapping[str, str] = MappingProxyType({}),
        sign: Callable[[bytes], bytes] | None = None,
    ) -> None:
        for name in headers:
            if not NAME.fullmatch(name) or name.lower() in OURS:
                raise InvalidInput(f"{name!r} is not a header that can be set", "headers")
        if list_id is not None and not LIST_ID.fullmatch(list_id):
            raise InvalidInput("A list's id looks like a domain: news.example.com", "listId")
        if feedback_id is not None and not TOKEN.fullmatch(feedback_id):
            raise InvalidInput("A feedback id is a word of printable ASCII", "feedbackId")
        self._sender, self._reply_to, self._sign = sender, reply_to, sign
        self._headers = {
            **({"List-Id": f"<{list_id}>"} if list_id else {}),
            **({"Feedback-ID": feedback_id} if feedback_id else {}),
            **({"Auto-Submitted": "auto-generated"} if automatic else {}),
            **headers,
        }
        self._where = header("Reply-To", mailbox(reply_to)) if reply_to else b""
        self._head = b"".join(
            [
                header("From", mailbox(sender)),
                *(header(name, unstructured(value)) for name, value in self._headers.items()),
                b"MIME-Version: 1.0\r\n",
            ]
        )

    def message(
        self,
        delivery: ObjectId,
        recipient: Address,
        body: Rendered,
        *,
        date: datetime,
        unsubscribe_url: str | None = None,
        thread: Thread | None = None,
    ) -> Outgoing:
        """`unsubscribe_url` is for one click (RFC 8058): it must be https in production and answer a POST by itself.

        The Message-ID follows from the delivery: a message that is sent again is recognised as the same.
        """
        own = {
            "Message-ID": f"<{delivery}@{self._sender.domain}>",
            **_unsubscribe_headers(unsubscribe_url),
            **_thread_headers(thread),
        }
        answers_to = thread.reply_to if thread else None
        content = b"".join(
            [
                header("Date", format_datetime(date).split(" ")),
                header("To", mailbox(recipient)),
                header("Subject", unstructured(body.subject)),
                header("Reply-To", mailbox(answers_to)) if answers_to else self._where,
                *(header(name, value.split(" ")) for name, value in own.items()),
                self._head,
                _mime(body, boundary=f"=_{delivery}".encode()),
            ]
        )
        if self._sign:
            content = self._sign(content)
        headers = self._headers | own
        return Outgoing(delivery, self._sender, recipient, answers_to or self._reply_to, body, headers, content)


def quoted_printable(text: str) -> bytes:
    """RFC 2045, lines ended by CRLF. It is what people can read in a raw mail, and costs less than base64."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").replace("\n", "\r\n")
    return b2a_qp(lines.encode("utf-8", "replace") + b"\r\n", istext=True)


def _mime(body: Rendered, boundary: bytes) -> bytes:
    """The rest of the headers, and the body. No quoted-printable text holds `=_`, so none ends a part early."""
    text = quoted_printable(body.text)
    if body.html is None:
        return PLAIN + text
    delimiter = b"\r\n--" + boundary
    return b"".join(
        [
            b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n',
            delimiter + b"\r\n" + PLAIN + text,
            delimiter + b"\r\n" + HTML + quoted_printable(body.html),
            delimiter + b"--\r\n",
        ]
    )


def _thread_headers(thread: Thread | None) -> dict[str, str]:
    """The newest of the messages is the one that it answers. Ids that no header can hold are left out."""
    ids = [one for one in thread.references if MESSAGE_ID.fullmatch(one)] if thread else []
    return {"In-Reply-To": ids[-1], "References": " ".join(ids)} if ids else {}


def _unsubscribe_headers(url: str | None) -> dict[str, str]:
    if url is None:
        return {}
    if not TOKEN.fullmatch(url) or not url.startswith(("https://", "http://")) or set(url) & set('<>"'):
        raise InvalidInput("The address to unsubscribe at is not a web address", "unsubscribeUrl")
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": ONE_CLICK}
