"""Feedback reports: what a mail host says of a mail that somebody called spam (ARF, RFC 5965)."""

from dataclasses import dataclass, field
from typing import Final

from mail.inbound.delivery_status import address_in, groups_of
from mail.inbound.fields import Fields, message_id, value_and_parameters
from mail.inbound.mailboxes import mailboxes
from mail.inbound.originals import original_fields
from mail.inbound.reading import Received

REPORT: Final = "message/feedback-report"
NO_COMPLAINTS: Final = frozenset({"not-spam", "auth-failure", "dmarc", "authentication-failure"})
RECIPIENTS: Final = ("removal-recipient", "original-rcpt-to", "original-recipient", "x-original-rcpt-to")
IN_THE_ORIGINAL: Final = ("x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "to")
JUNK_REPORTERS: Final = ("staff@hotmail.com", "staff@outlook.com", "jmrp@", "fbl@")


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """`kind` is its Feedback-Type: abuse, fraud, virus, opt-out, not-spam, other. `recipients` are who complained, as
    far as their host names them; `message_id` and `original` the mail it is about."""

    kind: str
    recipients: tuple[str, ...]
    message_id: str | None
    original: Fields = field(repr=False)
    reporter: str

    @property
    def is_complaint(self) -> bool:
        return self.kind not in NO_COMPLAINTS


def feedback_report_of(mail: Received) -> FeedbackReport | None:
    """None for what is no feedback report."""
    part = next((part for part in mail.parts if part.type == REPORT), None)
    if part is None and not _is_announced(mail) and not _is_from_microsoft(mail):
        return None
    groups = groups_of(part.content()) if part else []
    report = Fields(tuple(named for group in groups for named in group))
    original = original_fields(mail.parts, "")
    named = [address_in(value) for name in RECIPIENTS for value in report.every(name)]
    if not named:
        header = next((name for name in IN_THE_ORIGINAL if name in original), "")
        named = [mailbox.email for mailbox in mailboxes(original.raw(header))]
    return FeedbackReport(
        kind=report.raw("feedback-type").strip().lower() or "abuse",
        recipients=tuple(dict.fromkeys(address for address in named if "@" in address)),
        message_id=message_id(original.raw("message-id")),
        original=original,
        reporter=report.raw("user-agent") or (mail.sender[0].domain if mail.sender else ""),
    )


def _is_announced(mail: Received) -> bool:
    kind, parameters = value_and_parameters(mail.fields.raw("content-type"))
    return kind == "multipart/report" and parameters.get("report-type", "").lower() == "feedback-report"


def _is_from_microsoft(mail: Received) -> bool:
    """Outlook.com's junk mail reports have a format of their own."""
    if not mail.sender or not mail.sender[0].email.lower().startswith(JUNK_REPORTERS):
        return False
    return mail.subject.lower().startswith("complaint about message")
