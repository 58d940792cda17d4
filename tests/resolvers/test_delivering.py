"""Sending: whoever may be written to gets one mail, whoever may not gets none, and what became of it is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import pytest_asyncio
from beanie import PydanticObjectId
from bson import ObjectId

from core import clock
from core.actor import Actor
from core.errors import RateLimited, Unavailable
from core.settings import Settings
from mail.bounces import Bounce
from mail.message import Outgoing
from mail.providers import Outcome, Receipt
from mail.providers.memory import MemoryProvider
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery, DeliveryStatus, Refusal
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.email_jobs import Progress
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import SuppressionReason
from resolvers import delivering
from resolvers.consent import opt_out_contact
from resolvers.delivering import deliver_chunk, deliver_one
from resolvers.email_effects import apply_pending_email_events
from resolvers.outbox import ATTEMPTS, SLOTS, Outbox, sending_mail
from resolvers.sending import can_send
from resolvers.suppressions import suppress
from resolvers.transactional import queue_mail
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.mail import a_campaign, a_delivery, a_subscriber

pytestmark = pytest.mark.usefixtures("platform")

SENDER: Final = Actor.system("sender")
ACCEPTED: Final = Receipt(Outcome.ACCEPTED, "250 Taken")


class Post(MemoryProvider):
    """`answers` are given one after the other, the last again and again."""

    def __init__(self, *answers: Receipt) -> None:
        super().__init__(self._next)
        self._answers = list(answers or [ACCEPTED])

    def _next(self, _: Outgoing) -> Receipt:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def recipients(self) -> list[str]:
        return sorted(message.recipient.email for message in self.sent)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "PAUSES", (0.0, 0.0))


@pytest_asyncio.fixture
async def campaign() -> Campaign:
    """Being sent, its only chunk made."""
    app = await an_app()
    return await a_campaign(app.id, CampaignStatus.SENDING, run=1, chunks=1)


async def a_reader(campaign: Campaign, email: str | None = None, **fields: Any) -> Delivery:
    """Somebody who wants the newsletter, with a delivery that is queued."""
    contact = await with_consent(await a_contact(email), ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN)
    await a_subscriber(campaign.app_id, contact)
    return await a_delivery(contact, campaign, status=DeliveryStatus.QUEUED, **fields)


async def another_mail(delivery: Delivery, **fields: Any) -> Delivery:
    """The next one to the same reader."""
    fresh = {"id": PydanticObjectId(), "source": f"campaign:{ObjectId()}", "status": DeliveryStatus.QUEUED, **fields}
    return await Delivery(**{**delivery.model_dump(), **fresh}).insert()


async def sent_by(post: MemoryProvider, settings: Settings, campaign: Campaign) -> None:
    async with sending_mail(settings, post):
        await deliver_chunk(SENDER, campaign.id, 0, 1)


async def kept(delivery: Delivery) -> Delivery:
    found = await Delivery.get(delivery.id)
    assert found is not None
    return found


async def events_of(delivery: Delivery) -> list[EmailEventType]:
    return [event.type for event in await EmailEvent.find({"deliveryId": delivery.id}).sort("_id").to_list()]


class TestACampaign:
    async def test_every_reader_gets_one_mail(self, campaign: Campaign, settings: Settings) -> None:
        post, readers = Post(), [await a_reader(campaign) for _ in range(25)]
        await sent_by(post, settings, campaign)
        assert post.recipients == sorted(reader.email for reader in readers)
        for reader in readers:
            delivery = await kept(reader)
            assert (delivery.status, delivery.attempts, delivery.provider) == (DeliveryStatus.SENT, 1, "memory")
            assert delivery.sent_at is not None
            assert await events_of(reader) == [EmailEventType.SENT]

    async def test_its_progress_is_told_in_readers(self, campaign: Campaign, settings: Settings) -> None:
        for status in (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.QUEUED, DeliveryStatus.QUEUED):
            await a_delivery(await a_contact(), campaign, status=status)
        reader, progress = await a_reader(campaign), Progress()
        async with sending_mail(settings, Post()):
            await deliver_chunk(SENDER, campaign.id, 0, 1, progress)
        assert (await kept(reader)).status is DeliveryStatus.SENT
        # Two had not agreed: they were passed over, which is no failure.
        assert progress == Progress(total=5, done=4, failed=1)

    async def test_a_mail_is_to_its_reader_alone(self, campaign: Campaign, settings: Settings) -> None:
        post = Post()
        reader = await a_reader(campaign, "ada@example.com")
        await sent_by(post, settings, campaign)
        (message,) = post.sent
        assert message.delivery == reader.id
        assert f"/{campaign.app_id}/newsletter/unsubscribe/" in message.headers["List-Unsubscribe"]
        assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message.body.html is not None
        assert "/t/c/" in message.body.html
        assert "/t/o/" in message.body.html

    async def test_sending_it_again_sends_nothing_twice(self, campaign: Campaign, settings: Settings) -> None:
        post = Post()
        await a_reader(campaign)
        await sent_by(post, settings, campaign)
        await sent_by(post, settings, campaign)
        assert len(post.sent) == 1

    async def test_two_workers_at_once_send_nothing_twice(self, campaign: Campaign, settings: Settings) -> None:
        post = Post()
        for _ in range(20):
            await a_reader(campaign)
        async with sending_mail(settings, post):
            await asyncio.gather(*(deliver_chunk(SENDER, campaign.id, 0, 1) for _ in range(3)))
        assert len(post.sent) == 20

    async def test_another_chunk_is_another_jobs(self, campaign: Campaign, settings: Settings) -> None:
        post = Post()
        await a_reader(campaign, chunk=1)
        await sent_by(post, settings, campaign)
        assert post.sent == []

    async def test_the_campaign_ends_when_nothing_is_left(self, campaign: Campaign, settings: Settings) -> None:
        await a_reader(campaign)
        await sent_by(Post(), settings, campaign)
        ended = await Campaign.get(campaign.id)
        assert ended is not None
        assert (ended.status, ended.stats.sent, ended.stats.total) == (CampaignStatus.SENT, 1, 1)

    @pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED])
    async def test_nothing_is_sent_of_one_that_was_stopped(
        self, status: CampaignStatus, campaign: Campaign, settings: Settings
    ) -> None:
        post, reader = Post(), await a_reader(campaign)
        await campaign.set({"status": status.value})
        await sent_by(post, settings, campaign)
        assert (post.sent, (await kept(reader)).status) == ([], DeliveryStatus.QUEUED)

    async def test_a_job_of_an_earlier_run_does_nothing(self, campaign: Campaign, settings: Settings) -> None:
        post = Post()
        await a_reader(campaign)
        await campaign.set({"run": 2})
        await sent_by(post, settings, campaign)
        assert post.sent == []

    async def test_what_can_not_be_composed_fails_with_the_reason(self, campaign: Campaign, settings: Settings) -> None:
        post, reader = Post(), await a_reader(campaign)
        await campaign.set({"html": "<p>{{ 1 / 0 }}</p>"})
        await sent_by(post, settings, campaign)
        delivery = await kept(reader)
        assert (post.sent, delivery.status) == ([], DeliveryStatus.FAILED)
        assert "can't be composed" in (delivery.response or "")


async def suppressed(reader: Delivery) -> None:
    await suppress(reader.email, SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")


async def opted_out(reader: Delivery) -> None:
    await opt_out_contact(SENDER, str(reader.contact_id))


async def not_a_subscriber(reader: Delivery) -> None:
    await Subscriber.find({"contactId": reader.contact_id}).delete()


async def complained(reader: Delivery) -> None:
    await Subscriber.find({"contactId": reader.contact_id}).update(
        {"$set": {"status": SubscriberStatus.COMPLAINED.value}}
    )


class TestWhoSaysNo:
    @pytest.mark.parametrize(
        ("happens", "refusal"),
        [
            (suppressed, Refusal.HARD_BOUNCE),
            (opted_out, Refusal.GLOBAL_OPT_OUT),
            (not_a_subscriber, Refusal.NOT_SUBSCRIBED),
            (complained, Refusal.NOT_SUBSCRIBED),
        ],
    )
    async def test_gets_nothing_although_the_audience_was_fixed_before(
        self, happens: Callable[[Delivery], Awaitable[None]], refusal: Refusal, campaign: Campaign, settings: Settings
    ) -> None:
        post, reader, other = Post(), await a_reader(campaign), await a_reader(campaign)
        await happens(reader)
        await sent_by(post, settings, campaign)
        delivery = await kept(reader)
        assert post.recipients == [other.email]
        assert (delivery.status, delivery.refusal, delivery.attempts) == (DeliveryStatus.SUPPRESSED, refusal, 0)
        assert await events_of(reader) == [EmailEventType.SUPPRESSED]

    async def test_a_decision_is_not_older_than_a_second_when_the_mail_goes_out(
        self, campaign: Campaign, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first reader's mail takes long; the second one says no meanwhile."""
        monkeypatch.setattr(delivering, "FRESH", timedelta())
        first, second = await a_reader(campaign), await a_reader(campaign)

        class Slow(Post):
            at_once = 1

            async def send(self, message: Outgoing) -> Receipt:
                await opted_out(second if message.delivery == first.id else first)
                return await super().send(message)

        post = Slow()
        monkeypatch.setattr(Outbox, "__init__", _with_one_slot(Outbox.__init__))
        await sent_by(post, settings, campaign)
        assert len(post.sent) == 1
        assert {(await kept(one)).status for one in (first, second)} == {
            DeliveryStatus.SENT,
            DeliveryStatus.SUPPRESSED,
        }


