"""What a received mail says, and what it is."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from core.errors import Unavailable
from core.inputs import key_of_email
from mail.inbound import (
    AutoReply,
    BounceReport,
    Classification,
    Classified,
    FeedbackReport,
    Received,
    auto_reply_of,
    bounce_of,
    classify,
    feedback_report_of,
    new_text,
    read,
)
from models.inbound_messages import InboundClassification, InboundFile, InboundMessage
from resolvers.attachment_files import read_file

IN_PASSING: Final = 100_000
"""Bytes of a mail that is read at once: a larger one is read beside the event loop."""
LONGEST_TEXT: Final = 20_000
MOST_FILES: Final = 50
LONGEST_NAME: Final = 200
AWAY: Final = timedelta(days=7)
"""How long somebody is away who does not say."""
LONGEST_AWAY: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Reading:
    """`report` is a complaint, `bounce` what became of a mail of ours, `auto` a reply that nobody wrote; a mail that a
    person wrote is none of them. `text` is what is new in it."""

    mail: Received
    text: str
    classified: Classified
    report: FeedbackReport | None
    bounce: BounceReport | None
    auto: AutoReply | None

    @property
    def is_by_person(self) -> bool:
        return self.report is None and self.bounce is None and self.auto is None

    @property
    def returns_at(self) -> datetime | None:
        """When somebody who is away is back: in a week where they do not say."""
        if self.classified.classification is not Classification.OUT_OF_OFFICE or self.mail.date is None:
            return None
        sent, day = self.mail.date, self.auto.returns_on if self.auto else None
        back = datetime.combine(day, time(), UTC) if day else sent + AWAY
        return min(back, sent + LONGEST_AWAY) if back > sent else sent + AWAY

    @property
    def fields(self) -> dict[str, Any]:
        """What is kept of it, by stored name."""
        return {
            "newText": self.text[:LONGEST_TEXT],
            "files": [file.model_dump(by_alias=True) for file in _files(self.mail)],
            "classification": InboundClassification(self.classified.classification.value).value,
            "confidence": self.classified.confidence,
            "reasons": list(self.classified.reasons),
            "returnsAt": self.returns_at,
            "peopleKeys": self._people_keys(),
        }

    def _people_keys(self) -> list[str]:
        """Who wrote, or whom a report is about."""
        told = [one.email for one in self.bounce.recipients] if self.bounce else []
        told += self.report.recipients if self.report else []
        keys = (key_of_email(email[:320]) for email in [*(one.email for one in self.mail.sender[:1]), *told[:50]])
        return list(dict.fromkeys(key for key in keys if key))


async def reading_of(message: InboundMessage) -> Reading:
    """Raises `Unavailable` where its bytes are not there (yet)."""
    raw = await raw_of(message)
    return reading(raw) if len(raw) <= IN_PASSING else await asyncio.to_thread(reading, raw)


async def raw_of(message: InboundMessage) -> bytes:
    """The mail as it came. Raises `Unavailable` where it is not there, or not yet."""
    pieces = [] if message.raw_id is None else [piece async for piece in read_file(message.raw_id, 0, message.size)]
    raw = b"".join(pieces)
    if len(raw) != message.size:
        raise Unavailable("The mail itself is not kept (any more)")
    return raw


def reading(raw: bytes) -> Reading:
    """Fails for nothing that a mail of the allowed size says."""
    mail = read(raw)
    text, classified = new_text(mail), classify(mail)
    report = feedback_report_of(mail)
    bounce = None if report else bounce_of(mail)
    auto = None if report or bounce else auto_reply_of(mail, text)
    return Reading(mail, text, classified, report, bounce, auto)


def _files(mail: Received) -> list[InboundFile]:
    return [
        InboundFile(
            name=file.name[:LONGEST_NAME],
            content_type=file.content_type[:LONGEST_NAME],
            size=file.size,
            inline=file.inline,
        )
        for file in mail.attachments[:MOST_FILES]
    ]
