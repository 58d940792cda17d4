"""What follows for people in sequences from what becomes of their mail: they leave, and whoever is a prospect was
contacted, or answered."""

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Listed
from datetime import datetime
from typing import Any, Final

from core.actor import Actor
from core.inputs import key_of_email
from models.contacts import ConsentCategory
from models.email_events import BounceKind, EmailEventType
from models.enrollments import ExitReason
from models.prospects import Prospect
from resolvers.enrollment_exits import exit_matching
from resolvers.pending_events import Mail, Mails, PendingEvent
from resolvers.prospect_moves import note_contacted, note_replied

ACTOR: Final = Actor.system("sequences")
TOLD: Final = frozenset([EmailEventType.SENT, EmailEventType.REPLIED])


async def follow_outreach(events: Listed[PendingEvent], mails: Mails) -> None:
    """Does what follows from events of mail. Doing it again has no second effect."""
    await _leave_sequences(events, mails)
    await _tell_prospects(events, mails)


async def _leave_sequences(events: Iterable[PendingEvent], mails: Mails) -> None:
    """A reply, and a mail that came back, end the enrollment that the mail is of; an address that does not exist, a
    complaint and an opt-out end all of the person, but for those that began after it happened."""
    for event in sorted(events, key=_moment_of):
        mail = mails.get(event.delivery_id)
        if mail is not None:
            for who, reason in _leaving(event, mail):
                await exit_matching(ACTOR, who, reason)


async def _tell_prospects(events: Iterable[PendingEvent], mails: Mails) -> None:
    told = [
        (event, key_of_email(mail.email))
        for event in events
        if event.type in TOLD and (mail := mails.get(event.delivery_id)) and mail.outreach and mail.email
    ]
    if not told:
        return
    keys = {"emailKey": {"$in": [*{key for _, key in told}]}}
    prospects = {row["emailKey"] async for row in Prospect.get_pymongo_collection().find(keys, {"emailKey": 1})}
    for event, key in told:
        if key in prospects:
            note = note_replied if event.type is EmailEventType.REPLIED else note_contacted
            await note(key, event.at, ACTOR)


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