def _with_one_slot(init: Callable[..., None]) -> Callable[..., None]:
    def prepared(box: Outbox, *arguments: Any) -> None:
        init(box, *arguments)
        box.slots = asyncio.Semaphore(1)

    return prepared


class TestWhatTheServerSays:
    async def test_what_it_does_not_take_now_is_offered_again(self, campaign: Campaign, settings: Settings) -> None:
        post, reader = Post(Receipt(Outcome.DEFERRED, "450 Later"), ACCEPTED), await a_reader(campaign)
        await sent_by(post, settings, campaign)
        delivery = await kept(reader)
        assert (len(post.sent), delivery.status, delivery.attempts) == (1, DeliveryStatus.SENT, 2)

    async def test_where_it_goes_on_the_job_comes_back_later(self, campaign: Campaign, settings: Settings) -> None:
        reader = await a_reader(campaign)
        with pytest.raises(Unavailable):
            await sent_by(Post(Receipt(Outcome.DEFERRED, "450 Later")), settings, campaign)
        delivery = await kept(reader)
        assert (delivery.status, delivery.attempts, delivery.response) == (DeliveryStatus.QUEUED, 3, "450 Later")

    async def test_but_not_for_ever(self, campaign: Campaign, settings: Settings) -> None:
        reader = await a_reader(campaign, attempts=ATTEMPTS - 1)
        await sent_by(Post(Receipt(Outcome.DEFERRED, "450 Later")), settings, campaign)
        assert (await kept(reader)).status is DeliveryStatus.FAILED
        assert await events_of(reader) == [EmailEventType.FAILED]

    async def test_a_refusal_is_final(self, campaign: Campaign, settings: Settings) -> None:
        reader = await a_reader(campaign)
        await sent_by(Post(Receipt(Outcome.REFUSED, "554 Spam")), settings, campaign)
        delivery = await kept(reader)
        assert (delivery.status, delivery.response) == (DeliveryStatus.FAILED, "554 Spam")
        (event,) = await EmailEvent.find({"deliveryId": reader.id}).to_list()
        assert (event.type, event.bounce, event.detail) == (EmailEventType.FAILED, None, "554 Spam")

    @pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.DEFERRED])
    async def test_a_mailbox_that_is_full_three_times_is_not_written_to_again(
        self, outcome: Outcome, campaign: Campaign, settings: Settings
    ) -> None:
        full, address = Receipt(outcome, "452 4.2.2 Full", bounce=Bounce.SOFT), "ada@example.com"
        reader = await a_reader(campaign, address, attempts=ATTEMPTS - 1)
        for day in range(3):
            assert (await can_send(address, ConsentCategory.NEWSLETTER, None)).allowed
            with clock.shifted(timedelta(days=day)):
                await sent_by(Post(full), settings, campaign)
                await apply_pending_email_events(SENDER)
            assert (await kept(reader)).status is DeliveryStatus.FAILED
            reader = await another_mail(reader, attempts=ATTEMPTS - 1)
            await campaign.set({"status": CampaignStatus.SENDING.value})
        assert (await can_send(address, ConsentCategory.NEWSLETTER, None)).refusal is Refusal.SOFT_BOUNCES
        assert {event.bounce for event in await EmailEvent.find({"type": "failed"}).to_list()} == {BounceKind.SOFT}

    async def test_nobody_is_blocked_by_what_a_server_has_against_the_mail(
        self, campaign: Campaign, settings: Settings
    ) -> None:
        reader = await a_reader(campaign)
        for _ in range(4):
            await sent_by(Post(Receipt(Outcome.REFUSED, "554 Spam", bounce=Bounce.POLICY)), settings, campaign)
            await apply_pending_email_events(SENDER)
            reader = await another_mail(reader)
            await campaign.set({"status": CampaignStatus.SENDING.value})
        assert {event.bounce for event in await EmailEvent.find({"type": "failed"}).to_list()} == {BounceKind.POLICY}
        assert (await can_send(reader.email, ConsentCategory.NEWSLETTER, None)).allowed

    async def test_an_address_that_is_gone_is_not_written_to_again_by_any_app(
        self, campaign: Campaign, settings: Settings
    ) -> None:
        reader = await a_reader(campaign)
        gone = Receipt(Outcome.REFUSED, "550 5.1.1 No such user", bounce=Bounce.HARD)
        await sent_by(Post(gone), settings, campaign)
        (event,) = await EmailEvent.find({"deliveryId": reader.id}).to_list()
        assert event.bounce is BounceKind.HARD
        await apply_pending_email_events(SENDER)
        subscriber = await Subscriber.find_one({"contactId": reader.contact_id})
        assert subscriber is not None
        assert subscriber.status is SubscriberStatus.BOUNCED
        contact = await Contact.get(reader.contact_id)
        assert contact is not None
        other = await a_campaign((await an_app()).id, CampaignStatus.SENDING, run=1, chunks=1)
        await a_subscriber(other.app_id, contact)
        again = await a_delivery(contact, other, status=DeliveryStatus.QUEUED)
        await sent_by(Post(), settings, other)
        assert (await kept(again)).refusal is Refusal.HARD_BOUNCE

    async def test_without_an_answer_it_is_uncertain_and_not_sent_again(
        self, campaign: Campaign, settings: Settings
    ) -> None:
        post, reader = Post(Receipt(Outcome.UNCERTAIN, "no answer")), await a_reader(campaign)
        await sent_by(post, settings, campaign)
        await sent_by(post, settings, campaign)
        assert (len(post.sent), (await kept(reader)).status) == (1, DeliveryStatus.UNCERTAIN)
        assert await events_of(reader) == []

    async def test_what_the_provider_calls_it_is_kept(self, campaign: Campaign, settings: Settings) -> None:
        reader = await a_reader(campaign)
        await sent_by(Post(Receipt(Outcome.ACCEPTED, "200", provider_id="re_1")), settings, campaign)
        assert (await kept(reader)).provider_id == "re_1"


