"""What stands before the words of a subject: `Re:`, `Fwd:`, and the same in other languages."""

import re
from typing import Final

REPLY: Final = r"re|aw|antw|antwort|sv|vs|odp|res|ynt|r|rép|回复|回覆|答复|رد|ha"
FORWARD: Final = r"fwd?|wg|tr|rv|enc|i|doorst|vb|vl|pd|転送|转发|轉寄|iltr|továbbítás"
PREFIX: Final = re.compile(
    rf"\s{{0,5}}(?:(?:{REPLY})|(?P<forward>{FORWARD}))\s?(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\d{{1,"
    rf"3}})?\s?[:\uff1a]\s{{0,5}}",
    re.IGNORECASE,
)
TAG: Final = re.compile(r"\s{0,5}\[[^\]\n]{1,60}\]\s{0,5}")
MOST_PREFIXES: Final = 20


def is_forwarding(subject: str) -> bool:
    """Whether the first of its prefixes says that a mail was sent on."""
    subject = _without_tag(subject)
    prefix = PREFIX.match(subject)
    return bool(prefix and prefix["forward"])


def bare_subject(subject: str) -> str:
    """Without prefixes and tags, to find the thread that a mail belongs to."""
    for _ in range(MOST_PREFIXES):
        shorter = _without_tag(subject)
        prefix = PREFIX.match(shorter)
        if not prefix:
            return shorter.strip()
        subject = shorter[prefix.end() :]
    return subject.strip()


def _without_tag(subject: str) -> str:
    tag = TAG.match(subject)
    return subject[tag.end() :] if tag else subject
