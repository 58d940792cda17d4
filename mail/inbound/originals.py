"""The mail that a report is about, as far as it was sent back with it."""

import re
from collections.abc import Iterator
from typing import Final

from mail.inbound.fields import Fields, message_id, message_ids, read_fields
from mail.inbound.parts import HEADERS, MESSAGES, Part

ID_LINE: Final = re.compile(
    r"^[ \t>*]{0,20}(?:original[- ])?message-?[ ]?id(?:entifier)?\s{0,3}[:=]\s{0,20}(<[^<>\s]{1,500}>)",
    re.IGNORECASE | re.MULTILINE,
)
MOST_IDS: Final = 50
OF_THE_ORIGINAL: Final = ("original-message-id", "x-original-message-id")
OF_THE_THREAD: Final = ("resent-message-id", "in-reply-to", "references")


def original_fields(parts: tuple[Part, ...], copy: str) -> Fields:
    """The header of the mail that was sent back: from a part, else from the text behind the notice."""
    for part in parts:
        if part.type in MESSAGES and part.parts and part.parts[0].fields.all:
            fields = part.parts[0].fields
        elif part.type in HEADERS:
            content = part.content().lstrip()
            fields, _ = read_fields(content, 0, len(content))
        else:
            continue
        if "message-id" in fields or "to" in fields or "from" in fields:
            return fields
    return _copied_fields(copy)


def _copied_fields(copy: str) -> Fields:
    lines = copy.split("\n")[:300]
    begin = next(
        (at for at, line in enumerate(lines) if re.match(r"[ \t>|]{0,8}[A-Za-z][\w-]{1,40}:[ \t]", line)), None
    )
    if begin is None:
        return Fields()
    margin = re.match(r"[ \t>|]*", lines[begin])
    indent = margin[0] if margin else ""
    block = "\n".join(line.removeprefix(indent) for line in lines[begin:]).encode("utf-8", "replace")
    return read_fields(block, 0, len(block))[0]


def ids_in(original: Fields, report: Fields, text: str) -> tuple[str, ...]:
    """The Message-IDs that a report names, the likeliest first, each once."""
    return tuple(dict.fromkeys(_ids(original, report, text)))


def _ids(original: Fields, report: Fields, text: str) -> Iterator[str]:
    first = message_id(original.raw("message-id"))
    if first:
        yield first
    yield from ID_LINE.findall(text)
    for name in OF_THE_ORIGINAL:
        yield from message_ids(report.raw(name))
    yield from message_ids(report.raw("in-reply-to"), 1)
    for fields in (original, report):
        for name in OF_THE_THREAD:
            yield from reversed(message_ids(fields.raw(name), MOST_IDS))