def asking_for(seconds: float) -> Receipt:
    return Receipt(Outcome.DEFERRED, "429 Slow down", retry_after=seconds)


class TestAProviderThatWantsAPause:
    async def test_is_left_alone_by_all_and_the_job_comes_back_after_it(
        self, campaign: Campaign, settings: Settings
    ) -> None:
        asked = list[Outgoing]()

        def answer(message: Outgoing) -> Receipt:
            asked.append(message)
            return asking_for(3600)

        readers, post = [await a_reader(campaign) for _ in range(100)], MemoryProvider(answer)
        with pytest.raises(RateLimited) as put_off:
            await sent_by(post, settings, campaign)
        assert 3590 < put_off.value.retry_after <= 3600
        assert len(asked) <= SLOTS * post.at_once, "those that were under way"
        left = [await kept(reader) for reader in readers]
        assert {(one.status, one.attempts) for one in left} == {(DeliveryStatus.QUEUED, 0)}

    async def test_gets_nothing_from_other_jobs_either(self, campaign: Campaign, settings: Settings) -> None:
        post, mail = Post(asking_for(3600), ACCEPTED), await a_confirmation()
        await a_reader(campaign)
        async with sending_mail(settings, post):
            for _ in range(2):
                with pytest.raises(RateLimited):
                    await deliver_chunk(SENDER, campaign.id, 0, 1)
                with pytest.raises(RateLimited):
                    await deliver_one(SENDER, mail.id)
        assert (post.sent, (await kept(mail)).attempts) == ([], 0)

    async def test_for_a_moment_gets_the_rest_within_the_same_job(self, campaign: Campaign, settings: Settings) -> None:
        post, reader = Post(asking_for(1.0), ACCEPTED), await a_reader(campaign, attempts=ATTEMPTS - 1)
        await sent_by(post, settings, campaign)
        delivery = await kept(reader)
        assert (delivery.status, delivery.attempts) == (DeliveryStatus.SENT, ATTEMPTS)

    async def test_who_may_not_be_written_to_need_not_wait(self, campaign: Campaign, settings: Settings) -> None:
        post, reader = Post(asking_for(3600)), await a_reader(campaign)
        await suppressed(reader)
        await sent_by(post, settings, campaign)
        assert (await kept(reader)).status is DeliveryStatus.SUPPRESSED


