"""Timelines as they grow."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from core.access import STAFF, allow
from core.actor import Actor
from core.background import heard
from core.errors import InvalidInput
from core.runtime import runtime
from models.apps import App
from resolvers import shop_writes, ticket_events, want_counts
from resolvers.contacts import get_contact
from resolvers.email_events import PENDING
from resolvers.merchants import get_merchant
from resolvers.timeline_sources import Entry, Party, Stretch
from resolvers.timelines import entries_in, party_of_contact, party_of_merchant, sources_for, with_titles

LOOKED_AT: Final = 100
"""The newest entries: what is added before them happened long ago, and is not told of."""
PAUSE_SECONDS: Final = 1.0
"""Between two looks at a timeline."""
TICK_SECONDS: Final = 5.0
"""It is looked at that often although nobody said that anything changed: of feedback, consent and what backends report
there is no word, and word of the rest may be lost."""


@allow(STAFF)
async def watch_timeline(
    actor: Actor, domain: str | None = None, contact_id: str | None = None
) -> AsyncIterator[Entry]:
    """Each entry that is added to the timeline of a merchant or of a contact from now on, the oldest first: as a rule
    within a second, and within five in any case."""
    if (domain is None) == (contact_id is None):
        raise InvalidInput("Give either the domain of a merchant or the id of a contact", "domain")
    return _added(actor, domain, contact_id, await _newest(actor, await _party(actor, domain, contact_id)))


async def _party(actor: Actor, domain: str | None, contact_id: str | None) -> Party:
    """As it is now: shops and people come and go."""
    if domain is not None:
        return await party_of_merchant(await get_merchant(actor, domain))
    return await party_of_contact(await get_contact(actor, contact_id or ""))


async def _newest(actor: Actor, party: Party) -> Sequence[Entry]:
    return await entries_in(sources_for(actor), party, Stretch(most=LOOKED_AT))


async def _added(
    actor: Actor, domain: str | None, contact_id: str | None, known: Sequence[Entry]
) -> AsyncIterator[Entry]:
    async with runtime().topics.signal(*await _topics()) as changed:
        while True:
            changed.clear()
            newest = await _newest(actor, await _party(actor, domain, contact_id))
            for entry in await with_titles(new_among(newest, known)):
                yield entry
            known = newest
            await asyncio.sleep(PAUSE_SECONDS)
            await heard(changed, TICK_SECONDS)


def new_among(newest: Sequence[Entry], known: Sequence[Entry]) -> Sequence[Entry]:
    """The oldest first. Where entries went away, others that are older than all known ones may come into view: they
    are not new."""
    places = {entry.place for entry in known}
    end = known[-1].place if len(known) == LOOKED_AT else None
    new = [entry for entry in newest if entry.place not in places and (end is None or entry.place > end)]
    return new[::-1]


async def _topics() -> Sequence[str]:
    """On which it may be heard that something was added."""
    of_apps = (shop_writes.topic_of, ticket_events.topic_of, want_counts.topic_of)
    return [PENDING, *(topic_of(app.id) for app in await App.find_all().to_list() for topic_of in of_apps)]
