"""Reports that programs read: fields in groups (RFC 3464, 5965)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail.inbound.fields import Fields, read_fields
from mail.inbound.parts import Part

STATUS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
MOST_GROUPS: Final = 1_000
BLANK_LINES: Final = re.compile(rb"(?:[ \t\r]*\n)+")
ENHANCED: Final = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
COMMENT: Final = re.compile(r"\s*\([^()]*\)\s*$")


class Action(StrEnum):
    """What a server did. `delivered` also for what it passed on."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


PASSED_ON: Final = ("delivered", "relayed", "expanded", "deliverable")


@dataclass(frozen=True, slots=True)
class Reported:
    """Of one recipient. `final` is where delivery ended, `original` to whom the mail was sent, as far as it says so;
    `status` an enhanced status code (RFC 3463) or empty; `diagnostic` what was said, with the status field's words."""

    final: str
    original: str
    action: Action
    status: str
    diagnostic: str


def groups_of(data: bytes) -> list[Fields]:
    """The groups of fields, between empty lines. What is no field is passed over."""
    groups: list[Fields] = []
    at = 0
    while at < len(data) and len(groups) < MOST_GROUPS:
        if blank := BLANK_LINES.match(data, at):
            at = blank.end()
            continue
        fields, end = read_fields(data, at, len(data))
        if fields.all:
            groups.append(fields)
        if end == at:
            line_end = data.find(b"\n", at)
            end = len(data) if line_end < 0 else line_end + 1
        at = end
    return groups


def address_in(field: str) -> str:
    """Without its type: `rfc822; ann@example.com` is `ann@example.com`. Empty for what is no address of mail."""
    kind, semicolon, value = field.partition(";")
    if semicolon and "@" not in kind:
        if kind.strip().lower() in ("x400", "x.400", "unknown") and value.lstrip().startswith("/"):
            return ""
        field = value
    return COMMENT.sub("", field).strip().removeprefix("<").removesuffix(">").strip().removeprefix("mailto:")


def reported_in(part: Part) -> Iterator[Reported]:
    """Whom a message/delivery-status names."""
    for fields in groups_of(part.content()):
        final, original = address_in(fields.raw("final-recipient")), address_in(fields.raw("original-recipient"))
        final = final or address_in(fields.raw("x-actual-recipient"))
        if not (final or original):
            continue
        said = " ".join([fields.text("status"), *map(_without_type, fields.every("diagnostic-code"))])
        action = _action(fields.raw("action"), fields.raw("status"))
        codes = ENHANCED.findall(said)
        status = next((code for code in codes if not code.endswith(".0.0")), next(iter(codes), ""))
        yield Reported(final or original, original or final, action, status, said.strip())


def _without_type(diagnostic: str) -> str:
    kind, semicolon, said = diagnostic.partition(";")
    return said.strip() if semicolon and len(kind) < len("x-some-mail-system") else diagnostic


def _action(value: str, status: str) -> Action:
    word = value.strip().lower()
    if word.startswith("delay") or (not word and status.startswith("4")):
        return Action.DELAYED
    if word.startswith(PASSED_ON) or (not word and status.startswith("2")):
        return Action.DELIVERED
    return Action.FAILED