class TestAfterACrash:
    """A delivery is left in `sending`, by a process that is no more."""

    async def test_a_campaigns_mail_is_uncertain(self, campaign: Campaign, settings: Settings) -> None:
        post, reader = Post(), await a_reader(campaign)
        await reader.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
        await sent_by(post, settings, campaign)
        assert (post.sent, (await kept(reader)).status) == ([], DeliveryStatus.UNCERTAIN)

    async def test_unless_its_event_says_what_became_of_it(self, campaign: Campaign, settings: Settings) -> None:
        reader = await a_reader(campaign)
        await sent_by(Post(), settings, campaign)
        await reader.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
        await campaign.set({"status": CampaignStatus.SENDING.value})
        await sent_by(Post(), settings, campaign)
        assert (await kept(reader)).status is DeliveryStatus.SENT

    async def test_it_is_sent_again_where_the_provider_recognises_it(
        self, campaign: Campaign, settings: Settings
    ) -> None:
        class Recognising(Post):
            repeatable = True

        post, reader = Recognising(), await a_reader(campaign)
        await reader.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
        await sent_by(post, settings, campaign)
        assert (len(post.sent), (await kept(reader)).status) == (1, DeliveryStatus.SENT)

    async def test_but_not_when_it_has_forgotten_it(self, campaign: Campaign, settings: Settings) -> None:
        class Recognising(Post):
            repeatable = True

        reader = await a_reader(campaign)
        old = clock.now() - timedelta(hours=24)
        await reader.set({"status": DeliveryStatus.SENDING.value, "claim": "dead", "updatedAt": old})
        await sent_by(Recognising(), settings, campaign)
        assert (await kept(reader)).status is DeliveryStatus.UNCERTAIN

    async def test_whoever_was_taken_for_dead_still_says_how_it_ended(
        self, campaign: Campaign, settings: Settings
    ) -> None:
        reader = await a_reader(campaign)

        class Paused(Post):
            async def send(self, message: Outgoing) -> Receipt:
                uncertain = {"status": DeliveryStatus.UNCERTAIN.value}
                await Delivery.find_one({"_id": message.delivery}).update({"$set": uncertain})
                return await super().send(message)

        await sent_by(Paused(), settings, campaign)
        assert (await kept(reader)).status is DeliveryStatus.SENT


