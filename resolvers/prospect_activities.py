"""What happens with prospects, and where it is read from: each source is a collection, or a list in the prospect."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from beanie import Document
from bson import ObjectId

from core.mongo import Filter, slice_of
from core.pages import Range, Sort
from models.contacts import Contact
from models.email_events import EmailEvent, EmailEventType
from models.prospects import Prospect, ProspectChange, ProspectNote


class ProspectActivityKind(StrEnum):
    """`added` and `status_changed` are the prospect's own, `noted` is a note, the others are what became of mail."""

    ADDED = "added"
    STATUS_CHANGED = "status_changed"
    NOTED = "noted"
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


@dataclass(frozen=True, slots=True)
class ProspectActivity:
    """`at` is when we learnt of it, `by` who did it, where that is one of us: `change`, `note` or `event` has the
    rest."""

    id: ObjectId
    kind: ProspectActivityKind
    at: datetime
    by: str | None = None
    change: ProspectChange | None = None
    note: ProspectNote | None = None
    event: EmailEvent | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """`read` gives what is in a window, the newest first, by `(at, id)`; `count` how much there is in all."""

    read: Callable[[Prospect, Range], Awaitable[list[ProspectActivity]]]
    count: Callable[[Prospect], Awaitable[int]]


def collected(
    document: type[Document],
    theirs: Callable[[Prospect], Awaitable[Filter | None]],
    activity: Callable[[Any], ProspectActivity],
) -> Source:
    """A collection, with an index from what `theirs` asks for to `(createdAt, _id)`; None asks for nothing."""

    async def read(prospect: Prospect, window: Range) -> list[ProspectActivity]:
        query = await theirs(prospect)
        if query is None:
            return []
        found = await slice_of(document, query, Sort("createdAt", descending=True), window)
        return [activity(one) for one in found.items]

    async def count(prospect: Prospect) -> int:
        query = await theirs(prospect)
        return 0 if query is None else await document.find(query).count()

    return Source(read, count)


async def _notes_of(prospect: Prospect) -> Filter:
    return {"prospectId": prospect.id}


def _noted(note: ProspectNote) -> ProspectActivity:
    return ProspectActivity(note.id, ProspectActivityKind.NOTED, note.created_at, note.written_by, note=note)


async def _mail_of(prospect: Prospect) -> Filter | None:
    """What they were sent as anybody: a prospect may read the newsletter. Scanners and trials are left out."""
    contact = await Contact.find_one({"emailKey": prospect.email_key})
    types = {"$in": [type_.value for type_ in OF_MAIL]}
    by_people = {"isMachine": {"$ne": True}, "isTest": {"$ne": True}}
    return {"contactId": contact.id, "type": types, **by_people} if contact else None


def _mailed(event: EmailEvent) -> ProspectActivity:
    return ProspectActivity(event.id, OF_MAIL[event.type], event.created_at, event=event)


def _own(prospect: Prospect) -> list[ProspectActivity]:
    added = ProspectActivity(prospect.id, ProspectActivityKind.ADDED, prospect.created_at, prospect.created_by)
    kind = ProspectActivityKind.STATUS_CHANGED
    changes = (ProspectActivity(one.id, kind, one.at, one.by, change=one) for one in prospect.history)
    return [added, *changes]


async def _read_own(prospect: Prospect, window: Range) -> list[ProspectActivity]:
    after, before = window.after, window.before
    return [
        one
        for one in _own(prospect)
        if (after is None or (one.at, one.id) < (after.value, after.id))
        and (before is None or (one.at, one.id) > (before.value, before.id))
    ]


async def _count_own(prospect: Prospect) -> int:
    return len(_own(prospect))


SOURCES: Final = (
    Source(_read_own, _count_own),
    collected(ProspectNote, _notes_of, _noted),
    collected(EmailEvent, _mail_of, _mailed),
)
"""What a timeline is made of. Whatever else happens with prospects joins here, with its kinds."""
