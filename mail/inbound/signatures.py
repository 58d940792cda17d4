"""Where a signature begins, and what mail programs and companies put below and above what people write."""

import re
from collections.abc import Sequence
from typing import Final

from mail.inbound.languages import whole

LONGEST_LINE: Final = 200
LINES_FROM_THE_END: Final = 60
SHORT_LINE: Final = 90
LINES_OF_A_SIGNATURE: Final = 12
LINES_BELOW_A_FOOTER: Final = 8
WORDS_OF_A_LINE: Final = 6
LONG_RULE: Final = 10

DELIMITER: Final = "-- "
DASHES: Final = re.compile(r"--(?:=20)?|[—\u2013]")
RULE: Final = re.compile(r"-{3,}|_{2,}|={3,}|\*{3,}|[—\u2013]{2,}|~{3,}")
NAME: Final = r"[^\W\d_a-zäöüß][\w.'\u2019-]*(?: [^\W\d_][\w.'\u2019-]*){0,3}"
SIGNED: Final = re.compile(rf"[-\u2013—/~]{{1,2}}\s?(?:{NAME})[.!]?|-[^\W\d_]+")
SENT_FROM: Final = re.compile(
    rf"[\s*_<(\[\u2013—-]{{0,6}}(?:{whole('signatures', 'sent_from')})\W{{0,6}}(?:<?https?://\S{{1,200}})?\W{{0,4}}"
)
LINK: Final = re.compile(r"[<(]?https?://[^\s>)]{1,150}[>)]?")
NOT_A_FOOTER: Final = re.compile(
    r"\b(?:is|are|was|were|will|can|you|i|it|but|because|we|have|has|please)\b.*\b(?:\w+)\b"
)
CLOSING: Final = re.compile(
    rf"\W{{0,3}}(?:{whole('signatures', 'closings')})(?:[\s,.!:;\u2013—-]{{0,6}}|[ ,.!\u2013—-]{{1,"
    rf"6}}(?P<name>[^\n,.!?:;]{{1,40}})[.,!]?)"
)
THANKS: Final = re.compile(
    rf"\W{{0,3}}(?:{whole('signatures', 'thanks')})(?:[\s,.!:;\u2013—-]{{0,6}}|[ ]{{0,2}}[,.!\u2013—-]{{1,3}}[ "
    rf"]{{0,2}}(?P<name>[^\n,.!?:;]{{1,40}})[.,!]?)"
)
DISCLAIMER: Final = re.compile(rf"\W{{0,6}}(?:{whole('signatures', 'disclaimers')})")
BANNER: Final = re.compile(rf"\W{{0,6}}(?:{whole('signatures', 'banners')})\W{{0,6}}")
LEGAL: Final = re.compile(
    r"confidential|privileged|intended recipient|vertraulich|confidentiel|confidencial|mailing list|mailman/listinfo"
)
LIST_ITEM: Final = re.compile(r"\s{0,8}(?:[-*•\u2013]\s|\d{1,3}[.)]\s|-\w)")


def without_banners(lines: list[str]) -> list[str]:
    """Without the warnings that companies put above mail from outside."""
    at = 0
    while at < len(lines):
        line = lines[at].strip().lower()
        if line and not (len(line) < 400 and BANNER.fullmatch(line)):
            break
        at += 1
    return lines[at:] if any(line.strip() for line in lines[at:]) else lines


def signature_begins(lines: Sequence[str]) -> int:
    """The number of the line; as many as there are if nothing is signed. Something always stands above it."""
    end = len(lines)
    for _ in range(6):
        while end and not lines[end - 1].strip():
            end -= 1
        begin = _once(lines, end)
        if begin == end or not any(line.strip() for line in lines[:begin]):
            return end
        end = begin
    return end


def _once(lines: Sequence[str], end: int) -> int:
    first = next((at for at in range(end) if lines[at].strip()), end)
    begin = max(first + 1, end - LINES_FROM_THE_END)
    for at in range(first + 1, end):
        if lines[at] == DELIMITER:
            return at
    for at in range(begin, end):
        line = lines[at].strip()
        if line and len(line) <= LONGEST_LINE * 2 and _begins_here(lines, at, end, line):
            return at
    return end


def _begins_here(lines: Sequence[str], at: int, end: int, line: str) -> bool:
    below = [text.strip() for text in lines[at + 1 : end] if text.strip()]
    if DASHES.fullmatch(line):
        return len(below) <= 3 * LINES_OF_A_SIGNATURE
    if RULE.fullmatch(line):
        return _is_rule_above_signature(line, below)
    low = LINK.sub("", line.lower()).strip()
    if DISCLAIMER.match(low):
        return True
    if not below and SIGNED.fullmatch(line):
        above = next((text for text in reversed(lines[:at]) if text.strip()), "")
        return not LIST_ITEM.match(above)
    return (_is_sent_from(low) and len(below) <= LINES_BELOW_A_FOOTER) or (
        len(line) <= SHORT_LINE and _closes(line, below)
    )


def _is_rule_above_signature(rule: str, below: list[str]) -> bool:
    if len(rule) >= LONG_RULE and any(LEGAL.search(text.lower()) for text in below):
        return True
    return 0 < len(below) <= LINES_OF_A_SIGNATURE and not any(map(_is_content, below))


def _is_sent_from(low: str) -> bool:
    """What programs put below a mail, and not a sentence that begins like it."""
    footer = len(low) <= LONGEST_LINE and SENT_FROM.fullmatch(low)
    return bool(footer) and not NOT_A_FOOTER.search(low.partition(" ")[2])


def _is_content(line: str) -> bool:
    """Not a line of a signature: long, a sentence, an item, or another rule."""
    sentence = line.endswith((".", "?", "!")) and len(line.split()) > WORDS_OF_A_LINE
    return len(line) > SHORT_LINE or sentence or bool(LIST_ITEM.match(line) or RULE.fullmatch(line))


def _closes(line: str, below: list[str]) -> bool:
    """`Best regards,` and the like, with nothing below it but who it is."""
    low = line.lower()
    closing = CLOSING.fullmatch(low)
    found = closing or THANKS.fullmatch(low)
    if not found:
        return False
    if found["name"] is not None:
        is_end = closing is not None or not below
        return is_end and _is_name(line[found.start("name") : found.end("name")]) and _may_be_signed(below)
    if below and (RULE.fullmatch(below[0]) or DASHES.fullmatch(below[0])):
        return True
    named = closing is not None or (below and (_is_name(below[0]) or CLOSING.fullmatch(below[0].lower())))
    return bool(named) and _may_be_signed(below)


def _may_be_signed(below: list[str]) -> bool:
    short = all(len(text) <= SHORT_LINE and not text.endswith("?") for text in below)
    return short and len(below) <= LINES_OF_A_SIGNATURE


def _is_name(text: str) -> bool:
    text = text.strip(" ,.!-\u2013—*_()/")
    words = text.split()
    return (
        bool(words)
        and len(words) <= 4
        and (text[:1].isupper() or not text[:1].isascii() or len(words) == 1)
        and not text.endswith("?")
    )
