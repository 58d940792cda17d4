"""What providers tell of mail becomes an event in its log, once, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Actor
from core.errors import Unavailable
from core.inputs import iso
from models.contacts import Contact
from models.deliveries import Delivery
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.webhook_events import WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers.mail_webhooks import SaidOfBounce, kind_of_bounce, type_of
from resolvers.webhook_processing import process_webhook_event
from tests.factories.contacts import a_contact
from tests.factories.mail import a_delivery
from tests.factories.webhooks import a_webhook_event, cold_payload, kept, resend_payload

SYSTEM = Actor.system("tests")
platform = pytest.mark.usefixtures("platform")

BOUNCE = {
    "type": "Permanent",
    "subType": "General",
    "message": "The address does not exist",
    "diagnosticCode": ["smtp; 550 5.1.1 <ada@tea.example>: User unknown"],
}


async def sent_mail(provider: str = "resend", provider_id: str | None = "re_1") -> tuple[Contact, Delivery]:
    ada = await a_contact("ada@tea.example")
    return ada, await a_delivery(ada, provider=provider, provider_id=provider_id)


async def followed(topic: str, payload: Any, provider: WebhookProvider = WebhookProvider.RESEND) -> WebhookEvent:
    event = await a_webhook_event(provider, topic, payload)
    done = await process_webhook_event(SYSTEM, str(event.id))
    assert done is not None
    return done


async def recorded() -> EmailEvent:
    (event,) = await EmailEvent.find_all().to_list()
    return event


@platform
class TestWorks:
    @pytest.mark.parametrize(
        ("topic", "type"),
        [
            ("email.sent", EmailEventType.SENT),
            ("email.delivered", EmailEventType.DELIVERED),
            ("email.delivery_delayed", EmailEventType.DELAYED),
            ("email.bounced", EmailEventType.BOUNCED),
            ("email.complained", EmailEventType.COMPLAINED),
            ("email.failed", EmailEventType.FAILED),
            ("email.suppressed", EmailEventType.SUPPRESSED),
        ],
    )
    async def test_an_event_of_resend_is_recorded_of_the_delivery_it_names(
        self, topic: str, type: EmailEventType
    ) -> None:
        ada, delivery = await sent_mail()
        done = await followed(topic, resend_payload(topic, "re_1"))
        event = await recorded()
        assert (event.type, event.delivery_id, event.contact_id) == (type, delivery.id, ada.id)
        assert (event.source, event.app_id, event.pending) == ("resend", delivery.app_id, True)
        assert (done.status, done.problem) == (WebhookEventStatus.PROCESSED, None)
        assert (done.contact_id, done.delivery_id) == (ada.id, delivery.id)
        assert done.outcome == f"Recorded that the mail was {type.value}"

    async def test_of_somebody_who_was_erased_nothing_is_kept_but_what_happened(self) -> None:
        _, delivery = await sent_mail()
        await delivery.set({"email": ""})
        done = await followed("email.bounced", resend_payload("email.bounced", "re_1", bounce=BOUNCE))
        event = await recorded()
        assert (event.type, event.bounce, event.detail) == (EmailEventType.BOUNCED, BounceKind.HARD, None)
        assert (done.status, done.payload, done.address_digests) == (WebhookEventStatus.PROCESSED, None, [])

    async def test_it_happened_when_the_provider_says(self) -> None:
        await sent_mail()
        hours_ago = clock.now() - timedelta(hours=3)
        await followed("email.delivered", resend_payload("email.delivered", "re_1") | {"created_at": iso(hours_ago)})
        assert (await recorded()).at == hours_ago

    @pytest.mark.parametrize("told", ["soon", None, "2999-01-01T00:00:00Z"])
    async def test_a_time_that_can_not_be_is_that_of_the_arrival(self, told: str | None) -> None:
        await sent_mail()
        await followed("email.delivered", resend_payload("email.delivered", "re_1") | {"created_at": told})
        assert abs((await recorded()).at - clock.now()) < timedelta(minutes=1)

    async def test_a_bounce_is_recorded_with_its_kind_and_what_the_server_said(self) -> None:
        await sent_mail()
        await followed("email.bounced", resend_payload("email.bounced", "re_1", bounce=BOUNCE))
        event = await recorded()
        assert event.bounce is BounceKind.HARD
        assert event.detail == "smtp; 550 5.1.1 <ada@tea.example>: User unknown The address does not exist"

    async def test_a_failure_is_recorded_with_its_reason(self) -> None:
        await sent_mail()
        await followed("email.failed", resend_payload("email.failed", "re_1", failed={"reason": "reached_daily_quota"}))
        assert (await recorded()).detail == "reached_daily_quota"

    @pytest.mark.parametrize("bounce", [{"type": "Permanent"}, BOUNCE, {"type": "hard"}])
    async def test_the_provider_of_cold_mail_tells_the_same(self, bounce: Any) -> None:
        _, delivery = await sent_mail("cold-provider", "cold-1")
        await followed("bounced", cold_payload("bounced", "cold-1", bounce=bounce), WebhookProvider.COLD_PROVIDER)
        event = await recorded()
        assert (event.source, event.bounce, event.delivery_id) == ("cold-provider", BounceKind.HARD, delivery.id)

    async def test_a_mail_is_known_by_its_tag_or_its_message_id_before_what_the_provider_calls_it_is(self) -> None:
        _, delivery = await sent_mail(provider_id=None)
        named: list[dict[str, Any]] = [
            {"tags": {"delivery": str(delivery.id)}},
            {"tags": [{"name": "delivery", "value": str(delivery.id)}]},
            {"message_id": f"<{delivery.id}@mail.example.com>"},
        ]
        for data in named:
            done = await followed("email.delivered", resend_payload("email.delivered", "re_9", **data))
            assert done.delivery_id == delivery.id
        cold = cold_payload("delivered", str(delivery.id))
        await Delivery.find_all().update({"$set": {"provider": "cold-provider"}})
        assert (await followed("delivered", cold, WebhookProvider.COLD_PROVIDER)).delivery_id == delivery.id


@platform
class TestOnce:
    async def test_the_same_event_worked_off_again_is_recorded_once(self) -> None:
        await sent_mail()
        event = await a_webhook_event(payload=resend_payload("email.delivered", "re_1"))
        await process_webhook_event(SYSTEM, str(event.id))
        # As if the process had died before it could say so.
        await WebhookEvent.find_all().update({"$set": {"status": WebhookEventStatus.RECEIVED.value}})
        again = await process_webhook_event(SYSTEM, str(event.id))
        assert again is not None
        assert (again.status, again.outcome) == (WebhookEventStatus.PROCESSED, "It was known already")
        assert (await recorded()).dedupe_key == f"resend:{event.event_id}"

    async def test_two_deferrals_of_one_mail_are_two_events(self) -> None:
        await sent_mail()
        for _ in range(2):
            await followed("email.delivery_delayed", resend_payload("email.delivery_delayed", "re_1"))
        assert await EmailEvent.count() == 2

    async def test_that_it_was_sent_is_told_by_us_or_by_the_provider_but_once(self) -> None:
        _, delivery = await sent_mail()
        await followed("email.sent", resend_payload("email.sent", "re_1"))
        assert (await recorded()).dedupe_key == f"sent:{delivery.id}"


@platform
class TestUnknown:
    async def test_a_mail_that_is_not_known_yet_is_waited_for(self) -> None:
        event = await a_webhook_event(payload=resend_payload("email.delivered", "re_1"))
        with pytest.raises(Unavailable, match="No mail of ours is called re_1"):
            await process_webhook_event(SYSTEM, str(event.id))
        waiting = await kept(event)
        assert (waiting.status, waiting.problem) == (
            WebhookEventStatus.RECEIVED,
            "No mail of ours is called re_1",
        )
        _, delivery = await sent_mail()
        await process_webhook_event(SYSTEM, str(event.id))
        done = await kept(event)
        assert (done.status, done.problem, done.delivery_id) == (WebhookEventStatus.PROCESSED, None, delivery.id)

    async def test_after_the_last_attempt_the_event_has_failed(self) -> None:
        event = await a_webhook_event(payload=resend_payload("email.delivered", "re_1"))
        with pytest.raises(Unavailable):
            await process_webhook_event(SYSTEM, str(event.id), is_last_attempt=True)
        assert (await kept(event)).status is WebhookEventStatus.FAILED
        assert await process_webhook_event(SYSTEM, str(event.id)) == await kept(event)

    async def test_any_provider_may_be_behind_smtp(self) -> None:
        _, delivery = await sent_mail("smtp", None)
        name = f"<{delivery.id}@banners.example.com>"
        event = await a_webhook_event(payload=resend_payload("email.delivered", "re_2", message_id=name))
        await process_webhook_event(SYSTEM, str(event.id))
        assert (await kept(event)).delivery_id == delivery.id

    @pytest.mark.parametrize("told", [{"email_id": "re_1"}, {"tags": {}}])
    async def test_what_another_provider_was_given_is_not_this_ones_to_tell_of(self, told: dict[str, Any]) -> None:
        _, delivery = await sent_mail("cold-provider", "re_1")
        if "tags" in told:
            told = {"tags": {"delivery": str(delivery.id)}}
        event = await a_webhook_event(payload=resend_payload("email.bounced", **({"email_id": "re_2"} | told)))
        with pytest.raises(Unavailable):
            await process_webhook_event(SYSTEM, str(event.id))

    @pytest.mark.parametrize(
        "data",
        [
            {"email_id": 7},
            {"email_id": {"$ne": None}},
            {"bounce": "hard"},
            {"bounce": {"type": ["Permanent"]}},
            {"tags": "delivery"},
        ],
    )
    async def test_what_is_not_as_documented_fails_at_once_and_says_where(self, data: dict[str, Any]) -> None:
        await sent_mail()
        done = await followed("email.bounced", resend_payload("email.bounced", "re_1") | {"data": data})
        assert (done.status, done.problem is not None) == (WebhookEventStatus.FAILED, True)
        assert f"data.{next(iter(data))}" in str(done.problem)
        assert await EmailEvent.count() == 0


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"type": "Permanent", "subType": "NoEmail"}, BounceKind.HARD),
        ({"type": "Permanent", "subType": "Suppressed"}, BounceKind.HARD),
        ({"type": "Permanent", "subType": "OnAccountSuppressionList"}, BounceKind.HARD),
        ({"type": "Permanent", "subType": "General"}, BounceKind.HARD),
        (BOUNCE, BounceKind.HARD),
        (BOUNCE | {"diagnosticCode": ["smtp; 550 5.7.1 Message blocked as spam"]}, BounceKind.POLICY),
        (BOUNCE | {"diagnosticCode": "smtp; 550 5.2.2 Mailbox full"}, BounceKind.SOFT),
        ({"type": "Transient", "subType": "MailboxFull"}, BounceKind.SOFT),
        ({"type": "Transient", "subType": "General"}, BounceKind.SOFT),
        ({"type": "Transient", "subType": "MessageTooLarge"}, BounceKind.POLICY),
        ({"type": "Transient", "subType": "ContentRejected"}, BounceKind.POLICY),
        ({"type": "Transient", "subType": "AttachmentRejected"}, BounceKind.POLICY),
        ({"type": "Undetermined", "subType": "Undetermined"}, BounceKind.SOFT),
        ({}, BounceKind.SOFT),
    ],
)
def test_a_bounce_is_hard_where_the_address_is_its_reason(said: dict[str, Any], kind: BounceKind) -> None:
    assert kind_of_bounce(SaidOfBounce.model_validate(said)) is kind


@pytest.mark.parametrize("topic", ["email.opened", "email.clicked", "email.received", "contact.created", "opened", ""])
def test_of_other_events_nothing_follows(topic: str) -> None:
    assert type_of(topic) is None
