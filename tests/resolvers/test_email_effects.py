"""What follows from events of mail, in whatever order they come."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, Final

import pytest

from core.actor import Actor
from core.errors import Unauthenticated
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.email_rollups import DayRollup
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import Suppression, SuppressionReason
from resolvers.campaign_upkeep import attend_to_campaigns
from resolvers.email_effects import apply_pending_email_events
from resolvers.email_events import event_about, record_event
from resolvers.email_rollups import recount_due
from resolvers.sending import can_send
from resolvers.suppressions import note_soft_bounce
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign, a_delivery, a_subscriber

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRANSACTIONAL: Final = ConsentCategory.TRANSACTIONAL
Type = EmailEventType


async def told(delivery: Delivery, *types: EmailEventType, at: datetime = NOON, **details: Any) -> None:
    """Recorded, a minute after another, and applied."""
    for number, type_ in enumerate(types):
        moment = at + timedelta(minutes=number)
        await record_event(event_about(delivery, type_, source="resend", at=moment, **details))
    await apply_pending_email_events(SYSTEM)


async def now(delivery: Delivery) -> Delivery:
    kept = await Delivery.get(delivery.id)
    assert kept is not None
    return kept


async def reasons() -> set[SuppressionReason]:
    return {one.reason for one in await Suppression.find_all().to_list()}


class TestTheDelivery:
    async def test_shows_the_first_moment_of_each_kind_and_the_last_of_all(self) -> None:
        delivery = await a_delivery(await a_contact())
        await told(delivery, Type.DELIVERED, Type.OPENED, Type.OPENED, Type.CLICKED, Type.REPLIED)
        shown = await now(delivery)
        assert (shown.delivered_at, shown.opened_at) == (NOON, NOON + timedelta(minutes=1))
        assert (shown.clicked_at, shown.replied_at) == (NOON + timedelta(minutes=3), NOON + timedelta(minutes=4))
        assert (shown.last_event_at, shown.bounced_at) == (NOON + timedelta(minutes=4), None)

    async def test_shows_the_same_whatever_order_events_come_in(self) -> None:
        delivery = await a_delivery(await a_contact())
        events = [
            event_about(delivery, type_, source="resend", at=NOON + timedelta(hours=hours))
            for type_, hours in ((Type.DELIVERED, 1), (Type.OPENED, 3), (Type.OPENED, 2))
        ]
        for order in permutations(events):
            await EmailEvent.delete_all()
            await Delivery.find_one({"_id": delivery.id}).update({"$set": {"openedAt": None, "lastEventAt": None}})
            for event in order:
                assert await record_event(event)
                await apply_pending_email_events(SYSTEM)
            shown = await now(delivery)
            assert (shown.opened_at, shown.last_event_at) == (NOON + timedelta(hours=2), NOON + timedelta(hours=3))

    async def test_is_not_opened_by_a_machine(self) -> None:
        delivery = await a_delivery(await a_contact())
        await told(delivery, Type.OPENED, Type.CLICKED, is_machine=True)
        shown = await now(delivery)
        assert (shown.opened_at, shown.clicked_at) == (None, None)
        assert shown.last_event_at == NOON + timedelta(minutes=1)

    @pytest.mark.parametrize("type_", [Type.DELIVERED, Type.BOUNCED, Type.OPENED, Type.CLICKED, Type.COMPLAINED])
    async def test_was_sent_after_all_when_something_is_heard_of_it(self, type_: EmailEventType) -> None:
        campaign = await a_campaign("banners", stats={"total": 1, "uncertain": 1})
        delivery = await a_delivery(await a_contact(), campaign, status=DeliveryStatus.UNCERTAIN)
        await told(delivery, type_)
        shown = await now(delivery)
        assert (shown.status, shown.sent_at) == (DeliveryStatus.SENT, NOON)
        await apply_pending_email_events(SYSTEM)
        assert await EmailEvent.find({"type": "sent", "deliveryId": delivery.id}).count() == 1
        kept = await Campaign.get(campaign.id)
        assert kept is not None
        assert (kept.stats.sent, kept.stats.uncertain, kept.stats.total) == (1, 0, 1)

    @pytest.mark.parametrize("type_", [Type.DELIVERED, Type.SENT])
    async def test_is_not_sent_again_when_something_is_heard_of_it_while_it_waits(self, type_: EmailEventType) -> None:
        campaign = await a_campaign("banners", CampaignStatus.SENDING)
        delivery = await a_delivery(await a_contact(), campaign, status=DeliveryStatus.QUEUED, attempts=1)
        untried = await a_delivery(await a_contact(), campaign, status=DeliveryStatus.QUEUED)
        await told(delivery, type_)
        await told(untried, type_)
        assert ((await now(delivery)).status, (await now(untried)).status) == (
            DeliveryStatus.SENT, DeliveryStatus.QUEUED
        )  # fmt: skip
        kept = await Campaign.get(campaign.id)
        assert kept is not None
        assert (kept.stats.total, kept.stats.sent, kept.stats.queued) == (2, 1, 1)

    @pytest.mark.parametrize("status", [DeliveryStatus.FAILED, DeliveryStatus.SENDING, DeliveryStatus.CANCELLED])
    async def test_keeps_a_status_that_its_sender_knows_better(self, status: DeliveryStatus) -> None:
        delivery = await a_delivery(await a_contact(), status=status)
        await told(delivery, Type.DELIVERED)
        assert (await now(delivery)).status is status

    async def test_stays_sent_when_it_bounces(self) -> None:
        delivery = await a_delivery(await a_contact())
        await told(delivery, Type.BOUNCED, bounce=BounceKind.HARD)
        shown = await now(delivery)
        assert (shown.status, shown.bounced_at) == (DeliveryStatus.SENT, NOON)

    async def test_says_what_the_recorder_of_an_event_did_not(self) -> None:
        delivery = await a_delivery(await a_contact(), await a_campaign("banners"))
        event = EmailEvent(type=Type.DELIVERED, at=NOON, source="resend", delivery_id=delivery.id)
        await record_event(event)
        await apply_pending_email_events(SYSTEM)
        kept = await EmailEvent.get(event.id)
        assert kept is not None
        assert (kept.app_id, kept.campaign_id, kept.contact_id) == (
            "banners",
            delivery.campaign_id,
            delivery.contact_id,
        )

    async def test_of_a_trial_is_not_counted_and_blocks_nobody(self) -> None:
        delivery = await a_delivery(await a_contact(), kind=DeliveryKind.TEST)
        await told(delivery, Type.SENT, Type.BOUNCED, bounce=BounceKind.HARD)
        await recount_due(SYSTEM)
        assert [day.counts.sent for day in await DayRollup.find_all().to_list()] in ([0], [0, 0])
        assert await reasons() == set()


class TestTheAddress:
    async def test_of_a_hard_bounce_is_blocked_and_gets_no_newsletter(self) -> None:
        ada = await a_contact()
        subscriber = await a_subscriber("banners", ada, subscribed_at=NOON - timedelta(days=9))
        await told(await a_delivery(ada), Type.BOUNCED, bounce=BounceKind.HARD)
        assert not (await can_send(ada.email, TRANSACTIONAL, None)).allowed
        assert await status_of(subscriber) is SubscriberStatus.BOUNCED

    async def test_of_a_complaint_gets_transactional_mail_alone(self) -> None:
        ada = await a_contact()
        subscriber = await a_subscriber("banners", ada, subscribed_at=NOON - timedelta(days=9))
        await told(await a_delivery(ada), Type.COMPLAINED)
        assert (await can_send(ada.email, TRANSACTIONAL, None)).allowed
        assert await reasons() == {SuppressionReason.COMPLAINT}
        assert await status_of(subscriber) is SubscriberStatus.COMPLAINED

    async def test_that_subscribed_again_after_it_stays_subscribed(self) -> None:
        ada = await a_contact()
        subscriber = await a_subscriber("banners", ada, subscribed_at=NOON + timedelta(days=1))
        await told(await a_delivery(ada), Type.COMPLAINED)
        assert await status_of(subscriber) is SubscriberStatus.ACTIVE

    async def test_is_not_to_blame_for_a_refused_mail(self) -> None:
        await told(await a_delivery(await a_contact()), Type.BOUNCED, bounce=BounceKind.POLICY)
        await told(await a_delivery(await a_contact()), Type.BOUNCED)
        assert await reasons() == set()

    async def test_that_bounces_softly_three_times_in_a_row_is_blocked(self) -> None:
        ada = await a_contact()
        for day in range(3):
            assert await reasons() == set()
            at = NOON + timedelta(days=day)
            await told(await a_delivery(ada), Type.BOUNCED, at=at, bounce=BounceKind.SOFT)
        assert await reasons() == {SuppressionReason.SOFT_BOUNCES}

    async def test_that_mail_reaches_in_between_is_not(self) -> None:
        ada = await a_contact()
        for day in (0, 1, 3):
            at = NOON + timedelta(days=day)
            await record_event(
                event_about(await a_delivery(ada), Type.BOUNCED, source="smtp", at=at, bounce=BounceKind.SOFT)
            )
        at = NOON + timedelta(days=2)
        await told(await a_delivery(ada), Type.DELIVERED, at=at)
        assert await reasons() == set()

    async def test_bounced_once_where_several_tell_of_the_same_mail(self) -> None:
        ada = await a_contact()
        await note_soft_bounce(ada.email, at=NOON - timedelta(days=1), source="smtp")
        await told(await a_delivery(ada), Type.BOUNCED, Type.BOUNCED, bounce=BounceKind.SOFT)
        assert await reasons() == set()

    async def test_of_somebody_who_is_erased_meanwhile_is_not_kept(self) -> None:
        """Whoever records has read the delivery before, and stores the event after."""
        delivery = await a_delivery(await a_contact(), response="550 ada@tea.example")
        url = "https://tea.example/?who=ada@tea.example"
        about: dict[str, Any] = {"ip": "203.0.113.7", "user_agent": "Firefox", "detail": "ada@tea.example", "url": url}
        event = event_about(delivery, Type.CLICKED, source="tracking", **about)
        await delivery.set({"email": ""})
        await record_event(event)
        await apply_pending_email_events(SYSTEM)
        kept = await EmailEvent.get(event.id)
        assert kept is not None
        assert {kept.ip, kept.user_agent, kept.detail, (await now(delivery)).response} == {None}
        assert (kept.url, kept.contact_id, kept.pending) == ("https://tea.example/", delivery.contact_id, None)

    async def test_of_somebody_who_was_erased_is_not_known_any_more(self) -> None:
        delivery = await a_delivery(await a_contact())
        await delivery.set({"email": ""})
        await told(delivery, Type.BOUNCED, Type.COMPLAINED, bounce=BounceKind.HARD)
        assert await reasons() == set()


class TestWhateverHappens:
    async def test_an_event_of_a_mail_that_is_gone_is_counted_and_harms_nobody(self) -> None:
        delivery = await a_delivery(await a_contact())
        await delivery.delete()
        await told(delivery, Type.BOUNCED, bounce=BounceKind.HARD)
        await recount_due(SYSTEM)
        assert await reasons() == set()
        assert [day.counts.bounced for day in await DayRollup.find({"scope": "other"}).to_list()] == [1]

    async def test_what_fails_stays_pending_and_does_not_hold_up_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(address: str, **_: Any) -> None:
            raise RuntimeError(address)

        ada, bob = await a_delivery(await a_contact()), await a_delivery(await a_contact())
        await record_event(event_about(ada, Type.COMPLAINED, source="resend"))
        with monkeypatch.context() as broken:
            broken.setattr("resolvers.suppressions.note_complaint", fail)
            await told(bob, Type.BOUNCED, bounce=BounceKind.HARD)
        assert await reasons() == {SuppressionReason.HARD_BOUNCE}
        assert [event.delivery_id for event in await EmailEvent.find({"pending": True}).to_list()] == [ada.id]
        await apply_pending_email_events(SYSTEM)
        assert await reasons() == {SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT}

    @pytest.mark.parametrize("last_arrives", [True, False])
    async def test_a_worker_may_die_at_any_write(self, last_arrives: bool) -> None:
        stats = {"total": 1, "uncertain": 1}
        campaign, ada = await a_campaign("banners", CampaignStatus.SENT, chunks=1, stats=stats), await a_contact()
        subscriber = await a_subscriber("banners", ada, subscribed_at=NOON - timedelta(days=9))
        delivery = await a_delivery(ada, campaign, status=DeliveryStatus.UNCERTAIN)
        await record_event(event_about(delivery, Type.BOUNCED, source="smtp", at=NOON, bounce=BounceKind.HARD))
        for writes in range(10):
            with suppress(Killed), dying(writes, last_arrives=last_arrives):
                await apply_pending_email_events(SYSTEM)
        await apply_pending_email_events(SYSTEM)
        await attend_to_campaigns(SYSTEM)
        assert not await EmailEvent.find({"pending": True}).count()
        assert await reasons() == {SuppressionReason.HARD_BOUNCE}
        assert await status_of(subscriber) is SubscriberStatus.BOUNCED
        kept = await Campaign.get(campaign.id)
        assert kept is not None
        assert ((await now(delivery)).status, kept.stats.sent) == (DeliveryStatus.SENT, 1)
        assert (kept.stats.uncertain, kept.open) == (0, False)
        assert await EmailEvent.find({"type": "sent"}).count() == 1

    async def test_several_workers_at_once_do_it_once(self) -> None:
        ada = await a_contact()
        for day in range(2):
            at = NOON + timedelta(days=day)
            event = event_about(await a_delivery(ada), Type.BOUNCED, source="smtp", at=at, bounce=BounceKind.SOFT)
            await record_event(event)
        await asyncio.gather(*(apply_pending_email_events(SYSTEM) for _ in range(5)))
        assert await reasons() == set()

    async def test_only_the_system_does_it(self) -> None:
        with pytest.raises(Unauthenticated):
            await apply_pending_email_events(Actor.anonymous())


async def status_of(subscriber: Subscriber) -> SubscriberStatus:
    kept = await Subscriber.get(subscriber.id)
    assert kept is not None
    return kept.status
