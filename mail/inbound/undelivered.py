"""Whom a notice in plain words is about: addresses by where they stand, and what is said of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mail.inbound.notices import AFTER_ITEM, ALIAS_FOLLOWS, ITEM, NOT_ABOUT_IT, RECIPIENT_FOLLOWS, SENTENCE

MOST_LINES: Final = 400
LONGEST_LINE: Final = 1_000
MOST_MENTIONS: Final = 300
LONGEST_REASON: Final = 1_000
LINES_OF_A_REASON: Final = 14

ADDRESS: Final = re.compile(
    r"(?<![\w.+=&#@-])[\w+=#-][\w.+=&#'!%~$-]{0,63}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}(?![\w-])|"
    r"(?<=<)[\w+=#-][\w.+=&#'!%~$-]{0,63}@[\w-]{2,63}(?=>)"
)
BEFORE_ADDRESS: Final = re.compile(r"^smtp=", re.IGNORECASE)
"""Of X.400: `dda:SMTP=ann@example.com`."""
REFUSAL: Final = re.compile(r"[>\"')\]]*\s*[:;,-]?\s*(?:smtp[;:]?\s*)?[45]\d\d\b")
ABOUT_RECIPIENTS: Final = re.compile(
    r"recipient|address|user\b|mailbox|account|deliver|destinat|empf|usuario|utilis|inbox|reach|fail"
)
TO_WHOM: Final = re.compile(r"^\s*to:")


CERTAINLY, ITEM_OF_A_LIST, IN_A_SENTENCE, GUESSED = range(4)
"""How sure it is that an address is of who was not reached: by the words before it, an item of a list, named in a
sentence about it, taken from the header that is repeated."""


@dataclass(slots=True)
class Mention:
    """`email` is the address that was written to, `final` where delivery ended, if that is said to be another."""

    email: str
    rank: int
    line: int
    final: str = ""
    said: str = ""


def mentions(notice: str, not_these: frozenset[str]) -> list[Mention]:
    """Those that a notice is about, each once, with what it says of them. Addresses in `not_these` (in lower case) are
    taken only where they are an item, or certain."""
    lines = [line[:LONGEST_LINE] for line in notice.split("\n")[:MOST_LINES]]
    found = list(_found(lines, not_these))
    best = min((mention.rank for mention in found), default=None)
    if best is None:
        return []
    chosen = [
        mention
        for mention in found
        if mention.rank == best or (best <= ITEM_OF_A_LIST and mention.rank <= ITEM_OF_A_LIST)
    ]
    others = [mention for mention in chosen if mention.email.lower() not in not_these]
    chosen = _aliased(others or chosen, lines)
    starts = {mention.line for mention in chosen}
    once: dict[str, Mention] = {}
    for mention in chosen:
        mention.said = _said(mention, lines, starts)
        known = once.setdefault(mention.email.lower(), mention)
        if known is not mention:
            known.said = f"{known.said} {mention.said}"[:LONGEST_REASON]
            known.final = known.final or mention.final
    return list(once.values())


def _found(lines: list[str], not_these: frozenset[str]) -> Iterator[Mention]:
    count, before = 0, ""
    for number, line in enumerate(lines):
        low = line.lower()
        for address in ADDRESS.finditer(line):
            rank = _rank(low, before, address.start(), address.end())
            if rank is None or (rank > ITEM_OF_A_LIST and address[0].lower() in not_these):
                continue
            yield Mention(BEFORE_ADDRESS.sub("", address[0].rstrip(".'")), rank, number)
            count += 1
            if count >= MOST_MENTIONS:
                return
        if line.strip():
            before = low


def _rank(line: str, before: str, start: int, end: int) -> int | None:
    """None for an address of somebody else."""
    prefix = line[max(0, start - 120) : start]
    is_item = bool(ITEM.match(line[:start]) and AFTER_ITEM.match(line[end:]))
    is_alias = ALIAS_FOLLOWS.search(prefix) or (is_item and ALIAS_FOLLOWS.search(before[-40:]))
    is_about_somebody_else = NOT_ABOUT_IT.search(f"{line[:start]} {line[end:]}")
    if RECIPIENT_FOLLOWS.search(prefix) or is_alias:
        rank: int | None = CERTAINLY
    elif TO_WHOM.match(line):
        rank = GUESSED
    elif is_item and (REFUSAL.match(line[end:]) or not is_about_somebody_else):
        rank = ITEM_OF_A_LIST
    elif is_about_somebody_else:
        rank = None
    else:
        is_told = ABOUT_RECIPIENTS.search(line) or SENTENCE.search(line) or SENTENCE.search(before)
        rank = IN_A_SENTENCE if is_told else None
    return rank


def _aliased(chosen: list[Mention], lines: list[str]) -> list[Mention]:
    """Where an address is said to come of another, one mention that has both."""
    result: list[Mention] = []
    for mention in chosen:
        line = lines[mention.line].lower()
        at = line.find(mention.email.lower())
        before = lines[mention.line - 1].lower()[-60:] if mention.line and not line[:at].strip(" \t<(") else ""
        if (
            result
            and mention.rank == CERTAINLY
            and ALIAS_FOLLOWS.search(before + line[:at])
            and mention.line - result[-1].line <= 2
        ):
            previous = result.pop()
            result.append(Mention(mention.email, CERTAINLY, previous.line, final=previous.final or previous.email))
        else:
            result.append(mention)
    return result


def _said(mention: Mention, lines: list[str], starts: set[int]) -> str:
    """The rest of its line and those below it, up to an empty line or the next mention."""
    address = mention.final or mention.email
    line = lines[mention.line]
    blank = 0
    pieces = [line[line.find(address) + len(address) :].strip(" >:;,'\")]")]
    for number in range(mention.line + 1, min(mention.line + LINES_OF_A_REASON, len(lines))):
        text = lines[number].strip()
        blank += not text
        if number in starts or (not text and any(pieces)) or blank > 1:
            break
        pieces.append(text)
    return " ".join(piece for piece in pieces if piece)[:LONGEST_REASON]
