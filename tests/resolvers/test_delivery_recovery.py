"""Mail that nobody tries to send any more ends. What becomes of mail after a crash is told with its sending."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden
from models.campaigns import CampaignStatus
from models.deliveries import Delivery, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from resolvers.delivery_recovery import GIVEN_UP_AFTER, give_up_old_mail
from resolvers.email_events import event_about, record_event
from resolvers.transactional import queue_mail
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

SENDER: Final = Actor.system("sender")


async def a_mail() -> Delivery:
    """To somebody who waits for it."""
    secret = {"confirm_url": "https://banners.example.com/confirm"}
    return await queue_mail(SENDER, await an_app(), "confirm", await a_contact(), secret_values=secret, source="1")


async def kept(delivery: Delivery) -> Delivery:
    found = await Delivery.get(delivery.id)
    assert found is not None
    return found


async def events_of(delivery: Delivery) -> list[EmailEventType]:
    return [event.type for event in await EmailEvent.find({"deliveryId": delivery.id}).sort("_id").to_list()]


@pytest.mark.parametrize("status", [DeliveryStatus.QUEUED, DeliveryStatus.SENDING])
async def test_ends_after_a_week_and_so_do_its_secrets(status: DeliveryStatus) -> None:
    delivery = await a_mail()
    await delivery.set({"status": status.value, "claim": "dead"})
    with clock.shifted(GIVEN_UP_AFTER - timedelta(minutes=1)):
        assert await give_up_old_mail(SENDER) == 0
    with clock.shifted(GIVEN_UP_AFTER):
        assert [await give_up_old_mail(SENDER), await give_up_old_mail(SENDER)] == [1, 0]
    ended = await kept(delivery)
    assert (ended.status, ended.sealed_values) == (DeliveryStatus.FAILED, None)
    assert "within a week" in (ended.response or "")
    assert await events_of(delivery) == [EmailEventType.QUEUED, EmailEventType.FAILED]


async def test_was_sent_where_its_event_says_so() -> None:
    delivery = await a_mail()
    await delivery.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
    await record_event(event_about(delivery, EmailEventType.SENT, source="smtp"))
    with clock.shifted(GIVEN_UP_AFTER):
        assert await give_up_old_mail(SENDER) == 1
    assert (await kept(delivery)).status is DeliveryStatus.SENT
    assert await events_of(delivery) == [EmailEventType.QUEUED, EmailEventType.SENT]


async def test_is_none_that_was_put_back_a_moment_ago_or_a_campaign_s() -> None:
    delivery = await a_mail()
    campaign = await a_campaign("banners", CampaignStatus.SENDING)
    reader = await a_delivery(await a_contact(), campaign, status=DeliveryStatus.QUEUED)
    with clock.shifted(GIVEN_UP_AFTER):
        await delivery.set({"updatedAt": clock.now()})
        assert await give_up_old_mail(SENDER) == 0
    assert (await kept(reader)).status is DeliveryStatus.QUEUED


@pytest.mark.parametrize("last_arrives", [True, False])
async def test_ends_once_although_whoever_ends_it_dies(last_arrives: bool) -> None:
    for writes in range(3):
        delivery = await a_mail()
        with clock.shifted(GIVEN_UP_AFTER):
            with suppress(Killed), dying(writes, last_arrives=last_arrives):
                await give_up_old_mail(SENDER)
            await give_up_old_mail(SENDER)
        assert (await kept(delivery)).status is DeliveryStatus.FAILED
        assert await events_of(delivery) == [EmailEventType.QUEUED, EmailEventType.FAILED]


async def test_only_the_system_does() -> None:
    with pytest.raises(Forbidden):
        await give_up_old_mail(await an_actor(Role.OWNER))