class TestOneMail:
    async def test_transactional_mail_needs_no_consent(self, settings: Settings) -> None:
        post, delivery = Post(), await a_confirmation()
        async with sending_mail(settings, post):
            await deliver_one(SENDER, delivery.id)
            await deliver_one(SENDER, delivery.id)
        (message,) = post.sent
        assert "List-Unsubscribe" not in message.headers
        assert (await kept(delivery)).status is DeliveryStatus.SENT

    async def test_after_a_crash_it_is_sent_again_under_the_same_name(self, settings: Settings) -> None:
        post, delivery = Post(), await a_confirmation()
        await delivery.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
        async with sending_mail(settings, post):
            await deliver_one(SENDER, delivery.id)
        (message,) = post.sent
        assert message.headers["Message-ID"].startswith(f"<{delivery.id}@")

    async def test_what_the_server_does_not_take_comes_back_later(self, settings: Settings) -> None:
        delivery = await a_confirmation()
        async with sending_mail(settings, Post(Receipt(Outcome.DEFERRED, "450 Later"))):
            with pytest.raises(Unavailable):
                await deliver_one(SENDER, delivery.id)
        assert (await kept(delivery)).status is DeliveryStatus.QUEUED

    async def test_an_address_that_is_gone_gets_none(self, settings: Settings) -> None:
        post, delivery = Post(), await a_confirmation()
        await suppress(delivery.email, SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")
        async with sending_mail(settings, post):
            await deliver_one(SENDER, delivery.id)
        assert (post.sent, (await kept(delivery)).refusal) == ([], Refusal.HARD_BOUNCE)


async def a_confirmation() -> Delivery:
    secret = {"confirm_url": "https://banners.example.com/confirm"}
    return await queue_mail(
        SENDER, await an_app(), "newsletter-confirmation", await a_contact(), secret_values=secret, source="tests:1"
    )
