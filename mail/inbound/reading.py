"""A received mail, read. It never fails on what a mail says, only on how large it is."""

import html as html_entities
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from core.errors import InvalidInput
from mail.inbound.fields import Fields, date_of, message_id, message_ids
from mail.inbound.flowed import unflowed
from mail.inbound.html import text_of_html
from mail.inbound.mailboxes import Mailbox, mailboxes
from mail.inbound.parts import HEADERS, MESSAGES, Part, read_parts
from mail.inbound.tnef import TNEF, files_of

MAX_MAIL: Final = 25_000_000
"""Bytes. It is what the large hosts take."""
LINES_LOOKED_AT: Final = 100_000
"""Bytes in which a line has to end, if lines are ended by LF at all."""
ENVELOPE_FIELDS: Final = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-forwarded-to",
)
"""What servers note of the recipient for whom a mail was left, which To need not name."""
REPORTS: Final = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/feedback-report",
     "message/disposition-notification", *HEADERS}
)  # fmt: skip
"""Parts that are read by programs, and no files to be shown."""


class TooLarge(InvalidInput):
    """More than `MAX_MAIL` bytes: nothing of it was read."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. `size` is in bytes, decoded. `content_id` names it in the HTML (`cid:`); `inline` is one that is shown
    within the text."""

    name: str
    content_type: str
    size: int
    content_id: str
    inline: bool
    _part: Part | bytes = field(repr=False)

    def content(self) -> bytes:
        return self._part if isinstance(self._part, bytes) else self._part.content()


@dataclass(frozen=True)
class Received:
    """Message-IDs are in angle brackets, dates in UTC, texts have lines ended by `\\n`.

    `delivered_to` is for whom servers on the way say that it was left, the last of them first. `return_path` is where a
    bounce would go: empty for a bounce, None where no server said. `text_is_made` where it was made from the HTML.
    """

    size: int
    fields: Fields = field(repr=False)
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    delivered_to: tuple[str, ...]
    return_path: str | None
    date: datetime | None
    subject: str
    text: str
    text_is_made: bool
    html: str | None = field(repr=False)
    attachments: tuple[Attachment, ...]
    root: Part = field(repr=False)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All of them, in their order, with those of messages within it."""
        return tuple(self.root.walk())


def read(raw: bytes) -> Received:
    """Raises `TooLarge`, and nothing else."""
    if len(raw) > MAX_MAIL:
        raise TooLarge(f"A mail has at most {MAX_MAIL:,} bytes, this one has {len(raw):,}")
    size = len(raw)
    if b"\n" not in raw[:LINES_LOOKED_AT]:
        raw = raw.replace(b"\r", b"\n")
    return received(read_parts(raw.lstrip(b"\r\n\0 \t\xef\xbb\xbf") if raw[:1] in b"\r\n\0\xef \t" else raw), size)


def received(root: Part, size: int | None = None) -> Received:
    """A message that was found, such as one within another."""
    fields = root.fields
    text, html, made = _body(root)
    path = fields.raw("return-path") if "return-path" in fields else None
    return Received(
        size=root.end - root.head if size is None else size,
        fields=fields,
        message_id=message_id(fields.raw("message-id")),
        in_reply_to=message_ids(fields.raw("in-reply-to")),
        references=message_ids(fields.raw("references")),
        sender=mailboxes(fields.raw("from")),
        to=_every(fields, "to"),
        cc=_every(fields, "cc"),
        reply_to=mailboxes(fields.raw("reply-to")),
        delivered_to=tuple(
            dict.fromkeys(
                mailbox.email
                for name in ENVELOPE_FIELDS
                for value in fields.every(name)
                for mailbox in mailboxes(value)
            )
        ),
        return_path=None if path is None else next((mailbox.email for mailbox in mailboxes(path)), ""),
        date=date_of(fields.raw("date")),
        subject=fields.text("subject"),
        text=text,
        text_is_made=made,
        html=html,
        attachments=tuple(_attachments(root)),
        root=root,
    )


def _every(fields: Fields, name: str) -> tuple[Mailbox, ...]:
    return tuple(mailbox for value in fields.every(name)[:100] for mailbox in mailboxes(value))


def _body(root: Part) -> tuple[str, str | None, bool]:
    """The text, the HTML if there is any, and whether the text was made."""
    pieces = list(_pieces(root))
    texts, made = [], False
    for plain, html in pieces:
        if html is not None and (plain is None or not plain.strip()):
            texts.append(text_of_html(html))
            made = True
        elif plain is not None:
            texts.append(plain)
    whole = [html if html is not None else _as_html(plain or "") for plain, html in pieces]
    has_html = any(html is not None for _, html in pieces)
    return "\n".join(texts), "\n".join(whole) if has_html else None, made


def _as_html(text: str) -> str:
    return f"<pre>{html_entities.escape(text)}</pre>" if text.strip() else ""


def _pieces(part: Part) -> Iterator[tuple[str | None, str | None]]:
    """What the message says, piece by piece: as text, as HTML, or both ways."""
    if part.type == "multipart/alternative" and part.parts:
        pieces = [piece for within in part.parts for piece in _pieces(within)]
        plain = [plain for plain, _ in pieces if plain is not None]
        html = [html for _, html in pieces if html is not None]
        if pieces:
            yield "\n".join(plain) if plain else None, "\n".join(html) if html else None
    elif part.type.startswith("multipart/") or (part.parts and part.type not in MESSAGES):
        if not part.parts:
            yield part.text(), None
        for within in part.parts:
            yield from _pieces(within)
    elif _is_shown(part):
        if part.type == "text/html":
            yield None, part.text()
        else:
            yield unflowed(part.text(), part.parameters), None


def _is_shown(part: Part) -> bool:
    if part.is_attached or not part.type.startswith("text/") or part.type in (*HEADERS, "text/calendar"):
        return False
    return not part.name or part.type in ("text/plain", "text/html")


def _attachments(part: Part) -> Iterator[Attachment]:
    if part.type in MESSAGES:
        if part.parts:
            name = part.name or f"{part.parts[0].fields.text('subject')[:100] or 'message'}.eml"
            yield _attachment(part, name)
    elif part.parts:
        for within in part.parts:
            yield from _attachments(within)
    elif part.type in TNEF or part.name.lower() == "winmail.dat":
        files = files_of(part.content())
        for name, content in files:
            yield Attachment(name, "application/octet-stream", len(content), "", False, content)
        if not files:
            yield _attachment(part, part.name or "winmail.dat")
    elif not part.type.startswith("multipart/") and not _is_shown(part) and part.type not in REPORTS:
        yield _attachment(part, part.name or f"attachment.{part.type.partition('/')[2] or 'bin'}")


def _attachment(part: Part, name: str) -> Attachment:
    inline = not part.is_attached and bool(part.content_id)
    return Attachment(name, part.type, len(part.content()), part.content_id, inline, part)
