"""What staff see of received webhooks, and what sees to it that none is forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.access import ADMINS
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound
from core.pages import Page
from models.email_jobs import EmailJob, EmailJobStatus
from models.webhook_events import WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers.contacts import get_contact
from resolvers.gdpr import erase_contact, export_contact
from resolvers.webhook_events import (
    LOOK_AFTER,
    PROCESS,
    WebhookEventFilter,
    WebhookEventSortKey,
    get_webhook_event,
    keep_webhook_event,
    list_webhook_events,
    requeue_webhook_events,
    retry_webhook_event,
)
from resolvers.webhook_processing import process_webhook_event
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor
from tests.factories.webhooks import a_webhook_event, kept, resend_payload, the_event

SYSTEM = Actor.system("tests")
pytestmark = pytest.mark.usefixtures("platform")


async def failed_event(**fields: Any) -> WebhookEvent:
    problem = {"status": WebhookEventStatus.FAILED, "problem": "No mail of ours is called re_1"}
    return await a_webhook_event(**{**problem, **fields})


class TestWorks:
    async def test_lists_filter_and_the_newest_come_first(self) -> None:
        viewer, now = await an_actor(Role.VIEWER), clock.now()
        await a_webhook_event(created_at=now - timedelta(days=2))
        await failed_event(topic="email.bounced", created_at=now - timedelta(days=1))
        shopify = {"app_id": "banners", "status": WebhookEventStatus.PROCESSED, "created_at": now}
        await a_webhook_event(WebhookProvider.SHOPIFY, "shop/redact", **shopify)

        async def listed(**filters: Any) -> list[str]:
            given = WebhookEventFilter.model_validate(filters)
            order = WebhookEventSortKey.RECEIVED_AT.order(descending=True)
            return [one.topic for one in (await list_webhook_events(viewer, Page(), given, order)).items]

        assert await listed() == ["shop/redact", "email.bounced", "email.delivered"]
        assert await listed(provider="shopify") == ["shop/redact"]
        assert await listed(status="failed") == ["email.bounced"]
        assert await listed(topic="email.delivered") == ["email.delivered"]
        assert await listed(appId="banners") == ["shop/redact"]
        assert await listed(hasProblem=True) == ["email.bounced"]
        assert await listed(hasProblem=False) == ["shop/redact", "email.delivered"]
        assert await listed(receivedFrom=now - timedelta(hours=30), receivedTo=now) == ["email.bounced"]

    async def test_one_is_read(self) -> None:
        event = await failed_event()
        assert await get_webhook_event(await an_actor(Role.VIEWER), str(event.id)) == event

    async def test_a_failed_one_is_tried_again_with_a_job_of_its_own(self) -> None:
        event, admin = await failed_event(), await an_actor(Role.ADMIN)
        retried = await retry_webhook_event(admin, str(event.id))
        assert (retried.status, retried.problem, retried.run) == (WebhookEventStatus.RECEIVED, None, 2)
        (job,) = await EmailJob.find_all().to_list()
        assert (job.type, job.dedupe_key) == (PROCESS, f"webhook:{event.id}:2")


class TestNothingIsForgotten:
    async def test_an_event_without_a_job_gets_one_after_a_minute_and_only_then(self) -> None:
        event = await a_webhook_event(look_at=clock.now() + LOOK_AFTER)
        assert await requeue_webhook_events(SYSTEM) == 0
        with clock.shifted(LOOK_AFTER):
            assert await requeue_webhook_events(SYSTEM) == 1
            assert await requeue_webhook_events(SYSTEM) == 0  # it is looked at again later
        (job,) = await EmailJob.find_all().to_list()
        assert job.payload == {"webhookEventId": str(event.id)}

    async def test_a_retry_that_was_cut_off_gets_its_job_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def die(*_: Any, **__: Any) -> None:
            raise ConnectionError

        event = await failed_event()
        with monkeypatch.context() as killed, pytest.raises(ConnectionError):
            killed.setattr("resolvers.webhook_events.enqueue", die)
            await retry_webhook_event(SYSTEM, str(event.id))
        with clock.shifted(LOOK_AFTER):
            await requeue_webhook_events(SYSTEM)
        assert await EmailJob.find({"dedupeKey": f"webhook:{event.id}:2"}).count() == 1

    async def test_an_event_whose_job_ended_without_a_word_has_failed(self) -> None:
        event = await a_webhook_event()
        await requeue_webhook_events(SYSTEM)
        dead = {"status": EmailJobStatus.DEAD.value, "open": False, "lastError": "The worker did not come back"}
        await EmailJob.find_all().update({"$set": dead})
        with clock.shifted(timedelta(hours=1)):
            await requeue_webhook_events(SYSTEM)
        ended = await kept(event)
        assert (ended.status, ended.problem) == (WebhookEventStatus.FAILED, "The worker did not come back")

    async def test_many_that_wait_do_not_hold_up_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("resolvers.webhook_events.BATCH", 2)
        for _ in range(5):
            await a_webhook_event()
        for _ in range(3):
            await requeue_webhook_events(SYSTEM)
        assert await EmailJob.count() == 5


class TestPeople:
    async def test_whoever_is_erased_is_taken_out_of_what_was_said_of_them(self) -> None:
        ada = await a_contact("ada@tea.example")
        body = b'{"type": "email.bounced", "data": {"to": ["Ada@tea.example"]}}'
        kept_one = await keep_webhook_event(
            SYSTEM, WebhookProvider.RESEND, "1", "email.bounced", body, follows=True, addresses=["Ada@tea.example"]
        )
        assert kept_one
        exported = (await (await export_contact(SYSTEM, str(ada.id))).collected())["webhook_events"]
        assert exported[0]["payload"] == body.decode()
        assert (await erase_contact(SYSTEM, str(ada.id))).counts["webhook_events"] == 1
        event = await the_event()
        assert (event.payload, event.address_digests) == (None, [])

    async def test_nothing_follows_from_what_was_erased(self) -> None:
        event = await a_webhook_event(payload=resend_payload("email.delivered"))
        await WebhookEvent.find_all().update({"$set": {"payload": None}})
        done = await process_webhook_event(SYSTEM, str(event.id))
        assert done is not None
        assert (done.status, "erased" in str(done.problem)) == (WebhookEventStatus.FAILED, True)
        with pytest.raises(Conflict, match="erased"):
            await retry_webhook_event(SYSTEM, str(event.id))

    async def test_a_contact_by_another_address_is_not_touched(self) -> None:
        bob = await a_contact("bob@tea.example")
        await keep_webhook_event(
            SYSTEM, WebhookProvider.RESEND, "1", "email.bounced", b"{}", follows=True, addresses=["ada@tea.example"]
        )
        await erase_contact(SYSTEM, str((await get_contact(SYSTEM, str(bob.id))).id))
        assert (await the_event()).payload == "{}"


class TestWhoMay:
    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_only_admins_try_again(self, role: Role) -> None:
        event = await failed_event()
        with pytest.raises(Forbidden):
            await retry_webhook_event(await an_actor(role), str(event.id))


class TestValidation:
    async def test_what_has_not_failed_is_not_tried_again(self) -> None:
        event = await a_webhook_event()
        with pytest.raises(Conflict, match="is received: only failed ones"):
            await retry_webhook_event(await an_actor(), str(event.id))


async def test_an_unknown_one_is_not_found() -> None:
    for identity in ("0" * 24, "nonsense"):
        with pytest.raises(NotFound):
            await get_webhook_event(await an_actor(), identity)
    assert await process_webhook_event(SYSTEM, "0" * 24) is None
