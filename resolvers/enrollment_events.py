"""How people leave sequences by what becomes of their mail."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from core.actor import Actor
from models.contacts import ConsentCategory
from models.email_events import BounceKind, EmailEventType
from models.enrollments import ExitReason
from resolvers.enrollment_exits import exit_matching
from resolvers.pending_events import Mail, Mails, PendingEvent

ACTOR: Final = Actor.system("sequences")


async def leave_sequences(events: Iterable[PendingEvent], mails: Mails) -> None:
    """A reply, and a mail that came back, end the enrollment that the mail is of; an address that does not exist, a
    complaint and an opt-out end all of the person, but for those that began after it happened."""
    for event in sorted(events, key=_moment_of):
        mail = mails.get(event.delivery_id)
        if mail is not None:
            for who, reason in _leaving(event, mail):
                await exit_matching(ACTOR, who, reason)


def _moment_of(event: PendingEvent) -> datetime:
    return event.at


def _leaving(event: PendingEvent, mail: Mail) -> Iterator[tuple[dict[str, Any], ExitReason]]:
    theirs = {"contactId": mail.contact_id, "startedAt": {"$lte": event.at}}
    match event.type, event.bounce:
        case EmailEventType.REPLIED, _ if mail.outreach:
            yield {"_id": mail.outreach.enrollment_id}, ExitReason.REPLIED
        case EmailEventType.BOUNCED | EmailEventType.FAILED, BounceKind.HARD if mail.contact_id:
            yield theirs, ExitReason.BOUNCED
        case EmailEventType.BOUNCED, _ if mail.outreach:
            yield {"_id": mail.outreach.enrollment_id}, ExitReason.BOUNCED
        case EmailEventType.COMPLAINED, _ if mail.contact_id:
            yield theirs, ExitReason.COMPLAINED
        case EmailEventType.UNSUBSCRIBED, _ if mail.contact_id and mail.category is ConsentCategory.OUTREACH:
            yield theirs, ExitReason.UNSUBSCRIBED
