"""Where a quotation begins: the lines that mail programs put above what they quote, in many languages."""

import re
from collections.abc import Sequence
from typing import Final

from mail.inbound.languages import any_of, whole

LONGEST_LINE: Final = 500
"""Characters of a line that are looked at."""
LONGEST_END: Final = 80
LINES_OF_A_HEADER: Final = 5
LONGEST_HEADER: Final = 600
LINES_WITHOUT_STARTER: Final = 3
LONGEST_NAMES: Final = 250
WORDS_OF_A_NAME: Final = 6
LINES_OF_A_BLOCK: Final = 12
RULE: Final = r"[-\u2013—_=*~#+. \t>|]"

WROTE: Final = any_of("quotes", "wrote")
VERB_AT_THE_END: Final = re.compile(rf"{WROTE}(?:\W{{0,8}}|\W{{0,3}}<?mailto:\S{{1,80}})$")
VERB_WITHIN: Final = re.compile(rf"{WROTE}[^\n]{{1,200}}[:\uff1a]\W{{0,3}}$")
ADDRESS_AT_THE_END: Final = re.compile(r"[<(\[]\s?\S{1,200}@\S{1,200}\s?[>)\]]{1,3}\s?[:\uff1a]$")
ENDS_LIKE_ONE: Final = re.compile(rf"[:\uff1a]\W{{0,4}}$|{WROTE}\W{{0,8}}$")
STARTER: Final = re.compile(rf"[\s>*_\u2013—-]{{0,12}}(?:{whole('quotes', 'starters')})(?!\w)")
SOON_A_DATE: Final = re.compile(r"\W{0,4}(?:[^\W\d]+\W{1,4}){0,3}\d")
IN_A_LINE: Final = re.compile(
    r"(?:^|[\s>])(?:-{2,}\s{0,2})?(?<!\w)on (?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct"
    r"|nov|dec|\d)|-{2,}\s{0,2}on "
)
"""Where one follows words on the same line."""
DATE: Final = re.compile(
    r"\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}\s?[年년-]|(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)|(?<!\d)(?:19|20)\d\d(?!\d)"
    r"|\d{1,2}[.:]\d{2} ?(?:am|pm)"
)
BEGINS_WITH_DATE: Final = re.compile(rf"{DATE.pattern}|\d{{1,4}}[\s./\u5e74\ub144-]")
ADDRESS_BEFORE_VERB: Final = re.compile(r"<[^<>\s]{1,100}@[^<>\s]{1,100}>{1,2}\s?\w")
TIME: Final = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)")
ADDRESS: Final = re.compile(r"[^\s<>]{1,100}@[^\s<>]{2,100}")

ORIGINAL: Final = re.compile(
    rf"{RULE}{{2,60}}\s*(?:{whole('quotes', 'original')})\s*{RULE}*[:\uff1a]?|{RULE}{{0,"
    rf"40}}(?:{whole('quotes', 'original')})\s?[:\uff1a]?{RULE}{{2,60}}"
)
FORWARDED: Final = re.compile(
    rf"{RULE}{{2,60}}\s*(?:{whole('quotes', 'forwarded', 'begin_forwarded')})[^\n]{{0,80}}"
    rf"|(?:{whole('quotes', 'begin_forwarded')})\s?[:\uff1a]"
)
REPLY_ABOVE: Final = re.compile(rf"[^\w\n]{{0,20}}(?:{whole('quotes', 'reply_above')})[^\n]{{0,80}}")
UNDERSCORES: Final = re.compile(r"[_\u2013—-]{8,}|[*_=]{20,}")

KEY: Final = re.compile(
    r"[\s*_|>]{0,8}(?:"
    + "|".join(rf"(?P<{kind}>{whole('quotes', name)})" for kind, name in
               (("sender", "from"), ("sent", "sent"), ("subject", "subject"), ("to", "to"), ("cc", "cc")))
    + r")[*_ \t\xa0]{0,4}[:\uff1a][*_]{0,2}(?P<value>[^\n]*)"
)  # fmt: skip
"""A field of the header that Outlook and others repeat."""


def is_rule_above_original(low: str) -> bool:
    return bool(ORIGINAL.fullmatch(low))


def is_forward(low: str) -> bool:
    """The line above a message that was sent on."""
    return bool(FORWARDED.fullmatch(low))


def is_our_marker(low: str) -> bool:
    """`Reply above this line`, as our own mail has it."""
    return bool(REPLY_ABOVE.fullmatch(low))


def begins_like_a_header(low: str) -> bool:
    """A first look, before `header_block_at`."""
    return (":" in low or "\uff1a" in low) and bool(KEY.fullmatch(low[:LONGEST_LINE]))


