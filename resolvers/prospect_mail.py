"""Prospects follow what becomes of the outreach that they are sent: whatever sends it."""

from collections.abc import Iterable
from typing import Final

from core.actor import Actor
from core.inputs import key_of_email
from models.email_events import EmailEventType
from resolvers.pending_events import Mails, PendingEvent
from resolvers.prospect_moves import note_contacted, note_replied
from resolvers.prospect_outreach import OUTREACH

FOLLOWER: Final = Actor.system("email_events")
FOLLOWED: Final = {EmailEventType.SENT: note_contacted, EmailEventType.REPLIED: note_replied}


async def follow_prospects(events: Iterable[PendingEvent], mails: Mails) -> None:
    """Who was sent outreach is contacted, and who answered it is engaged. Doing it again has no second effect."""
    for event in sorted(events, key=lambda event: event.at):
        mail, follow = mails.get(event.delivery_id), FOLLOWED.get(event.type)
        if follow is not None and mail is not None and mail.category is OUTREACH and mail.email:
            await follow(key_of_email(mail.email), event.at, FOLLOWER)
