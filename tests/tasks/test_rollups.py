"""What follows from events of mail follows by itself, in one process at a time."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from core import clock
from models.deliveries import Delivery
from models.email_events import EmailEvent, EmailEventType
from models.email_jobs import EmailJob
from models.email_rollups import DayRollup
from models.ticks import Turn
from resolvers import email_effects
from resolvers.email_events import event_about, record_event
from resolvers.rollup_rebuilds import REBUILD
from tasks import rollups
from tasks.handlers import HANDLERS
from tasks.rollups import TURN, Pace, apply_all, following_events
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery

pytestmark = pytest.mark.usefixtures("platform")

QUICK: Final = Pace(turn=1.0, look=0.05, pause=0.01)
DEAF: Final = Pace(turn=30.0, look=60.0, pause=0.01)
"""Does nothing that nobody tells it to."""


async def opened(delivery: Delivery) -> None:
    await record_event(event_about(delivery, EmailEventType.OPENED, source="tracking"))


async def until_nothing_is_pending() -> None:
    async with asyncio.timeout(20):
        while await EmailEvent.find({"pending": True}).count():
            await asyncio.sleep(0.01)


def watched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The processes that apply events from now on."""
    taken: set[str] = set()
    take_turn = rollups._take_turn

    async def noting(owner: str, pace: Pace) -> bool:
        is_theirs = await take_turn(owner, pace)
        if is_theirs:
            taken.add(owner)
        return is_theirs

    monkeypatch.setattr(rollups, "_take_turn", noting)
    return taken


async def test_word_of_an_event_is_enough() -> None:
    delivery = await a_delivery(await a_contact(), await a_campaign("banners"))
    async with following_events(DEAF):
        await asyncio.sleep(0.2)
        await opened(delivery)
        await until_nothing_is_pending()
    shown = await Delivery.get(delivery.id)
    assert shown is not None
    assert shown.opened_at is not None


async def test_what_nobody_told_of_is_found_anyway() -> None:
    delivery = await a_delivery(await a_contact())
    await opened(delivery)
    async with following_events(QUICK):
        await until_nothing_is_pending()


async def test_one_process_does_it_and_another_follows_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery, taken = await a_delivery(await a_contact()), watched(monkeypatch)
    async with AsyncExitStack() as second:
        async with following_events(QUICK):
            await opened(delivery)
            await until_nothing_is_pending()
            await second.enter_async_context(following_events(QUICK))
            await opened(delivery)
            await until_nothing_is_pending()
            assert len(taken) == 1
        await opened(delivery)
        await until_nothing_is_pending()
        assert len(taken) == 2


async def test_the_turn_of_a_process_that_died_ends_by_itself() -> None:
    await Turn(id=TURN, owner="dead", expires_at=clock.now() + timedelta(seconds=0.3)).insert()
    await opened(await a_delivery(await a_contact()))
    async with following_events(QUICK):
        await until_nothing_is_pending()


async def test_a_database_that_fails_for_a_while_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    apply, failures = email_effects.apply_pending_email_events, iter(range(3))

    async def at_first_not(*arguments: Any) -> Any:
        for _ in failures:
            raise AutoReconnect("gone")
        return await apply(*arguments)

    monkeypatch.setattr(email_effects, "apply_pending_email_events", at_first_not)
    await opened(await a_delivery(await a_contact()))
    async with following_events(QUICK):
        await until_nothing_is_pending()


async def test_more_than_a_batch_is_applied_in_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_effects, "BATCH", 3)
    delivery = await a_delivery(await a_contact(), await a_campaign("banners"))
    for _ in range(8):
        await opened(delivery)
    await apply_all()
    assert not await EmailEvent.find({"pending": True}).count()


async def test_a_job_counts_everything_anew() -> None:
    delivery = await a_delivery(await a_contact(), await a_campaign("banners"))
    await opened(delivery)
    await apply_all()
    await DayRollup.delete_all()
    job = EmailJob(type=REBUILD, max_attempts=5, scheduled_at=clock.now(), visible_at=clock.now())
    assert await HANDLERS[REBUILD](job) == {"days": 2, "contacts": 1}
    of_one = job.model_copy(update={"payload": {"campaignId": str(delivery.campaign_id)}})
    assert await HANDLERS[REBUILD](of_one) == {"days": 1, "contacts": 0}
    of_none = job.model_copy(update={"payload": {"campaignId": str(ObjectId())}})
    assert await HANDLERS[REBUILD](of_none) == {"days": 0, "contacts": 0}
