"""What a refusal says: that the address is gone, that it may work another time, or something about the mail alone.

It reads what a server answered (RFC 5321), its enhanced status code (RFC 3463, IANA's registry), and where neither is
specific, the sentences that mail servers use. When in doubt an address is not gone: a wrong guess would silence
somebody for good, a missed one costs another refusal.
"""

import re
from enum import StrEnum
from typing import Final


class Bounce(StrEnum):
    """`hard`: the address itself is the reason, and it will not come back. `soft`: it may work another time. `policy`:
    this mail was not wanted (content, size, reputation, relaying), which says nothing about the address."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"


Code = tuple[int, int]
"""Subject and detail of an enhanced status code: `5.1.1` is (1, 1)."""


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


REPLY_CODE: Final = re.compile(r"(?<![\w.])([45])\d\d(?!\w|\.\d)")
ENHANCED_CODE: Final = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\w)")

GONE: Final = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
"""Unknown mailbox, unknown host, impossible syntax, moved, a domain that takes no mail."""
DISABLED: Final = (2, 1)
FULL: Final = frozenset({(2, 2), (2, 4)})
ABOUT_THE_MAIL: Final = frozenset({(1, 7), (1, 8), (1, 9), (2, 3), (3, 4)})
"""Its sender (1.7, 1.8), the way it came (1.9), its size (2.3, 3.4)."""
FOR_NOW: Final = frozenset({(1, 1), (2, 1), (2, 2)})
"""What is wrong with a mailbox and may be right another time: not verified, disabled, full."""
NO_ANSWER: Final = (4, 1)
UNSPECIFIC_PROTOCOL: Final = (5, 0)
"""`5.5.0 mailbox unavailable` is what some large hosts say of a user that they do not have."""
MAILBOX, SYSTEM, ROUTE, PROTOCOL, CONTENT, SECURITY = 2, 3, 4, 5, 6, 7
"""Subjects of enhanced status codes."""
NO_ROOM: Final = "552"
TAKES_NO_MAIL: Final = "556"
"""The domain takes no mail (RFC 7504)."""

PASSING: Final = _any(
    r"quota", r"(?:box|folder|disk|storage)\W+(?:is )?full", r"full mailbox", r"exceeded (?:its |the )?storage",
    r"insufficient (?:\w+ )?storage", r"too (?:many|quickly|fast)", r"rate (?:that|limit)", r"temporar", r"try again",
    r"gr[ae]y ?list", r"timed? ?out", r"time expired",
)  # fmt: skip
UNWANTED: Final = _any(
    r"spam", r"junk", r"unsolicited", r"virus", r"malware", r"phish", r"bloc(?:k|ked|king)\b", r"reputation",
    r"(?:black|block|deny) ?list", r"\b(?:rbl|dnsbl)\b", r"polic(?:y|ies)", r"\b(?:dmarc|dkim|spf|ptr|dns)\b",
    r"relay (?:access )?(?:denied|not)", r"to relay", r"authenticat", r"not (?:authori[sz]ed|permitted|allowed)",
    r"relaying", r"sender", r"message (?:size|content|too)", r"too (?:large|big|long)", r"maximum (?:\w+ )*size",
    r"suspicious",
)  # fmt: skip

WHO: Final = r"(?:user|recipient|mail ?box|address|addressee|account|alias|customer|person|local.?part)"
IS: Final = r"\W+(?:\S+ )?(?:is |was |has been )?(?:currently )?"
"""Between who and what: `mailbox ann@example.com is unavailable`."""
UNKNOWN_ADDRESS: Final = _any(
    rf"unknown (?:\w+ )?{WHO}", rf"unknown or (?:illegal|invalid) {WHO}", rf"{WHO}{IS}(?:un|not )(?:known|available)",
    rf"{WHO}{IS}not (?:found|active|local)", rf"{WHO}{IS}(?:invalid|inactive|disabled|deactivated|suspended)",
    rf"{WHO}{IS}(?:closed|deleted|removed|expired|discontinued|terminated)",
    rf"{WHO}\W+(?:\S+ )?(?:does(?:n.t| not) exist|no longer)",
    rf"no such (?:local |virtual )?{WHO}", rf"no {WHO} (?:here )?by that name",
    r"does(?:n.t| not) have an? (?:\S+ )?account", rf"not a (?:known|valid|local) {WHO}", rf"invalid (?:\w+ )?{WHO}",
    r"no longer (?:active|valid|in use)", r"or not local", r"unroute?able address", r"not our customer",
)  # fmt: skip
UNKNOWN_HOST: Final = _any(
    rf"(?:host|domain)(?: name)?{IS}(?:unknown|not found|not known)", r"domain (?:\S+ )?does(?:n.t| not) exist",
    r"(?:no such|unknown) (?:\w+ )?(?:host|domain)", r"null ?mx", r"does(?:n.t| not) accept (?:e-?)?mail",
)  # fmt: skip
NOT_IN_DIRECTORY: Final = re.compile(r"recipient address rejected: access denied")
"""With 5.4.1 it is Microsoft's answer for an address that is not in a company's directory."""


def classify(text: str) -> Bounce:
    """`text` is a reply (`550 5.1.1 User unknown`), or what a bounce or a webhook says of it, its status first."""
    text = " ".join(text.lower().split())
    reply, statuses = REPLY_CODE.search(text), list(ENHANCED_CODE.finditer(text))
    first = min(filter(None, [reply, *statuses]), key=lambda found: found.start(), default=None)
    if first is not None and first[1] != "5":
        return Bounce.SOFT
    codes = [(int(status[2]), int(status[3])) for status in statuses]
    for code in codes:
        if decided := _by_code(code, text):
            return decided
    return _by_words(text, reply[0] if reply else "", codes[0][0] if codes else 0)


def is_about_a_mailbox(text: str) -> bool:
    """Whether a refusal for now (4yz) says that something is wrong with the recipient's mailbox. Most are about the
    server itself, its load, and how far it trusts us: those must not add up against an address."""
    statuses = ENHANCED_CODE.finditer(text)
    return any((int(status[2]), int(status[3])) in FOR_NOW for status in statuses)


def _by_code(code: Code, text: str) -> Bounce | None:
    """None where the code says nothing specific."""
    if code in GONE:
        return Bounce.HARD
    if code == DISABLED:
        return Bounce.SOFT if PASSING.search(text) else Bounce.HARD
    if code in FULL:
        return Bounce.SOFT
    if code[0] == ROUTE:
        not_in_directory = code == NO_ANSWER and NOT_IN_DIRECTORY.search(text)
        return Bounce.HARD if not_in_directory or UNKNOWN_HOST.search(text) else Bounce.SOFT
    if code in ABOUT_THE_MAIL or code[0] in (PROTOCOL, CONTENT, SECURITY):
        return None if code == UNSPECIFIC_PROTOCOL else Bounce.POLICY
    return None


def _by_words(text: str, reply: str, subject: int) -> Bounce:
    if PASSING.search(text):
        return Bounce.SOFT
    if UNWANTED.search(text):
        return Bounce.POLICY
    if reply == TAKES_NO_MAIL or UNKNOWN_ADDRESS.search(text) or UNKNOWN_HOST.search(text):
        return Bounce.HARD
    return Bounce.SOFT if subject in (MAILBOX, SYSTEM) or reply == NO_ROOM else Bounce.POLICY
