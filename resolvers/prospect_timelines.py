"""All that happened with a prospect, in one order.

It is the order in which we learnt of it: what is told late moves nothing that somebody has read to another page.
"""

from datetime import datetime

from bson import ObjectId

from core.access import STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.pages import Cursor, Page, Range, Slice, Window
from models.contacts import Contact
from resolvers.prospect_activities import SOURCES, ProspectActivity, Subject
from resolvers.prospect_scope import visible_prospect


@allow(STAFF)
async def list_prospect_activity(actor: Actor, prospect_id: str, window: Window) -> Slice[ProspectActivity]:
    """All that happened with a prospect, the newest first."""
    prospect = await visible_prospect(actor, prospect_id)
    subject = Subject(prospect, await Contact.find_one({"emailKey": prospect.email_key}))

    async def count() -> int:
        return sum([await source.count(subject) for source in SOURCES])

    if isinstance(window, Page):
        found = await _merged(subject, Range(window.offset + window.limit))
        return Slice(found[window.offset : window.offset + window.limit], count, _cursor_of)
    _check(window)
    found = await _merged(subject, Range(window.limit + 1, window.after, window.before, window.backward))
    more = len(found) > window.limit
    items = found[len(found) - window.limit :] if window.backward and more else found[: window.limit]
    return Slice(
        items,
        count,
        _cursor_of,
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )


async def _merged(subject: Subject, window: Range) -> list[ProspectActivity]:
    """What is in the window of all sources together: each has to give as many as are asked for, and no more."""
    found = [activity for source in SOURCES for activity in await source.read(subject, window)]
    newest_first = sorted(found, key=lambda one: (one.at, one.id), reverse=True)
    most = window.limit
    return newest_first[max(0, len(newest_first) - most) :] if window.backward else newest_first[:most]


def _cursor_of(activity: ProspectActivity) -> Cursor:
    return Cursor(activity.at, activity.id)


def _check(window: Range) -> None:
    """Raises `InvalidInput` for a cursor of another list: it has no place among moments."""
    for name, cursor in (("after", window.after), ("before", window.before)):
        if cursor and not (isinstance(cursor.value, datetime) and isinstance(cursor.id, ObjectId)):
            raise InvalidInput(f"{name} is not a cursor of this list", name)
