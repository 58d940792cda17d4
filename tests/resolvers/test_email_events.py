"""The log of what became of each mail."""

import asyncio

import pytest

from core.runtime import runtime
from models.email_events import BounceKind, EmailEvent, EmailEventType
from resolvers.email_events import PENDING, event_about, record_event, record_events
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery

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
