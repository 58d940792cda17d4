"""Mail that answers what somebody did is planned once, and reaches a worker whatever happens in between."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput
from models.apps import App, AppMail
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.email_jobs import EmailJob, EmailJobStatus
from resolvers import transactional
from resolvers.job_leases import claim, complete, enqueue
from resolvers.transactional import Recipient, enqueue_forgotten_mail, queue_mail
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM = Actor.system("tests")
ADA = Recipient("Ada@example.com", "Ada")


async def queued(to: Any = ADA, app: App | None = None, **fields: Any) -> Delivery:
    known = {"values": {"link": "https://banners.example.com"}, "source": "welcome:1"}
    return await queue_mail(SYSTEM, app or await an_app(), "welcome", to, **{**known, **fields})


async def jobs() -> list[dict[str, Any]]:
    return [job.payload for job in await EmailJob.find_all().to_list()]


class TestWorks:
    async def test_a_delivery_and_a_job_that_names_it(self) -> None:
        app, contact = await an_app(), await a_contact(name="Ada", language="de")
        delivery = await queued(contact, app)
        assert (delivery.content, delivery.app_id, delivery.contact_id) == ("template:welcome", app.id, contact.id)
        assert (delivery.email, delivery.name, delivery.language) == (contact.email, "Ada", "de")
        assert (delivery.kind, delivery.category) == (DeliveryKind.TRANSACTIONAL, ConsentCategory.TRANSACTIONAL)
        assert (delivery.status, delivery.campaign_id) == (DeliveryStatus.QUEUED, None)
        job = await claim(SYSTEM, "worker", ["mail.deliver"])
        assert job is not None
        assert (job.payload, job.dedupe_key) == ({"deliveryId": str(delivery.id)}, f"deliver:{delivery.id}")

    async def test_it_is_an_event_as_that_of_a_campaign_is(self) -> None:
        delivery = await queued(await a_contact())
        (event,) = await EmailEvent.find_all().to_list()
        assert (event.type, event.at, event.source) == (EmailEventType.QUEUED, delivery.created_at, "transactional")
        assert (event.delivery_id, event.contact_id, event.app_id) == (
            delivery.id, delivery.contact_id, delivery.app_id
        )  # fmt: skip

    async def test_it_goes_before_what_has_no_priority(self) -> None:
        await enqueue(SYSTEM, "campaign.chunk", {})
        await queued()
        first = await claim(SYSTEM, "worker", ["campaign.chunk", "mail.deliver"])
        assert first is not None
        assert first.type == "mail.deliver"

    async def test_an_address_need_not_be_a_contact_s(self) -> None:
        stranger = await queued()
        assert (stranger.contact_id, stranger.email, stranger.name) == (None, "Ada@example.com", "Ada")
        contact = await a_contact("ada@example.com", language="fr")
        known = await queued(source="welcome:2")
        assert (known.contact_id, known.language) == (contact.id, "fr")

    async def test_the_language_is_what_was_asked_for_else_the_person_s_else_the_app_s(self) -> None:
        app = await an_app()
        await app.set({"mail": AppMail(default_language="pt").model_dump(by_alias=True)})
        speaker, other = await a_contact(language="fr"), await a_contact()
        asked = [await queued(to, app, language=language) for to, language in ((speaker, "de"), (other, None))]
        assert [delivery.language for delivery in asked] == ["de", "pt"]
        assert (await queued(speaker, app, source="welcome:2")).language == "fr"

    async def test_values_come_back_as_they_were_given(self) -> None:
        values = {"at": datetime(2026, 1, 31, 9, tzinfo=UTC), "n": 1, "x": None, "rows": [{"a": True, "b": 0.5}]}
        delivery = await queued(values=values)
        stored = await Delivery.get(delivery.id)
        assert stored is not None
        assert stored.values == values


class TestOnce:
    async def test_planning_the_same_source_again_returns_the_first(self) -> None:
        app, contact = await an_app(), await a_contact()
        first = await queued(contact, app)
        again = await queued(contact, app, values={"link": "another"})
        assert (again.id, again.values) == (first.id, first.values)
        assert await jobs() == [{"deliveryId": str(first.id)}]

    async def test_many_at_once_plan_one(self) -> None:
        app, contact = await an_app(), await a_contact()
        planned = await asyncio.gather(*(queued(contact, app) for _ in range(20)))
        assert len({delivery.id for delivery in planned}) == 1
        assert len(await jobs()) == await EmailEvent.find_all().count() == 1

    async def test_other_sources_and_other_people_get_their_own(self) -> None:
        app, one, other = await an_app(), await a_contact(), await a_contact()
        planned = [await queued(one, app), await queued(other, app), await queued(one, app, source="welcome:2")]
        assert len({delivery.id for delivery in planned}) == len(await jobs()) == 3

    async def test_two_strangers_are_two_people_and_one_is_one_whatever_the_case(self) -> None:
        app = await an_app()
        ada = await queued(ADA, app)
        assert (await queued(Recipient("ADA@EXAMPLE.COM"), app)).id == ada.id
        grace = await queued(Recipient("grace@example.com"), app)
        assert (grace.email, len(await jobs())) == ("grace@example.com", 2)

    async def test_what_was_sent_is_not_left_to_workers_again(self) -> None:
        app, contact = await an_app(), await a_contact()
        delivery = await queued(contact, app)
        await EmailJob.find_all().delete()
        await EmailEvent.find_all().delete()
        await delivery.set({"status": DeliveryStatus.SENT.value})
        assert (await queued(contact, app)).status is DeliveryStatus.SENT
        assert await jobs() == []
        assert await EmailEvent.find_all().count() == 0


@pytest.mark.parametrize("last_arrives", [True, False])
async def test_a_process_may_die_at_any_write(last_arrives: bool) -> None:
    app = await an_app()
    for writes in range(4):
        contact = await a_contact()
        with suppress(Killed), dying(writes, last_arrives=last_arrives):
            await queued(contact, app)
        with clock.shifted(timedelta(minutes=2)):
            await enqueue_forgotten_mail(SYSTEM)
        planned = await Delivery.find({"contactId": contact.id}).to_list()
        assert len(planned) == (1 if writes or last_arrives else 0)
        for delivery in planned:
            assert await EmailEvent.find({"deliveryId": delivery.id, "type": "queued"}).count() == 1
            assert await EmailJob.find({"payload.deliveryId": str(delivery.id)}).count() == 1


class TestADeathInBetween:
    @pytest.fixture
    async def forgotten(self, monkeypatch: pytest.MonkeyPatch) -> Delivery:
        """Whoever planned it died before the job was there."""
        with monkeypatch.context() as patched:
            patched.setattr(transactional, "enqueue", _die)
            with pytest.raises(SystemError):
                await queued()
        (delivery,) = await Delivery.find_all().to_list()
        assert await jobs() == []
        return delivery

    async def test_is_healed_by_planning_it_again(self, forgotten: Delivery) -> None:
        assert (await queued()).id == forgotten.id
        assert await jobs() == [{"deliveryId": str(forgotten.id)}]

    async def test_is_healed_by_the_clock(self, forgotten: Delivery) -> None:
        assert await enqueue_forgotten_mail(SYSTEM) == 0, "it may be on its way just now"
        with clock.shifted(timedelta(minutes=2)):
            assert await enqueue_forgotten_mail(SYSTEM) == 1
            assert await enqueue_forgotten_mail(SYSTEM) == 0
        assert await jobs() == [{"deliveryId": str(forgotten.id)}]

    async def test_the_clock_finds_all_of_many(self, monkeypatch: pytest.MonkeyPatch, forgotten: Delivery) -> None:
        monkeypatch.setattr(transactional, "CHUNK", 3)
        for _ in range(7):
            await a_delivery(await a_contact(), status=DeliveryStatus.QUEUED)
        with clock.shifted(timedelta(minutes=2)):
            assert await enqueue_forgotten_mail(SYSTEM) == 8
            assert await enqueue_forgotten_mail(SYSTEM) == 0

    async def test_the_clock_leaves_alone_what_has_a_job_or_needs_none(self) -> None:
        app = await an_app()
        await queued(app=app)
        job = await claim(SYSTEM, "worker", ["mail.deliver"])
        assert job is not None
        await complete(SYSTEM, job)
        await a_delivery(await a_contact(), await a_campaign(app.id), status=DeliveryStatus.QUEUED)
        await a_delivery(await a_contact(), status=DeliveryStatus.SENDING)
        with clock.shifted(timedelta(minutes=2)):
            assert await enqueue_forgotten_mail(SYSTEM) == 0
        assert [job.status for job in await EmailJob.find_all().to_list()] == [EmailJobStatus.COMPLETED]


async def _die(*_: object, **__: object) -> None:
    raise SystemError("killed")


class TestWhoMay:
    async def test_the_system_alone(self) -> None:
        app, owner = await an_app(), await an_actor(Role.OWNER)
        with pytest.raises(Forbidden):
            await queue_mail(owner, app, "welcome", ADA, values={}, source="1")
        with pytest.raises(Forbidden):
            await enqueue_forgotten_mail(owner)


class TestValidation:
    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"a": object()}, "values.a: is not a text, a number"),
            ({"a": [{"b": b"x"}]}, "values.a.0.b: is not a text"),
            ({"a.b": 1}, "keys have no dot"),
            ({"$a": 1}, "do not begin with"),
            ({"a": float("nan")}, "finite"),
            ({"a": 2**70}, "64 bits"),
            ({"a": "x" * 10_001}, "10,000 characters"),
            ({str(number): "x" * 9_000 for number in range(9)}, "64,000 bytes"),
            ({"a": [0] * 2_000}, "1000 values"),
            ({"a": "\ud800"}, "Unicode"),
        ],
        ids=lambda case: case if isinstance(case, str) else "",
    )
    async def test_values_that_can_t_be_kept_or_rendered_are_refused(self, values: Any, sentence: str) -> None:
        with pytest.raises(InvalidInput, match=sentence) as wrong:
            await queued(values=values)
        assert (wrong.value.field or "").startswith("values")
        assert await Delivery.find_all().count() == 0