def header_block_at(lines: Sequence[str], number: int) -> int:
    """How many lines from `number` (in lower case) are fields that a mail program repeats; 0 if they are none."""
    kinds: dict[str, str] = {}
    length, at = 0, number
    skipped = 0
    while at < min(number + LINES_OF_A_BLOCK, len(lines)):
        line = lines[at][:LONGEST_LINE]
        if field := KEY.fullmatch(line):
            kind = next(kind for kind in ("sender", "sent", "subject", "to", "cc") if field[kind])
            kinds.setdefault(kind, field["value"])
            length, skipped = at - number + 1, 0
        elif not line.strip() and length > 1:
            break
        else:
            skipped += 1
            if skipped > 2:
                break
        at += 1
    return length if _is_header(kinds) else 0


def _is_header(kinds: dict[str, str]) -> bool:
    said = kinds.keys() & {"sender", "sent", "subject", "to"}
    address = "@" in kinds.get("sender", "") or "@" in kinds.get("to", "") or "mailto:" in " ".join(kinds.values())
    date = bool(DATE.search(kinds.get("sent", "")))
    if len(said) >= 3:
        return address or date or len(said) == 4
    return (
        len(said) == 2
        and (address or date)
        and bool({"sender", "sent"} & said)
        and ((address and date) or "subject" in said or "sent" in said)
    )


def ends_like_an_attribution(low: str, quoted_below: bool) -> bool:
    """A first look at a line without spaces around it, before `attribution_ending_at`."""
    last = low[:LONGEST_LINE]
    return bool(ENDS_LIKE_ONE.search(last[-LONGEST_END:])) or (quoted_below and "@" in last)


def attribution_ending_at(lines: Sequence[str], number: int, quoted_below: bool) -> tuple[int, int] | None:
    """Where the words above a quotation (`On Monday, Ann wrote:`) begin that end in line `number`: line and column.

    `lines` are in lower case. None if the line is no end of such words. `quoted_below` says that the next line that is
    not empty is marked as quoted.
    """
    joined = ""
    for begin in range(number, max(-1, number - LINES_OF_A_HEADER), -1):
        line = lines[begin][:LONGEST_LINE].strip()
        if not line or line.startswith(">") or len(joined) + len(line) > LONGEST_HEADER:
            break
        joined = f"{line} {joined}".rstrip()
        if (
            (starter := STARTER.match(line))
            and SOON_A_DATE.match(joined, starter.end())
            and _is_attribution(joined, quoted_below)
        ):
            return begin, 0
        found = IN_A_LINE.search(line)
        if found and found.start() and _is_attribution(joined[found.start() :], quoted_below):
            return begin, lines[begin].find(line) + found.start()
    return _without_starter(lines, number, quoted_below)


def _is_attribution(joined: str, quoted_below: bool) -> bool:
    """Of words that begin as such."""
    if not (DATE.search(joined) or ADDRESS.search(joined)):
        return quoted_below and bool(VERB_AT_THE_END.search(joined))
    if VERB_AT_THE_END.search(joined) or VERB_WITHIN.search(joined):
        return bool(
            ADDRESS.search(joined) or TIME.search(joined) or quoted_below or joined.endswith((":", "\uff1a", "-"))
        )
    return bool(ADDRESS_AT_THE_END.search(joined))


def _without_starter(lines: Sequence[str], number: int, quoted_below: bool) -> tuple[int, int] | None:
    """Those that begin with a date or with a name."""
    joined = ""
    for begin in range(number, max(-1, number - LINES_WITHOUT_STARTER), -1):
        line = lines[begin][:LONGEST_LINE].strip()
        if not line or line.startswith(">"):
            break
        joined = f"{line} {joined}".rstrip()
        above = lines[begin - 1].strip() if begin else ""
        stands_alone = begin == number or not above or above.startswith(">")
        if _names_date_and_sender(joined, quoted_below, stands_alone) or (
            stands_alone and _names_sender(joined, quoted_below)
        ):
            return begin, 0
    return None


def _names_date_and_sender(joined: str, quoted_below: bool, stands_alone: bool) -> bool:
    if not (DATE.search(joined) and ADDRESS.search(joined)):
        return False
    verb = VERB_AT_THE_END.search(joined) or VERB_WITHIN.search(joined)
    ends = verb or (ADDRESS_AT_THE_END.search(joined) and len(joined) < LONGEST_NAMES)
    if BEGINS_WITH_DATE.match(joined):
        return bool(ends) or (quoted_below and len(joined) < LONGEST_NAMES)
    return bool(ends) and stands_alone


def _names_sender(joined: str, quoted_below: bool) -> bool:
    """`Ann <ann@example.com> wrote:`; of a name alone, only what is above a marked quotation."""
    if len(joined) >= LONGEST_NAMES or not VERB_AT_THE_END.search(joined):
        return False
    few_words = len(joined.split()) <= WORDS_OF_A_NAME
    return bool(ADDRESS_BEFORE_VERB.search(joined)) or (quoted_below and (few_words or bool(DATE.search(joined))))
