"""Erasing people who are in very many documents."""

import pytest

from models.contacts import Contact
from models.deliveries import Delivery
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers.gdpr import erase_contact
from tasks.handlers import HANDLERS
from tasks.jobs import doing_jobs
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.mail import a_delivery
from tests.tasks.test_jobs import SLOW, ended

pytestmark = pytest.mark.usefixtures("platform")


async def a_large_erasure(monkeypatch: pytest.MonkeyPatch) -> EmailJob:
    monkeypatch.setattr("resolvers.gdpr.ERASED_AT_ONCE", 3)
    contact = await a_contact()
    for _ in range(3):
        await a_delivery(contact)
    job = (await erase_contact(SYSTEM, str(contact.id))).job
    assert job is not None
    return job


async def test_a_worker_does_it_and_says_how_many_documents_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    job = await a_large_erasure(monkeypatch)
    async with doing_jobs(HANDLERS, pace=SLOW):
        done = await ended(job)
    assert done.status is EmailJobStatus.COMPLETED
    assert (done.result["erased"]["deliveries"], done.result["erased"]["contacts"]) == (3, 1)
    assert await Delivery.find({"email": {"$ne": ""}}).count() == 0
    assert await Contact.find({"erasedAt": None}).count() == 0


async def test_a_worker_that_died_before_it_could_say_so_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    job = await a_large_erasure(monkeypatch)
    erase = HANDLERS[job.type]
    await erase(job)
    assert await erase(job) == {"erased": {}}


async def test_what_a_worker_left_half_done_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    job = await a_large_erasure(monkeypatch)
    with monkeypatch.context() as dying, pytest.raises(ConnectionError):
        dying.setattr("resolvers.holdings.touched", _broken)
        await HANDLERS[job.type](job)
    await HANDLERS[job.type](job)
    assert await Delivery.find({"email": {"$ne": ""}}).count() == 0


def _broken(_: object) -> None:
    raise ConnectionError
