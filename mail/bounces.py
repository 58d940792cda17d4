"""What a refusal says: that the address is gone, that it may work another time, or something about the mail alone.

It reads what a server answered (RFC 5321), its enhanced status code (RFC 3463, IANA's registry), and where neither is
specific, the sentences that mail servers use. When in doubt an address is not gone: a wrong guess would silence
somebody for good, a missed one costs another refusal.
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from mail.phrases import any_of, read_table


class Bounce(StrEnum):
    """`hard`: the address itself is the reason, and it will not come back. `soft`: it may work another time. `policy`:
    this mail was not wanted (content, size, reputation, relaying), which says nothing about the address."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"


TABLE: Final = read_table(Path(__file__).with_name("refusals.toml"))
PASSING: Final = any_of(TABLE["phrases"]["passing"], TABLE["words"])
CLEARLY_PASSING: Final = any_of(TABLE["phrases"]["clearly_passing"], TABLE["words"])
UNWANTED: Final = any_of(TABLE["phrases"]["unwanted"], TABLE["words"])
ABOUT_THE_SENDER_ALONE: Final = any_of(TABLE["phrases"]["about_the_sender_alone"], TABLE["words"])
UNKNOWN_ADDRESS: Final = any_of(TABLE["phrases"]["unknown_address"], TABLE["words"])
NAMED_UNKNOWN: Final = any_of(TABLE["phrases"]["named_unknown"], TABLE["words"])
UNKNOWN_HOST: Final = any_of(TABLE["phrases"]["unknown_host"], TABLE["words"])

Code = tuple[int, int]
"""Subject and detail of an enhanced status code: `5.1.1` is (1, 1)."""

LONGEST: Final = 4_000
"""Characters that are read."""
IN_REPLY_TO: Final = re.compile(r" ?\(in reply to [a-z ]{1,40}\)")
"""What postfix adds, and is not said by the other server."""
REPLY_CODE: Final = re.compile(r"(?<![\w.])([45])\d\d(?!\w|\.\d)")
ENHANCED_CODE: Final = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\w)")

GONE: Final = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (1, 351)})
"""Unknown mailbox, unknown host, impossible syntax, moved, a domain that takes no mail."""
DISABLED: Final = (2, 1)
FULL: Final = frozenset({(2, 2), (2, 4)})
ABOUT_THE_MAIL: Final = frozenset({(1, 7), (1, 8), (1, 9), (2, 3), (3, 4)})
"""Its sender (1.7, 1.8), the way it came (1.9), its size (2.3, 3.4)."""
FOR_NOW: Final = frozenset({(1, 1), (2, 1), (2, 2)})
"""What is wrong with a mailbox and may be right another time: not verified, disabled, full."""
UNSPECIFIC_PROTOCOL: Final = (5, 0)
"""`5.5.0 mailbox unavailable` is what some large hosts say of a user that they do not have."""
ADDRESS, MAILBOX, SYSTEM, ROUTE, PROTOCOL, CONTENT, SECURITY = 1, 2, 3, 4, 5, 6, 7
"""Subjects of enhanced status codes."""
NO_ROOM: Final = "552"
TAKES_NO_MAIL: Final = "556"
"""The domain takes no mail (RFC 7504)."""


def classify(text: str) -> Bounce:
    """`text` is a reply (`550 5.1.1 User unknown`), or what a bounce or a webhook says of it, its status first."""
    return reason(text) or Bounce.POLICY


def reason(text: str) -> Bounce | None:
    """As `classify`, but None where it says nothing but that the mail was refused."""
    text = IN_REPLY_TO.sub("", " ".join(text[:LONGEST].lower().split()))
    reply, statuses = REPLY_CODE.search(text), list(ENHANCED_CODE.finditer(text))
    first = min(filter(None, [reply, *statuses]), key=lambda found: found.start(), default=None)
    if first is not None and first[1] != "5":
        return Bounce.SOFT
    for status in statuses:
        if status[1] == "4":
            return Bounce.SOFT
        if decided := _by_code((int(status[2]), int(status[3])), text):
            return decided
    return _by_words(text, reply[0] if reply else "", int(statuses[0][2]) if statuses else 0)


def is_about_a_mailbox(text: str) -> bool:
    """Whether a refusal for now (4yz) says that something is wrong with the recipient's mailbox. Most are about the
    server itself, its load, and how far it trusts us: those must not add up against an address."""
    statuses = ENHANCED_CODE.finditer(text)
    return any((int(status[2]), int(status[3])) in FOR_NOW for status in statuses)


def _by_code(code: Code, text: str) -> Bounce | None:
    """None where the code says nothing specific."""
    kind: Bounce | None = None
    if code in GONE or code == DISABLED:
        passing = CLEARLY_PASSING.search(text) or (code == DISABLED and PASSING.search(text))
        kind = Bounce.POLICY if ABOUT_THE_SENDER_ALONE.search(text) else Bounce.HARD
        kind = Bounce.SOFT if passing else kind
    elif code in FULL:
        kind = Bounce.SOFT
    elif code[0] == ROUTE:
        kind = Bounce.HARD if _names_unknown(text) or UNKNOWN_HOST.search(text) else Bounce.SOFT
    elif code in ABOUT_THE_MAIL or (code[0] in (PROTOCOL, CONTENT, SECURITY) and code != UNSPECIFIC_PROTOCOL):
        kind = Bounce.SOFT if CLEARLY_PASSING.search(text) else Bounce.POLICY
        kind = Bounce.HARD if _names_unknown(text) else kind
    return kind


def _by_words(text: str, reply: str, subject: int) -> Bounce | None:
    if PASSING.search(text):
        return Bounce.SOFT
    if _names_unknown(text):
        return Bounce.HARD
    if UNWANTED.search(text):
        return Bounce.POLICY
    if reply == TAKES_NO_MAIL or UNKNOWN_ADDRESS.search(text) or UNKNOWN_HOST.search(text):
        return Bounce.HARD
    return Bounce.SOFT if subject in (MAILBOX, SYSTEM) or reply == NO_ROOM else None


def _names_unknown(text: str) -> bool:
    """Whether it says that a recipient is unknown so clearly that it outweighs what else it says."""
    return bool(NAMED_UNKNOWN.search(text)) and "sender" not in text and not ABOUT_THE_SENDER_ALONE.search(text)
