"""Prospects follow what becomes of the outreach that they are sent: whatever sends it."""

from collections.abc import Iterable
from typing import Final

from core.actor import Actor
from core.inputs import key_of_email
from models.email_events import EmailEventType
from models.prospects import Prospect
from resolvers.pending_events import Mails, PendingEvent
from resolvers.prospect_moves import note_contacted, note_replied
from resolvers.prospect_outreach import OUTREACH

FOLLOWER: Final = Actor.system("email_events")
FOLLOWED: Final = {EmailEventType.SENT: note_contacted, EmailEventType.REPLIED: note_replied}


async def follow_prospects(events: Iterable[PendingEvent], mails: Mails) -> None:
    """Who was sent outreach is contacted, and who answered it is engaged. Doing it again has no second effect."""
    told = [
        (event, key_of_email(mail.email))
        for event in sorted(events, key=lambda event: event.at)
        if event.type in FOLLOWED
        and (mail := mails.get(event.delivery_id))
        and mail.category is OUTREACH
        and mail.email
    ]
    if not told:
        return
    theirs = {"emailKey": {"$in": [*{key for _, key in told}]}}
    keys = {row["emailKey"] async for row in Prospect.get_pymongo_collection().find(theirs, {"emailKey": 1})}
    for event, key in told:
        if key in keys:
            await FOLLOWED[event.type](key, event.at, FOLLOWER)
