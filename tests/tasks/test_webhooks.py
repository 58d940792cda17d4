"""Received webhooks are worked off by jobs, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from core.actor import Actor
from models.email_events import EmailEvent, EmailEventType
from models.email_jobs import EmailJob, EmailJobStatus
from models.webhook_events import WebhookEvent, WebhookEventStatus
from resolvers.webhooks import receive_resend_webhook
from tasks.email_alerts import check_email_alerts
from tasks.handlers import HANDLERS
from tasks.jobs import Pace, doing_jobs
from tasks.webhooks import requeue_webhooks
from tests.factories.contacts import a_contact
from tests.factories.mail import a_delivery
from tests.factories.webhooks import a_webhook_event, from_resend, resend_payload

pytestmark = pytest.mark.usefixtures("platform")

PATIENCE_SECONDS = 20.0
QUICK = Pace(look=0.02, grace=0.05, backoff=lambda _: timedelta())


@pytest_asyncio.fixture
async def workers() -> AsyncIterator[None]:
    async with doing_jobs(HANDLERS, pace=QUICK):
        yield


async def until(reached: Callable[[WebhookEvent], bool]) -> WebhookEvent:
    """The one event, once it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            (event,) = await WebhookEvent.find_all().to_list()
            if reached(event):
                return event
            await asyncio.sleep(0.005)


async def until_jobs_have_ended() -> EmailJob:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await EmailJob.find({"open": True}).count():
            await asyncio.sleep(0.005)
    (job,) = await EmailJob.find_all().to_list()
    return job


@pytest.mark.usefixtures("workers")
async def test_what_was_received_becomes_an_event_of_the_mail() -> None:
    await a_delivery(await a_contact(), provider="resend", provider_id="re_1")
    await receive_resend_webhook(Actor.anonymous(), from_resend(resend_payload("email.complained", "re_1")))
    await until(lambda event: event.status is WebhookEventStatus.PROCESSED)
    assert (await until_jobs_have_ended()).result == {"status": "processed"}
    (recorded,) = await EmailEvent.find_all().to_list()
    assert recorded.type is EmailEventType.COMPLAINED


@pytest.mark.usefixtures("workers")
async def test_what_was_stored_when_a_server_died_is_found() -> None:
    await a_delivery(await a_contact(), provider="resend", provider_id="re_1")
    await a_webhook_event(payload=resend_payload("email.delivered", "re_1"))
    await requeue_webhooks()
    await until(lambda event: event.status is WebhookEventStatus.PROCESSED)


@pytest.mark.usefixtures("workers")
async def test_a_mail_that_never_becomes_known_ends_as_a_problem() -> None:
    await receive_resend_webhook(Actor.anonymous(), from_resend(resend_payload("email.delivered", "re_9")))
    event = await until(lambda event: event.status is WebhookEventStatus.FAILED)
    assert event.problem == "No mail of ours is called re_9"
    job = await until_jobs_have_ended()
    assert (job.status, job.attempts) == (EmailJobStatus.DEAD, job.max_attempts)


async def test_alerts_are_checked_by_the_clock() -> None:
    await check_email_alerts()
