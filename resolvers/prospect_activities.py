"""What happens with prospects, and where it is read from: each source is a collection, or a list in the prospect."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from beanie import Document
from bson import ObjectId

from core.ids import derived_id
from core.mongo import Filter, slice_of
from core.pages import Range, Sort
from models.contacts import Contact
from models.email_events import EmailEvent, EmailEventType
from models.enrollments import Enrollment
from models.prospects import Prospect, ProspectChange, ProspectNote


class ProspectActivityKind(StrEnum):
    """`added` and `status_changed` are the prospect's own, `noted` is a note, `enrolled` and `sequence_ended` are of a
    sequence, the others are what became of mail."""

    ADDED = "added"
    STATUS_CHANGED = "status_changed"
    NOTED = "noted"
    ENROLLED = "enrolled"
    SEQUENCE_ENDED = "sequence_ended"
    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    FAILED = "failed"


OF_MAIL: Final[Mapping[EmailEventType, ProspectActivityKind]] = {
    type_: ProspectActivityKind(type_.value)
    for type_ in EmailEventType
    if type_ not in (EmailEventType.QUEUED, EmailEventType.DELIVERED, EmailEventType.DELAYED)
}
"""What of a mail's way is worth telling."""
MOST_SEQUENCES: Final = 200


@dataclass(frozen=True, slots=True)
class ProspectActivity:
    """`at` is when we learnt of it, `by` who did it, where that is one of us: `change`, `note`, `enrollment` or `event`
    has the rest."""

    id: ObjectId
    kind: ProspectActivityKind
    at: datetime
    by: str | None = None
    change: ProspectChange | None = None
    note: ProspectNote | None = None
    enrollment: Enrollment | None = None
    event: EmailEvent | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose timeline it is: a prospect, and the contact at their address, where there is one."""

    prospect: Prospect
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Source:
    """`read` gives what is in a window, the newest first, by `(at, id)`; `count` how much there is in all."""

    read: Callable[[Subject, Range], Awaitable[list[ProspectActivity]]]
    count: Callable[[Subject], Awaitable[int]]


def collected(
    document: type[Document],
    theirs: Callable[[Subject], Filter | None],
    activity: Callable[[Any], ProspectActivity],
) -> Source:
    """A collection, with an index from what `theirs` asks for to `(createdAt, _id)`; None asks for nothing."""

    async def read(subject: Subject, window: Range) -> list[ProspectActivity]:
        query = theirs(subject)
        if query is None:
            return []
        found = await slice_of(document, query, Sort("createdAt", descending=True), window)
        return [activity(one) for one in found.items]

    async def count(subject: Subject) -> int:
        query = theirs(subject)
        return 0 if query is None else await document.find(query).count()

    return Source(read, count)


def listed(activities: Callable[[Subject], Awaitable[Iterable[ProspectActivity]]]) -> Source:
    """What there is too little of to be read a window at a time."""

    async def read(subject: Subject, window: Range) -> list[ProspectActivity]:
        after, before = window.after, window.before
        return [
            one
            for one in await activities(subject)
            if (after is None or (one.at, one.id) < (after.value, after.id))
            and (before is None or (one.at, one.id) > (before.value, before.id))
        ]

    async def count(subject: Subject) -> int:
        return sum(1 for _ in await activities(subject))

    return Source(read, count)


def _notes_of(subject: Subject) -> Filter:
    return {"prospectId": subject.prospect.id}


def _noted(note: ProspectNote) -> ProspectActivity:
    return ProspectActivity(note.id, ProspectActivityKind.NOTED, note.created_at, note.written_by, note=note)


def _mail_of(subject: Subject) -> Filter | None:
    """What they were sent as anybody: a prospect may read the newsletter. Scanners and trials are left out."""
    contact = subject.contact
    types = {"$in": [type_.value for type_ in OF_MAIL]}
    by_people = {"isMachine": {"$ne": True}, "isTest": {"$ne": True}}
    return {"contactId": contact.id, "type": types, **by_people} if contact else None


def _mailed(event: EmailEvent) -> ProspectActivity:
    return ProspectActivity(event.id, OF_MAIL[event.type], event.created_at, event=event)


async def _own(subject: Subject) -> Iterable[ProspectActivity]:
    prospect = subject.prospect
    added = ProspectActivity(prospect.id, ProspectActivityKind.ADDED, prospect.created_at, prospect.created_by)
    kind = ProspectActivityKind.STATUS_CHANGED
    return [added, *(ProspectActivity(one.id, kind, one.at, one.by, change=one) for one in prospect.history)]


async def _sequences_of(subject: Subject) -> Iterable[ProspectActivity]:
    """The newest that they were in: that they got in, and how it ended."""
    if subject.contact is None:
        return []
    found = Enrollment.find({"contactId": subject.contact.id}).sort("-createdAt", "-_id").limit(MOST_SEQUENCES)
    return [activity for enrollment in await found.to_list() for activity in _sequence(enrollment)]


def _sequence(enrollment: Enrollment) -> Iterable[ProspectActivity]:
    began, ended = ProspectActivityKind.ENROLLED, ProspectActivityKind.SEQUENCE_ENDED
    yield ProspectActivity(enrollment.id, began, enrollment.created_at, enrollment.enrolled_by, enrollment=enrollment)
    if enrollment.ended_at is not None:
        identity = derived_id(f"ended:{enrollment.id}")
        yield ProspectActivity(identity, ended, enrollment.ended_at, enrollment=enrollment)


SOURCES: Final = (
    listed(_own),
    listed(_sequences_of),
    collected(ProspectNote, _notes_of, _noted),
    collected(EmailEvent, _mail_of, _mailed),
)
"""What a timeline is made of. Whatever else happens with prospects joins here, with its kinds."""
