"""Header fields as they come: any charset, any folding, many of one name (RFC 5322, 2047, 2231). Nothing here fails."""

import re
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Final
from urllib.parse import unquote_to_bytes

from mail.inbound.charsets import base64, decoded

MAX_HEAD: Final = 2_000_000
"""Bytes of header fields that are read; what is beyond them is left out."""
MOST_FIELDS: Final = 5_000
LONGEST_VALUE: Final = 100_000
LONGEST_DATE: Final = 200
FIRST_YEAR: Final = 1971
"""There was no mail before."""

FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
EMPTY_LINE: Final = re.compile(rb"[ \t\r]*(?:\n|\Z)")
AFTER_LINE: Final = re.compile(rb"\n\r?\n")
ENVELOPE: Final = re.compile(rb">?From [^\n]*\n")
"""How a message begins in an mbox; some programs leave it among the headers."""
ENCODED_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=([ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?))?")
MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,500}>")
PARAMETER: Final = re.compile(r';\s*([\w!#$&+.^`{}~-]{1,60})(\*\d{0,3})?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;"]*)')


@dataclass(frozen=True)
class Fields:
    """The header fields of a message or part in their order: names in lower case, values unfolded, not decoded."""

    all: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _first(self) -> dict[str, str]:
        return dict(reversed(self.all))

    def raw(self, name: str) -> str:
        """The first of that name, empty if there is none."""
        return self._first.get(name, "")

    def text(self, name: str) -> str:
        """The first of that name, its encoded words decoded."""
        return text_of(self.raw(name))

    def every(self, name: str) -> tuple[str, ...]:
        return tuple(value for field, value in self.all if field == name)

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.all)


def read_fields(data: bytes, begin: int, end: int) -> tuple[Fields, int]:
    """The fields that `data` has from `begin`, and where what follows them begins."""
    fields: list[tuple[str, str]] = []
    last = min(end, begin + MAX_HEAD)
    while begin < last and len(fields) < MOST_FIELDS:
        if envelope := ENVELOPE.match(data, begin, end):
            begin = envelope.end()
        elif field := FIELD.match(data, begin, end):
            fields.append((field[1].decode("ascii").lower(), _unfolded(field[2])))
            begin = field.end()
        else:
            break
    else:
        return Fields(tuple(fields)), _after_blank_line(data, begin, end)
    empty = EMPTY_LINE.match(data, begin, end)
    return Fields(tuple(fields)), empty.end() if empty else begin


def _after_blank_line(data: bytes, begin: int, end: int) -> int:
    """Where the body begins, after a head that was too long to be read to its end."""
    if begin >= end:
        return end
    found = AFTER_LINE.search(data, begin, end)
    return found.end() if found else end


def _unfolded(value: bytes) -> str:
    return " ".join(line.strip(" \t\r") for line in decoded(value[:LONGEST_VALUE]).split("\n")).strip()


def text_of(value: str) -> str:
    """RFC 2047: encoded words decoded, also where they should not be, and characters that were cut in two joined."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending, charset = b"", ""
    end = 0
    for word in ENCODED_WORD.finditer(value):
        between = value[end : word.start()]
        content = base64(word[3].encode("ascii", "ignore")) if word[2] in "bB" else _q_decoded(word[3])
        name = word[1].partition("*")[0]
        if between or name.lower() != charset.lower():
            pieces.append(decoded(pending, charset))
            pending = b""
        pieces.append(between)
        pending, charset, end = pending + content, name, word.end()
    return "".join([*pieces, decoded(pending, charset), value[end:]])


def _q_decoded(text: str) -> bytes:
    return a2b_qp(text.encode("utf-8", "replace"), header=True)


def message_ids(value: str, most: int = 100) -> tuple[str, ...]:
    """Those of References or In-Reply-To, in angle brackets; the last `most`, which are the nearest."""
    return tuple(MESSAGE_ID.findall(value)[-most:])


def message_id(value: str) -> str | None:
    """Angle brackets are put around one that has none."""
    if found := MESSAGE_ID.search(value):
        return found[0]
    word = value.strip("<> \t")[:500].split(" ")[0]
    return f"<{word}>" if "@" in word else None


def date_of(value: str) -> datetime | None:
    """RFC 5322, in UTC; None for what is no date."""
    try:
        date = parsedate_to_datetime(value[:LONGEST_DATE])
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.year >= FIRST_YEAR else None


def value_and_parameters(field: str) -> tuple[str, dict[str, str]]:
    """Of a field such as Content-Type, in lower case, and its parameters (RFC 2231), names in lower case."""
    value, _, rest = field.partition(";")
    parts: dict[str, list[tuple[int, bool, str]]] = {}
    for name, section, extended, written in PARAMETER.findall(";" + rest):
        content = re.sub(r"\\(.)", r"\1", written[1:].removesuffix('"')) if written.startswith('"') else written
        number = int(section[1:]) if len(section) > 1 else 0
        parts.setdefault(name.lower(), []).append((number, bool(extended) or section == "*", content.strip()))
    return value.strip().lower(), {name: _parameter(sections) for name, sections in parts.items()}


def _parameter(sections: list[tuple[int, bool, str]]) -> str:
    if len(sections) == 1 and not sections[0][1]:
        return text_of(sections[0][2])
    sections = sorted(sections[:100], key=lambda section: section[0])
    charset, content = "", b""
    for index, (_, extended, written) in enumerate(sections):
        text = written
        if extended and not index and written.count("'") >= 2:
            charset, _, text = written.split("'", 2)
        content += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return decoded(content, charset)
