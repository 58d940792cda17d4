"""Timelines: what happened with a merchant, or a person, in one order."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.access import ADMINS, allow
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, Unauthenticated
from core.pages import Cursor, Range, Slice
from models import DOCUMENTS
from models.contacts import Contact
from models.email_events import EmailEventType
from resolvers import timelines
from resolvers.merchants import get_merchant
from resolvers.timeline_catalogue import SOURCES
from resolvers.timeline_sources import Documents, Entry, Few, TimelineKind
from resolvers.timelines import TimelineFilter, contact_timeline, merchant_timeline
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.mail import a_campaign, a_delivery, an_email_event
from tests.factories.people import an_actor
from tests.factories.timelines import DOMAIN, a_person_with_a_shop, it_happened

pytestmark = pytest.mark.usefixtures("platform")

EXAMPLES: Final = int(os.environ.get("ALLOVER_TEST_WALKS", "6"))
SYSTEM: Final = Actor.system("tests")
START: Final = datetime(2026, 1, 31, 9, tzinfo=UTC)
EVERYTHING: Final = TimelineFilter()


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def only(*kinds: TimelineKind) -> TimelineFilter:
    return TimelineFilter(kinds=list(kinds))


def within(first: int, end: int, **fields: Any) -> TimelineFilter:
    """From one minute to another, which is left out."""
    return TimelineFilter.model_validate({"occurredFrom": minute(first), "occurredTo": minute(end), **fields})


async def of_merchant(window: Range = Range(250), filters: TimelineFilter = EVERYTHING) -> Slice[Entry]:  # noqa: B008
    return await merchant_timeline(SYSTEM, await get_merchant(SYSTEM, DOMAIN), window, filters)


async def of_contact(
    contact: Contact,
    window: Range = Range(250),  # noqa: B008
    filters: TimelineFilter = EVERYTHING,
) -> Slice[Entry]:
    return await contact_timeline(SYSTEM, contact, window, filters)


async def a_person() -> Contact:
    return await a_person_with_a_shop((await an_app()).id, START)


def kinds_of(found: Slice[Entry]) -> list[TimelineKind]:
    return [entry.kind for entry in found.items]


class TestEverything:
    @pytest.mark.parametrize("kind", TimelineKind)
    async def test_is_on_both_timelines(self, kind: TimelineKind) -> None:
        contact = await a_person()
        await it_happened(kind, contact, minute(3))
        for found in (await of_merchant(filters=only(kind)), await of_contact(contact, filters=only(kind))):
            (entry,) = found.items
            assert (entry.kind, entry.at, await found.count()) == (kind, minute(3), 1)
            assert entry.title
            assert entry.app_id is None or entry.app_id

    async def test_comes_the_newest_first(self) -> None:
        contact = await a_person()
        await it_happened(TimelineKind.MAIL, contact, minute(1))
        await it_happened(TimelineKind.FEEDBACK_GIVEN, contact, minute(3))
        await it_happened(TimelineKind.CONSENT_CHANGED, contact, minute(2))
        assert kinds_of(await of_merchant()) == [
            TimelineKind.FEEDBACK_GIVEN,
            TimelineKind.CONSENT_CHANGED,
            TimelineKind.MAIL,
        ]

    async def test_leaves_out_what_is_somebody_elses(self) -> None:
        contact = await a_person()
        other = await a_person_with_a_shop(
            (await an_app()).id, START, email="bob@example.com", domain="cake.myshopify.com"
        )
        for kind in TimelineKind:
            await it_happened(kind, other, minute(1))
        assert kinds_of(await of_merchant()) == kinds_of(await of_contact(contact)) == []

    async def test_is_told_in_sentences(self) -> None:
        contact = await a_person()
        campaign = await a_campaign(contact.shops[0].app_id, name="Spring news")
        delivery = await a_delivery(contact, campaign)
        await an_email_event(delivery, EmailEventType.CLICKED, url="https://example.com/spring")
        await an_email_event(delivery, EmailEventType.DELIVERED)
        await an_email_event(delivery, EmailEventType.OPENED, is_machine=True)
        assert [entry.title for entry in (await of_contact(contact)).items] == [
            "The campaign Spring news was clicked: https://example.com/spring",
            "The campaign Spring news was sent",
        ]

    async def test_can_be_filtered_by_kind_and_time(self) -> None:
        contact = await a_person()
        for number in range(4):
            await it_happened(TimelineKind.MAIL, contact, minute(number))
            await it_happened(TimelineKind.SHOP_CHANGED, contact, minute(number))
        some = within(1, 3, kinds=[TimelineKind.MAIL])
        found = await of_merchant(filters=some)
        assert [entry.at for entry in found.items] == [minute(2), minute(1)]
        assert await found.count() == 2
        assert await (await of_contact(contact, Range(1), within(1, 3))).count() == 4


HAPPENED: Final = st.lists(st.tuples(st.sampled_from(TimelineKind), st.integers(0, 2)), min_size=1, max_size=8)
"""Things at one of three moments: most of them happen together."""


class TestOrder:
    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(HAPPENED, st.integers(1, 4))
    async def test_is_the_same_in_pages_of_any_size_and_in_both_directions(
        self, happened: Sequence[tuple[TimelineKind, int]], size: int
    ) -> None:
        for document in DOCUMENTS:
            await document.delete_all()
        contact = await a_person()
        for kind, number in happened:
            await it_happened(kind, contact, minute(number))
        whole = list((await of_merchant()).items)
        assert len(whole) >= len(happened)
        assert [entry.place for entry in whole] == sorted((entry.place for entry in whole), reverse=True)
        assert await forwards(size) == whole
        assert await backwards(size) == whole

    async def test_says_whether_there_is_more(self) -> None:
        contact = await a_person()
        for number in range(3):
            await it_happened(TimelineKind.MAIL, contact, minute(number))
        first = await of_contact(contact, Range(2))
        assert (first.has_next, first.has_previous) == (True, False)
        rest = await of_contact(contact, Range(2, after=first.cursor_of(first.items[-1])))
        assert (len(rest.items), rest.has_next, rest.has_previous) == (1, False, True)
        last = await of_contact(contact, Range(2, backward=True))
        assert ([entry.at for entry in last.items], last.has_previous) == ([minute(1), minute(0)], True)


async def forwards(size: int) -> list[Entry]:
    walked: list[Entry] = []
    while True:
        found = await of_merchant(Range(size, after=walked[-1].place.cursor if walked else None))
        walked += found.items
        if not found.has_next:
            return walked


async def backwards(size: int) -> list[Entry]:
    walked: list[Entry] = []
    while True:
        before = walked[0].place.cursor if walked else None
        found = await of_merchant(Range(size, before=before, backward=True))
        walked = [*found.items, *walked]
        if not found.has_previous:
            return walked


class TestSources:
    def test_there_is_one_of_each_kind(self) -> None:
        assert sorted(source.kind for source in SOURCES) == sorted(TimelineKind)

    @pytest.mark.parametrize("source", [one for one in SOURCES if isinstance(one, Documents)], ids=lambda one: one.kind)
    def test_have_an_index_for_each_way_to_ask(self, source: Documents) -> None:
        """Which begins with whose they are, and goes on with the time."""
        declared = [list(index.document["key"]) for index in source.document.Settings.indexes]
        for whose in filter(None, (source.shop, source.contact, source.address)):
            assert [whose, source.at, "_id"] in declared


@allow(ADMINS)
async def list_secrets(actor: Actor) -> None:
    """Of a domain that not everybody may read."""


class TestWhoMay:
    async def test_staff_alone(self) -> None:
        contact = await a_person()
        merchant = await get_merchant(SYSTEM, DOMAIN)
        with pytest.raises(Unauthenticated):
            await merchant_timeline(Actor.anonymous(), merchant, Range(), EVERYTHING)
        with pytest.raises(Forbidden):
            await contact_timeline(backend_of(contact.shops[0].app_id), contact, Range(), EVERYTHING)

    async def test_entries_are_shown_to_those_who_may_read_what_they_are_about(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        contact = await a_person()
        await it_happened(TimelineKind.MAIL, contact, minute(1))
        await it_happened(TimelineKind.SUBSCRIBED, contact, minute(2))
        hidden = {TimelineKind.MAIL, TimelineKind.SUBSCRIBED}
        secret = [replace(one, shown_by=list_secrets) if one.kind in hidden else one for one in all_sources()]
        monkeypatch.setattr(timelines, "SOURCES", secret)
        seen = await contact_timeline(await an_actor(Role.ADMIN), contact, Range(), EVERYTHING)
        assert len(seen.items) == 2
        seen = await contact_timeline(await an_actor(Role.SUPPORT), contact, Range(), EVERYTHING)
        assert (list(seen.items), await seen.count()) == ([], 0)


def all_sources() -> list[Documents | Few]:
    return [one for one in SOURCES if isinstance(one, Documents | Few)]


class TestValidation:
    @pytest.mark.parametrize(
        "cursor", [Cursor("tea", "mail:1"), Cursor(START, "nothing:1"), Cursor(START, "mail"), Cursor(START, "mail:")]
    )
    async def test_cursors_of_other_lists_are_refused(self, cursor: Cursor) -> None:
        contact = await a_person()
        with pytest.raises(InvalidInput, match="before is not a cursor of this list"):
            await of_contact(contact, Range(before=cursor))

    @pytest.mark.parametrize("given_kinds", [[], ["nothing"], ["mail"] * 99])
    def test_kinds_are_some_of_the_list(self, given_kinds: Any) -> None:
        with pytest.raises(ValueError, match="kinds"):
            TimelineFilter.model_validate({"kinds": given_kinds})

    async def test_a_cursor_of_what_is_gone_is_still_a_place(self) -> None:
        contact = await a_person()
        await it_happened(TimelineKind.SHOP_CHANGED, contact, minute(1))
        gone = Cursor(minute(2), f"shop_changed:{contact.id}")
        assert len((await of_contact(contact, Range(after=gone))).items) == 1
