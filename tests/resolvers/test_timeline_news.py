"""Timelines as they grow."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from core.actor import Actor
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from core.runtime import runtime
from models.contacts import Contact
from resolvers import ticket_events, timeline_news
from resolvers.timeline_news import LOOKED_AT, new_among, watch_timeline
from resolvers.timeline_sources import Entry, Place, TimelineKind
from resolvers.timelines import party_of_contact
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.tickets import a_ticket
from tests.factories.timelines import DOMAIN, EMAIL, a_person_with_a_shop, it_happened

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
START: Final = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_news, "PAUSE_SECONDS", 0)


async def a_person() -> Contact:
    return await a_person_with_a_shop((await an_app("banners")).id, START)


async def told_first(watched: AsyncIterator[Entry]) -> TimelineKind:
    async with asyncio.timeout(5):
        return (await anext(watched)).kind


class TestWhatIsAdded:
    async def test_is_told_of_in_the_order_in_which_it_happened(self) -> None:
        contact = await a_person()
        await it_happened(TimelineKind.MAIL, contact, START)
        watched = await watch_timeline(SYSTEM, DOMAIN)
        await it_happened(TimelineKind.FEEDBACK_GIVEN, contact, START + timedelta(minutes=2))
        await it_happened(TimelineKind.CONSENT_CHANGED, contact, START - timedelta(days=1))
        kinds = [await told_first(watched), await told_first(watched)]
        assert kinds == [TimelineKind.CONSENT_CHANGED, TimelineKind.FEEDBACK_GIVEN]

    async def test_is_told_of_as_soon_as_there_is_word_of_it(self) -> None:
        contact = await a_person()
        watched = await watch_timeline(SYSTEM, contact_id=str(contact.id))
        first = asyncio.ensure_future(told_first(watched))
        while not runtime().topics._listeners.get(ticket_events.topic_of("banners")):
            await asyncio.sleep(0.005)
        await a_ticket("banners", email=EMAIL)
        assert await first is TimelineKind.TICKET_CREATED

    async def test_is_found_without_word_as_well(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(timeline_news, "TICK_SECONDS", 0.01)
        contact = await a_person()
        watched = await watch_timeline(SYSTEM, contact_id=str(contact.id))
        first = asyncio.ensure_future(told_first(watched))
        await asyncio.sleep(0.05)
        await it_happened(TimelineKind.CONSENT_CHANGED, contact, START)
        assert await first is TimelineKind.CONSENT_CHANGED


class TestWhatComesIntoView:
    """Because something newer went away."""

    def entries(self, numbers: Sequence[int]) -> Sequence[Entry]:
        """The newest first."""
        places = [Place(START + timedelta(minutes=number), "mail", "1") for number in sorted(numbers, reverse=True)]
        return [Entry(place, None, None) for place in places]

    def test_is_not_new(self) -> None:
        known = self.entries(range(10, 10 + LOOKED_AT))
        later = self.entries([9, *range(11, 10 + LOOKED_AT), 200])
        assert [entry.place for entry in new_among(later, known)] == [later[0].place]

    def test_is_new_where_all_was_known(self) -> None:
        assert len(new_among(self.entries([1, 2]), self.entries([2]))) == 1


class TestWhoMay:
    async def test_staff_alone(self) -> None:
        await a_person()
        with pytest.raises(Unauthenticated):
            await watch_timeline(Actor.anonymous(), DOMAIN)
        with pytest.raises(Forbidden):
            await watch_timeline(backend_of("banners"), DOMAIN)


class TestValidation:
    async def test_it_is_of_a_merchant_or_of_a_contact(self) -> None:
        contact = await a_person()
        for named in ({}, {"domain": DOMAIN, "contact_id": str(contact.id)}):
            with pytest.raises(InvalidInput, match="either"):
                await watch_timeline(SYSTEM, **named)

    async def test_somebody_unknown_is_not_found(self) -> None:
        with pytest.raises(NotFound, match="Contact"):
            await watch_timeline(SYSTEM, contact_id="0" * 24)
        with pytest.raises(NotFound, match="Merchant"):
            await watch_timeline(SYSTEM, "nobody.myshopify.com")


async def test_a_contact_without_shops_has_a_timeline() -> None:
    contact = await Contact(email=EMAIL, email_key=EMAIL).insert()
    party = await party_of_contact(contact)
    assert (party.shops, party.people) == ([], [contact])
