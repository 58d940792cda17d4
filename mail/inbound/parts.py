"""The parts of a message (MIME, RFC 2045 and 2046), found and not copied: in linear time, to a bounded depth.

Python's own parser is not used for it: it reads line by line, recurses as deep as the sender likes, and knows no bound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from mail.inbound.charsets import decoded, transfer_decoded
from mail.inbound.fields import Fields, read_fields, text_of, value_and_parameters

DEEPEST: Final = 12
"""Multiparts and messages within one another; what is deeper is one part."""
MOST_PARTS: Final = 500
MOST_DELIMITERS: Final = 10_000
"""Looked at in one multipart, with those that only begin like one."""

GUESSED_DELIMITER: Final = re.compile(
    rb"(?:[^\n]*\n){0,20}?--([^\s][^\n]{0,100}?)[ \t\r]*\n(?=Content-[A-Za-z-]+:)", re.IGNORECASE
)
"""The first line that looks like a delimiter, where the boundary that was announced is not to be found."""
MESSAGES: Final = frozenset({"message/rfc822", "message/global", "message/partial"})
HEADERS: Final = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})


@dataclass(frozen=True)
class Part:
    """A part, or a whole message. `head` is where its header begins in `data`, `begin` and `end` where its content
    lies, before it is decoded."""

    data: bytes = field(repr=False)
    fields: Fields
    head: int
    begin: int
    end: int
    parts: tuple["Part", ...] = ()
    """Of a multipart; of a message within a message, the one message."""

    @cached_property
    def _content_type(self) -> tuple[str, dict[str, str]]:
        return value_and_parameters(self.fields.raw("content-type"))

    @property
    def type(self) -> str:
        """In lower case: `text/plain`."""
        kind = self._content_type[0]
        return kind if "/" in kind else "text/plain"

    @property
    def parameters(self) -> dict[str, str]:
        return self._content_type[1]

    @cached_property
    def _disposition(self) -> tuple[str, dict[str, str]]:
        return value_and_parameters(self.fields.raw("content-disposition"))

    @property
    def is_attached(self) -> bool:
        return self._disposition[0] == "attachment"

    @property
    def name(self) -> str:
        """Of the file, without folders and control characters; empty if it has none."""
        name = self._disposition[1].get("filename") or self.parameters.get("name", "")
        return re.sub(r"[\x00-\x1f\x7f]+", " ", re.split(r"[/\\]", name)[-1]).strip()[:255]

    @property
    def content_id(self) -> str:
        return text_of(self.fields.raw("content-id")).strip("<> ")

    def content(self) -> bytes:
        """Decoded by its transfer encoding; bytes that were lost or damaged on the way are left out."""
        return transfer_decoded(self.data[self.begin : self.end], self.fields.raw("content-transfer-encoding"))

    def text(self) -> str:
        """As text, lines ended by `\\n`."""
        text = decoded(self.content(), self.parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def walk(self) -> Iterator["Part"]:
        """This part and all within, in the order of the message."""
        yield self
        for part in self.parts:
            yield from part.walk()


def read_parts(data: bytes) -> Part:
    """Never fails: what makes no sense is text."""
    return _Reader().message(data, 0, len(data), 0)


class _Reader:
    def __init__(self) -> None:
        self._count = 0

    def message(self, data: bytes, begin: int, end: int, depth: int, default: str = "") -> Part:
        self._count += 1
        fields, body = read_fields(data, begin, end)
        part = Part(data, fields, begin, body, end)
        if depth >= DEEPEST:
            return part
        if default and "content-type" not in fields:
            part = Part(data, Fields((*fields, ("content-type", default))), begin, body, end)
        return Part(data, part.fields, begin, body, end, self._within(part, depth + 1))

    def _within(self, part: Part, depth: int) -> tuple[Part, ...]:
        if part.type in MESSAGES:
            data, begin, end = part.data, part.begin, part.end
            if part.fields.raw("content-transfer-encoding").lower() in ("base64", "quoted-printable"):
                data = part.content()
                begin, end = 0, len(data)
            return (self.message(data, _after_blank_lines(data, begin, end), end, depth),)
        if part.type.startswith("multipart/") or "content-type" not in part.fields:
            default = "message/rfc822" if part.type == "multipart/digest" else ""
            return tuple(self._multipart(part, depth, default))
        return ()

    def _multipart(self, part: Part, depth: int, default: str) -> Iterator[Part]:
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
        spans = list(_between(part, boundary)) if boundary else []
        if not spans:
            guess = GUESSED_DELIMITER.match(part.data, part.begin, part.end)
            spans = list(_between(part, guess[1])) if guess else []
        for begin, end in spans:
            if self._count >= MOST_PARTS:
                return
            yield self.message(part.data, begin, end, depth, default)


def _between(part: Part, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts lie between the delimiters; the last one may lack its delimiter."""
    data, delimiter = part.data, b"--" + boundary
    begin, at = None, part.begin
    for _ in range(MOST_DELIMITERS):
        at = data.find(delimiter, at, part.end)
        if at < 0:
            break
        after = at + len(delimiter)
        line_end = data.find(b"\n", after, part.end)
        line_end = part.end if line_end < 0 else line_end
        rest = data[after : min(line_end, after + 100)].strip()
        if (at == part.begin or data[at - 1 : at] == b"\n") and rest in (b"", b"--"):
            if begin is not None:
                yield begin, max(begin, at - (2 if data[at - 2 : at] == b"\r\n" else 1))
            begin = min(line_end + 1, part.end)
            if rest:
                return
        at = after
    if begin is not None and begin < part.end:
        yield begin, part.end


def _after_blank_lines(data: bytes, begin: int, end: int) -> int:
    while begin < end and data[begin : begin + 1] in (b"\r", b"\n"):
        begin += 1
    return begin
