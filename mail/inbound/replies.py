"""The new text of a reply: what its sender typed, without what is quoted and without signature.

Lines are looked at once, in their order, each together with a few neighbours at most: the work grows with the length of
the text, whatever it says.
"""

from dataclasses import dataclass
from typing import Final

from mail.inbound.html import QUOTED_BELOW, text_of_html
from mail.inbound.quotations import (
    UNDERSCORES,
    attribution_ending_at,
    begins_like_a_header,
    ends_like_an_attribution,
    header_block_at,
    is_forward,
    is_our_marker,
    is_rule_above_original,
)
from mail.inbound.reading import Received
from mail.inbound.signatures import signature_begins, without_banners
from mail.inbound.subjects import is_forwarding

LONGEST: Final = 250_000
"""Characters that are read. What people type is not below that much quotation."""
MOST_CANDIDATES: Final = 500
"""Lines that are looked at closely, because they may stand above a quotation. A long conversation has some dozens."""
MARKS: Final = (">", "\uff1e")
WIDTH: Final = 60
A_FEW: Final = 25
A_LINE: Final = 90
"""Characters: of a line that may have been broken, and of what may have come from its end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is what is new, stripped of empty lines around it; `signature` what is left out below it. `quotes` says
    whether something was quoted, `forwards` whether another mail is part of the new text."""

    text: str
    signature: str
    quotes: bool
    forwards: bool


def new_text(mail: Received) -> str:
    """What the sender typed. Of a mail that is sent on, all of it."""
    return reply_of(mail).text


def reply_of(mail: Received) -> Reply:
    forwarding = is_forwarding(mail.subject)
    if not mail.text_is_made or mail.html is None:
        return split_reply(mail.text, forwarding=forwarding)
    marked = split_reply(text_of_html(mail.html, marks=True), forwarding=forwarding)
    return marked if marked.text else split_reply(mail.text, forwarding=forwarding)


def split_reply(text: str, *, forwarding: bool = False) -> Reply:
    """`forwarding` where the subject says that a mail is sent on: then Outlook's header stands above what is new."""
    lines = text[:LONGEST].replace("\r\n", "\n").split("\n")
    scanner = _Scanner(lines, forwarding)
    scanner.scan()
    return scanner.reply()


class _Scanner:
    def __init__(self, lines: list[str], forwarding: bool) -> None:
        self._lines = lines
        self._low = [line.lower() for line in lines]
        self._forwarding = forwarding
        self._pieces: list[list[str]] = [[]]
        """What was typed, cut where something was quoted between."""
        self._forwarded: list[str] = []
        self._quotes = False
        self._next_quoted = _quoted_next(lines)
        self._candidates = 0

    def scan(self) -> None:
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            stripped = line.strip()
            if not stripped:
                self._pieces[-1].append(line)
                at += 1
            elif stripped[0] in MARKS and "<<<" not in stripped:
                self._quotation()
                at = self._after_quoted(at + 1)
            else:
                at = self._text(at, self._low[at].strip())

    def _text(self, at: int, low: str) -> int:
        """Where to go on after a line that is not marked as quoted."""
        end = len(self._lines)
        if low == QUOTED_BELOW or is_our_marker(low):
            return self._cut(at, at + 1, always=True)
        if is_forward(low):
            return self._forward(at)
        if is_rule_above_original(low):
            return self._forward(at) if self._forwarding else self._cut(at, at + 1)
        block_at = at + 1 if UNDERSCORES.fullmatch(low) and at + 1 < end else at
        while block_at < min(at + 3, end) and block_at > at and not self._low[block_at].strip():
            block_at += 1
        if (
            block_at < end
            and self._may_be(begins_like_a_header(self._low[block_at]))
            and (length := header_block_at(self._low, block_at))
        ):
            return self._forward(at) if self._forwarding else self._cut(at, block_at + length)
        if self._may_be(ends_like_an_attribution(low, self._next_quoted[at])) and (
            begins := attribution_ending_at(self._low, at, self._next_quoted[at])
        ):
            return self._attribution(at, *begins)
        self._pieces[-1].append(self._lines[at])
        return at + 1

    def _may_be(self, it_seems: bool) -> bool:
        """Whether to look closely at a line that seems to be the beginning of a quotation."""
        self._candidates += it_seems
        return it_seems and self._candidates <= MOST_CANDIDATES

    def _attribution(self, at: int, begin: int, column: int) -> int:
        """The lines of it that were taken for text are taken back."""
        piece = self._pieces[-1]
        taken = min(at - begin, len(piece))
        if taken:
            del piece[-taken:]
        if column:
            piece.append(self._lines[begin][:column].rstrip(" -"))
        return self._cut(at, at + 1)

    def _cut(self, at: int, below: int, *, always: bool = False) -> int:
        """What is below is quoted: as far as it is marked, or all of it if it is not marked at all."""
        self._quotation()
        if not always and below <= len(self._lines) and self._next_quoted[below - 1]:
            return below
        return len(self._lines)

    def _forward(self, at: int) -> int:
        self._forwarded = self._lines[at:]
        return len(self._lines)

    def _quotation(self) -> None:
        self._quotes = True
        if any(line.strip() for line in self._pieces[-1]):
            self._pieces.append([])
        else:
            self._pieces[-1].clear()

    def _after_quoted(self, at: int) -> int:
        """Past the end of a quoted line that a program has broken: a link, or a few words, between two of them."""
        if at + 1 >= len(self._lines) or self._lines[at + 1].lstrip()[:1] not in MARKS:
            return at
        before, words = self._lines[at - 1], self._lines[at].strip()
        if not words or words[0] in MARKS:
            return at
        wide = len(before) > WIDTH and not before.rstrip().endswith((".", "?", "!", ":"))
        few = wide and len(words) <= (A_LINE if words[0].islower() else A_FEW) and not words[0].isupper()
        link = words.lstrip("(<[").startswith("http") or ("http" in before and " " not in words)
        return at + 1 if few or link else at

    def reply(self) -> Reply:
        pieces = [piece for piece in self._pieces if any(line.strip() for line in piece)]
        signature: list[str] = []
        if pieces:
            pieces[0] = without_banners(pieces[0])
        for piece in dict.fromkeys((0, len(pieces) - 1)) if pieces else ():
            begins = signature_begins(pieces[piece])
            left_out = pieces[piece][begins:]
            if any(line.strip() for line in left_out):
                signature.extend(left_out)
                pieces[piece] = pieces[piece][:begins]
        typed = "\n\n".join(text for text in ("\n".join(piece).strip("\n \t") for piece in pieces) if text)
        forwarded = "\n".join(self._forwarded).strip("\n \t")
        text = "\n\n".join(part for part in (typed, forwarded) if part)
        text = "\n".join(line.rstrip() for line in text.split("\n"))
        return Reply(
            text.replace(QUOTED_BELOW, "").strip(), "\n".join(signature).strip(), self._quotes, bool(forwarded)
        )


def _quoted_next(lines: list[str]) -> list[bool]:
    """Of each line, whether the next one that is not empty is marked as quoted."""
    result, following = [False] * len(lines), False
    for at in range(len(lines) - 1, -1, -1):
        result[at] = following
        first = lines[at].lstrip()[:1]
        if first:
            following = first in MARKS
    return result
