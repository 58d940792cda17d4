"""What happened with a merchant, or a person, in all the apps: everything that is known, in one order."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input, Moment
from core.pages import Range, Slice
from models.contacts import Contact
from models.shops import Shop
from resolvers.merchants import Merchant
from resolvers.timeline_catalogue import SOURCES
from resolvers.timeline_sources import Entry, Party, Place, Source, Stretch, TimelineKind

MOST_PEOPLE: Final = 100
"""Of one merchant: those whose address the shop had last."""


class TimelineFilter(Input):
    """`kinds` leaves out all others. `occurredFrom` is included, `occurredTo` is not."""

    kinds: Annotated[list[TimelineKind], Field(min_length=1, max_length=len(TimelineKind))] | None = None
    occurred_from: Moment | None = None
    occurred_to: Moment | None = None


@allow(STAFF)
async def merchant_timeline(actor: Actor, merchant: Merchant, window: Range, filters: TimelineFilter) -> Slice[Entry]:
    """What happened to a merchant's shops and what its people did, the newest first: as much of it as the caller may
    see."""
    return await _slice(actor, await party_of_merchant(merchant), window, filters)


@allow(STAFF)
async def contact_timeline(actor: Actor, contact: Contact, window: Range, filters: TimelineFilter) -> Slice[Entry]:
    """What a contact did and was sent, and what happened to their shops, the newest first: as much of it as the caller
    may see."""
    return await _slice(actor, await party_of_contact(contact), window, filters)


async def party_of_merchant(merchant: Merchant) -> Party:
    """With the people whose address one of its shops has."""
    theirs = Contact.find({"shops.domain": merchant.domain, "erasedAt": None}).sort("-_id").limit(MOST_PEOPLE)
    return Party(merchant.domain, merchant.shops, await theirs.to_list())


async def party_of_contact(contact: Contact) -> Party:
    """With the shops whose address is theirs."""
    links = {(link.app_id, link.domain) for link in contact.shops}
    shops = await Shop.find({"domain": {"$in": sorted({domain for _, domain in links})}}).to_list() if links else []
    return Party(None, [shop for shop in shops if (shop.app_id, shop.domain) in links], [contact])


def sources_for(actor: Actor, kinds: Sequence[TimelineKind] | None = None) -> Sequence[Source]:
    """Those that the actor may see, of these kinds."""
    return [source for source in SOURCES if (kinds is None or source.kind in kinds) and source.is_open_to(actor)]


async def entries_in(sources: Sequence[Source], party: Party, stretch: Stretch) -> Sequence[Entry]:
    """What all the sources have in a part of the timeline, in the order in which it is read: of each the first are
    enough, since no more of them are wanted."""
    found = await asyncio.gather(*(source.read(party, stretch) for source in sources))
    merged = sorted((entry for entries in found for entry in entries), key=lambda entry: entry.place)
    return (merged if stretch.from_its_end else merged[::-1])[: stretch.most]


async def with_titles(entries: Sequence[Entry]) -> Sequence[Entry]:
    """What the titles need is read once per source."""
    by_kind: defaultdict[TimelineKind, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_kind[entry.kind].append(entry)
    told: dict[Place, str] = {}
    for source in SOURCES:
        if of_kind := by_kind[source.kind]:
            titles = await source.titles([entry.subject for entry in of_kind])
            told |= zip((entry.place for entry in of_kind), titles, strict=True)
    return [replace(entry, title=told[entry.place]) for entry in entries]


async def _slice(actor: Actor, party: Party, window: Range, filters: TimelineFilter) -> Slice[Entry]:
    sources = sources_for(actor, filters.kinds)
    stretch = Stretch(
        most=window.limit + 1,
        older_than=Place.of(window.after, "after") if window.after else None,
        newer_than=Place.of(window.before, "before") if window.before else None,
        since=filters.occurred_from,
        until=filters.occurred_to,
        from_its_end=window.backward,
    )
    found = await entries_in(sources, party, stretch)
    more, items = len(found) > window.limit, found[: window.limit]

    async def count() -> int:
        whole = replace(stretch, older_than=None, newer_than=None)
        return sum(await asyncio.gather(*(source.count(party, whole) for source in sources)))

    return Slice(
        await with_titles(items[::-1] if window.backward else items),
        count,
        lambda entry: entry.place.cursor,
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )
