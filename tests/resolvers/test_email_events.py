"""The log of what became of each mail."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import NotFound, Unauthenticated
from core.pages import Page
from core.runtime import runtime
from models.email_events import BounceKind, EmailEvent, EmailEventType
from resolvers.email_events import (
    PENDING,
    EmailEventFilter,
    EmailEventSortKey,
    event_about,
    list_email_events,
    list_message_events,
    record_event,
    record_events,
)
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

OPENED = EmailEventType.OPENED


async def test_an_event_is_kept_as_it_is_until_something_follows_from_it() -> None:
    delivery = await a_delivery(await a_contact(), await a_campaign("banners"))
    event = event_about(delivery, EmailEventType.BOUNCED, source="resend", bounce=BounceKind.HARD, detail="5.1.1")
    assert await record_event(event)
    kept = await EmailEvent.get(event.id)
    assert kept is not None
    assert kept == event.model_copy(update={"pending": True})
    assert (kept.delivery_id, kept.campaign_id, kept.app_id) == (delivery.id, delivery.campaign_id, "banners")


async def test_an_event_told_twice_is_kept_once() -> None:
    delivery = await a_delivery(await a_contact())
    first, again, other = (event_about(delivery, OPENED, source="resend", dedupe_key=key) for key in ("a", "a", "b"))
    assert await record_event(first)
    assert await record_events([again, other]) == 1
    assert not await record_event(again)
    assert {event.id for event in await EmailEvent.find_all().to_list()} == {first.id, other.id}


async def test_what_happens_once_to_a_delivery_needs_no_key() -> None:
    delivery = await a_delivery(await a_contact())
    sent = [event_about(delivery, EmailEventType.SENT, source="smtp") for _ in range(3)]
    opened = [event_about(delivery, OPENED, source="resend") for _ in range(3)]
    assert await record_events([*sent, *opened]) == 4


async def test_of_the_same_event_at_once_one_is_new() -> None:
    delivery = await a_delivery(await a_contact())
    told = (record_event(event_about(delivery, OPENED, source="resend", dedupe_key="a")) for _ in range(10))
    assert sum(await asyncio.gather(*told)) == 1


async def test_the_workers_get_word() -> None:
    delivery = await a_delivery(await a_contact())
    async with runtime().topics.signal(PENDING) as told:
        await record_event(event_about(delivery, OPENED, source="resend"))
        await asyncio.wait_for(told.wait(), 5)
    assert await record_events([]) == 0


class TestLists:
    async def test_filter_by_what_happened_to_whom_and_who_told(self) -> None:
        news, ada, bob = await a_campaign("banners"), await a_contact(), await a_contact()
        mail, other = await a_delivery(ada, news), await a_delivery(bob, app_id="tea")
        await record_event(event_about(mail, OPENED, source="tracking", is_machine=True))
        await record_event(event_about(mail, OPENED, source="tracking"))
        await record_event(event_about(other, EmailEventType.SENT, source="smtp"))
        assert [event.type for event in await listed()] == [OPENED, OPENED, EmailEventType.SENT]
        for filters, number in (
            ({"type": "sent"}, 1),
            ({"campaignId": str(news.id)}, 2),
            ({"contactId": str(bob.id)}, 1),
            ({"appId": "banners"}, 2),
            ({"deliveryId": str(other.id)}, 1),
            ({"source": "tracking", "isMachine": False}, 1),
            ({"createdFrom": "2100-01-01"}, 0),
            ({"createdTo": "2100-01-01"}, 3),
        ):
            assert len(await listed(**filters)) == number, filters

    @pytest.mark.parametrize("filters", [{"type": "lost"}, {"campaignId": "news"}, {"createdFrom": "soon"}, {"x": 1}])
    def test_a_filter_that_is_none_is_refused(self, filters: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            EmailEventFilter.model_validate(filters)

    async def test_strangers_see_nothing(self) -> None:
        with pytest.raises(Unauthenticated):
            await list_email_events(Actor.anonymous(), Page(), EmailEventFilter(), EmailEventSortKey.CREATED_AT.order())


async def listed(**filters: object) -> list[EmailEvent]:
    given = EmailEventFilter.model_validate(filters)
    order = EmailEventSortKey.CREATED_AT.order()
    return list((await list_email_events(await an_actor(Role.VIEWER), Page(), given, order)).items)


class TestOfAMessage:
    async def test_a_mail_is_found_by_whatever_it_is_called(self) -> None:
        mail, other = await a_delivery(await a_contact(), provider_id="re_1"), await a_delivery(await a_contact())
        late = event_about(mail, OPENED, source="tracking")
        early = event_about(mail, EmailEventType.SENT, source="smtp", at=late.at - timedelta(days=1))
        await record_events([late, early, event_about(other, OPENED, source="tracking")])
        viewer = await an_actor(Role.VIEWER)
        for name in (str(mail.id), "re_1", f"<{mail.id}@banners.example.com>", f"{mail.id}@banners.example.com"):
            events = await list_message_events(viewer, name)
            assert [event.type for event in events] == [EmailEventType.SENT, OPENED], name

    async def test_of_a_mail_nothing_may_have_happened_yet(self) -> None:
        mail = await a_delivery(await a_contact())
        assert await list_message_events(await an_actor(), str(mail.id)) == []

    @pytest.mark.parametrize("name", ["0" * 24, "re_2", f"<{'0' * 24}@example.com>", "<x@example.com>", '{"$ne": 1}'])
    async def test_an_unknown_mail_is_not_found(self, name: str) -> None:
        await a_delivery(await a_contact(), provider_id="re_1")
        with pytest.raises(NotFound):
            await list_message_events(await an_actor(), name)
