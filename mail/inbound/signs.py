"""By what a report of a delivery is told from other mail. One sign alone is not enough: people write of bounces too."""

import re
from dataclasses import dataclass
from typing import Final

from mail.inbound.delivery_status import STATUS
from mail.inbound.fields import value_and_parameters
from mail.inbound.notices import DAEMON_ADDRESS, DAEMON_NAME, DELAYED, SENTENCE, SUBJECT
from mail.inbound.parts import MESSAGES, Part
from mail.inbound.reading import Received
from mail.inbound.subjects import PREFIX

FIRST: Final = 3_000
"""Characters in which a notice says what it is."""
FIRST_LINES: Final = 400
PERSONAL: Final = re.compile(
    r"\b(?:hi|hello|dear|hey|i am|i have|i got|i.ve|my|we|could you|can you|would you|thanks|thank you|hallo|hola"
    r"|bonjour|guten tag"
    r"|buenos|ich|mein|mon|mi)\b"
)
"""Words of people. Servers that begin with `Hi` have other signs."""


@dataclass(frozen=True, slots=True)
class Signs:
    """`is_certain` where no words are needed: a part for programs, a field that only mail servers write."""

    is_certain: bool
    is_from_daemon: bool
    has_subject: bool
    is_delay: bool
    reasons: tuple[str, ...]

    def confirmed_by(self, notice: str) -> bool:
        if self.is_certain:
            return True
        low = notice[:FIRST].lower()
        if self.is_from_daemon:
            return self.has_subject or bool(SENTENCE.search(low))
        begin = low[:FIRST_LINES]
        return self.has_subject and bool(SENTENCE.search(begin)) and not PERSONAL.search(begin) and "?" not in begin


def signs_of(mail: Received) -> Signs | None:
    """None where nothing hints at a report."""
    subject = mail.subject.lower()
    reply = PREFIX.match(subject)
    found = SUBJECT.search(subject)
    has_subject = bool(found) and not (found and reply and found.start() <= reply.end() + len("[list] "))
    status = any(_own_parts_with_status(mail.root))
    named = "x-failed-recipients" in mail.fields
    daemon = is_from_daemon(mail)
    reasons = [
        *(["a part for programs says how delivery went"] if status else []),
        *(["it names failed recipients in its header"] if named else []),
        *(["it comes from a mail server"] if daemon else []),
        *([f"its subject: {mail.subject[:100]}"] if has_subject else []),
    ]
    if not reasons:
        return None
    delay = bool(DELAYED.search(subject) or DELAYED.search(mail.text[:FIRST].lower()))
    return Signs(status or named, daemon, has_subject, delay, tuple(reasons))


def _own_parts_with_status(part: Part) -> list[Part]:
    """Not those within an attached message: somebody may send a bounce on."""
    if part.type in MESSAGES:
        return []
    if part.type in STATUS:
        return [part]
    return [found for within in part.parts for found in _own_parts_with_status(within)]


def is_from_daemon(mail: Received) -> bool:
    """By its sender, or because a bounce of it would go nowhere and a report is announced."""
    sender = mail.sender[0] if mail.sender else None
    if sender is None or not sender.email:
        kind, parameters = value_and_parameters(mail.fields.raw("content-type"))
        report = kind == "multipart/report" and parameters.get("report-type", "delivery-status") == "delivery-status"
        return report or bool(sender) or mail.return_path is not None
    if DAEMON_ADDRESS.fullmatch(sender.local_part.lower().strip('"')) or DAEMON_NAME.search(sender.name.lower()):
        return True
    path = mail.return_path
    return path is not None and (not path or path.lower().startswith("mailer-daemon"))
