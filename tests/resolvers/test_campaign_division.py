"""The audience of a campaign becomes deliveries: one for each, whenever whoever does it dies."""

import asyncio
from itertools import count
from typing import Any, Final

import pytest

from core.actor import Role
from core.errors import Forbidden, NotFound
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.email_jobs import EmailJob
from models.subscribers import Subscriber, SubscriberStatus
from resolvers import campaign_audience, campaign_division, campaign_life, email_events
from resolvers.campaign_audience import next_members
from resolvers.campaign_division import delivery_id_of, divide_audience
from resolvers.campaign_jobs import CHUNK
from resolvers.campaigns import CampaignAudience
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, an_audience, do, sending, sent_to, stored, work
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

SIZE: Final = 5
SMALL: Final = 2
"""So that the audience has three chunks."""


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_division, "CHUNK", SMALL)


async def a_begun_campaign(size: int = SIZE, **fields: Any) -> tuple[Campaign, EmailJob]:
    app = await an_app()
    await an_audience(app.id, size)
    campaign = await a_campaign(app.id, **fields)
    job = await sending(campaign)
    return await stored(campaign), job


async def members_of(campaign: Campaign) -> list[Subscriber]:
    return await Subscriber.find({"appId": campaign.app_id, "status": "active"}).sort("_id").to_list()


async def chunk_jobs() -> list[EmailJob]:
    return await EmailJob.find({"type": CHUNK}).sort("_id").to_list()


async def audience(app_id: str, **wanted: list[str]) -> int:
    return await campaign_audience.audience_size(SYSTEM, app_id, CampaignAudience.model_validate(wanted))


class TestWorks:
    async def test_everybody_in_the_audience_gets_a_delivery_in_a_chunk(self) -> None:
        campaign, job = await a_begun_campaign()
        await do(job)
        divided, members = await stored(campaign), await members_of(campaign)
        assert (divided.chunks, divided.stats.total, divided.stats.queued) == (3, SIZE, SIZE)
        for number, member in enumerate(members):
            delivery = await Delivery.get(delivery_id_of(campaign.id, member.contact_id))
            assert delivery is not None
            assert (delivery.chunk, delivery.status) == (number // SMALL, DeliveryStatus.QUEUED)
            assert (delivery.email, delivery.name, delivery.language) == (member.email, member.name, member.language)
            assert (delivery.kind, delivery.category) == (DeliveryKind.CAMPAIGN, ConsentCategory.NEWSLETTER)
            assert (delivery.source, delivery.content) == (f"campaign:{campaign.id}",) * 2
            assert (delivery.contact_id, delivery.campaign_id) == (member.contact_id, campaign.id)

    async def test_what_is_written_is_what_the_models_write(self) -> None:
        _, job = await a_begun_campaign(size=1)
        await do(job)
        for document in (Delivery, EmailEvent):
            written = await document.get_pymongo_collection().find_one({})
            await document.delete_all()
            await document.model_validate(written).insert()
            assert await document.get_pymongo_collection().find_one({}) == written

    async def test_each_delivery_has_a_queued_event(self) -> None:
        campaign, job = await a_begun_campaign()
        await do(job)
        await assert_one_event_each(campaign)

    async def test_each_chunk_has_a_job_under_the_one_that_began(self) -> None:
        campaign, job = await a_begun_campaign()
        await do(job)
        jobs = await chunk_jobs()
        assert [one.payload for one in jobs] == [
            {"campaignId": str(campaign.id), "chunk": chunk, "run": 1} for chunk in range(3)
        ]
        assert [one.dedupe_key for one in jobs] == [f"campaign:{campaign.id}:1:{chunk}" for chunk in range(3)]
        assert {one.parent_id for one in jobs} == {job.id}
        assert {one.max_attempts for one in jobs} == {50}

    async def test_who_subscribes_later_or_left_before_gets_nothing(self) -> None:
        campaign, job = await a_begun_campaign()
        left, *stayed = await members_of(campaign)
        await an_audience(campaign.app_id, 2)
        await left.set({"status": SubscriberStatus.UNSUBSCRIBED.value})
        await do(job)
        assert (await sent_to(campaign)).keys() == {member.email for member in stayed}

    async def test_an_audience_that_has_left_altogether_makes_an_empty_campaign(self) -> None:
        campaign, job = await a_begun_campaign()
        await Subscriber.delete_all()
        await do(job)
        done = await stored(campaign)
        assert (done.status, done.chunks, done.stats.total) == (CampaignStatus.SENT, 0, 0)

    async def test_the_audience_is_chosen_by_language_source_and_tag(self) -> None:
        app = await an_app()
        await an_audience(app.id, 1, language="de", source="import", tags=["beta", "vip"])
        await an_audience(app.id, 2, language="de-AT", source="import")
        await an_audience(app.id, 4, language="pt-BR", source="api", tags=["vip"])
        await an_audience(app.id, 8)
        await an_audience(app.id, 16, status=SubscriberStatus.PENDING)
        await an_audience((await an_app()).id, 32)
        assert await audience(app.id) == 15
        assert await audience(app.id, languages=["de"]) == 3
        assert await audience(app.id, languages=["de-AT", "pt"]) == 6
        assert await audience(app.id, languages=["pt-PT"]) == 0
        assert await audience(app.id, sources=["import"]) == 3
        assert await audience(app.id, tags=["beta", "vip"]) == 5
        assert await audience(app.id, languages=["de"], tags=["vip"]) == 1
        campaign = await a_campaign(app.id, audience={"languages": ["pt"], "tags": ["vip"]})
        await sending(campaign)
        await work()
        assert (await stored(campaign)).stats.sent == 4

    async def test_pausing_meanwhile_lets_the_audience_be_fixed_and_nothing_be_sent(self) -> None:
        campaign, job = await a_begun_campaign()
        await campaign_life.pause_campaign(SYSTEM, str(campaign.id))
        await do(job)
        paused = await stored(campaign)
        assert (paused.status, paused.chunks, paused.stats.queued) == (CampaignStatus.PAUSED, 3, SIZE)
        assert await chunk_jobs() == []

    async def test_a_resumption_goes_on_where_the_run_before_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        campaign, job = await a_begun_campaign()
        insert_events = email_events.insert_events

        async def pause_and_resume(documents: Any) -> int:
            monkeypatch.setattr(campaign_division, "insert_events", insert_events)
            await campaign_life.pause_campaign(SYSTEM, str(campaign.id))
            await campaign_life.resume_campaign(SYSTEM, str(campaign.id))
            return await insert_events(documents)

        monkeypatch.setattr(campaign_division, "insert_events", pause_and_resume)
        await do(job)
        assert (await stored(campaign)).chunks is None
        await work()
        done = await stored(campaign)
        assert (done.status, done.stats.sent) == (CampaignStatus.SENT, SIZE)
        await assert_one_event_each(campaign)

    async def test_cancelling_meanwhile_leaves_nothing_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        campaign, job = await a_begun_campaign()
        insert_events = email_events.insert_events

        async def cancel(documents: Any) -> int:
            await campaign_life.cancel_campaign(SYSTEM, str(campaign.id))
            await Delivery.find({"campaignId": campaign.id}).update({"$set": {"status": "queued"}})
            return await insert_events(documents)

        monkeypatch.setattr(campaign_division, "insert_events", cancel)
        await do(job)
        cancelled = await stored(campaign)
        assert (cancelled.status, cancelled.open) == (CampaignStatus.CANCELLED, False)
        assert (cancelled.stats.total, cancelled.stats.cancelled) == (SMALL, SMALL)
        assert await chunk_jobs() == []

    async def test_two_at_once_do_not_get_in_each_other_s_way(self) -> None:
        campaign, job = await a_begun_campaign()
        await asyncio.gather(do(job), do(job), do(job))
        await work()
        done = await stored(campaign)
        assert (done.status, done.chunks, done.stats.sent) == (CampaignStatus.SENT, 3, SIZE)
        await assert_one_event_each(campaign)

    async def test_no_more_than_a_chunk_is_held_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        held: list[int] = []

        async def noted(*arguments: Any) -> Any:
            members = await next_members(*arguments)
            held.append(len(members))
            return members

        monkeypatch.setattr(campaign_division, "next_members", noted)
        _, job = await a_begun_campaign()
        await do(job)
        assert held == [2, 2, 1, 0]


class TestDeath:
    """At each write in turn, before and after it reached the database; then another worker has the job."""

    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_leaves_what_a_repetition_completes(self, last_arrives: bool) -> None:
        for writes in count():
            campaign, job = await a_begun_campaign()
            killed = await killed_after(writes, job, last_arrives=last_arrives)
            await do(job)
            await assert_whole(campaign)
            if not killed:
                break
        assert writes > 3 * 4

    async def test_leaves_nobody_twice_or_waiting_although_people_come_and_go_meanwhile(self) -> None:
        for writes in count():
            campaign, job = await a_begun_campaign()
            first, _, _, fourth, last = await members_of(campaign)
            await fourth.set({"status": SubscriberStatus.PENDING.value})
            killed = await killed_after(writes, job, last_arrives=True)
            await work(types=[CHUNK])
            await first.set({"status": SubscriberStatus.UNSUBSCRIBED.value})
            await last.set({"status": SubscriberStatus.UNSUBSCRIBED.value})
            await fourth.set({"status": SubscriberStatus.ACTIVE.value})
            await work()
            done = await stored(campaign)
            assert (done.status, done.stats.total) == (CampaignStatus.SENT, done.stats.sent)
            assert set((await sent_to(campaign)).values()) == {DeliveryStatus.SENT}
            await assert_one_event_each(campaign)
            if not killed:
                break

    @pytest.mark.parametrize("share", [0, 1])
    async def test_in_the_middle_of_a_write_leaves_what_a_repetition_completes(
        self, share: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        campaign, job = await a_begun_campaign()
        whole = campaign_division._insert_deliveries

        async def part(campaign: Campaign, chunk: int, members: Any) -> None:
            if share:
                await whole(campaign, chunk, members[:share])
            raise Killed

        monkeypatch.setattr(campaign_division, "_insert_deliveries", part)
        with pytest.raises(Killed):
            await do(job)
        monkeypatch.setattr(campaign_division, "_insert_deliveries", whole)
        await do(job)
        await assert_whole(campaign)

    async def test_again_and_again_costs_time_alone(self) -> None:
        campaign, job = await a_begun_campaign()
        deaths = 0
        for writes in [*range(1, 4), *[4] * 20]:
            try:
                with dying(writes, last_arrives=bool(writes % 2)):
                    await do(job)
                break
            except Killed:
                deaths += 1
        assert deaths > 3
        await do(job)
        await assert_whole(campaign)


class TestWhoMay:
    async def test_the_system_alone(self) -> None:
        campaign, job = await a_begun_campaign()
        with pytest.raises(Forbidden):
            await divide_audience(await an_actor(Role.OWNER), campaign.id, 1, job.id)

    async def test_staff_see_how_large_an_audience_is(self) -> None:
        app = await an_app()
        for role in Role:
            assert await campaign_audience.audience_size(await an_actor(role), app.id, CampaignAudience()) == 0
        with pytest.raises(NotFound, match="Unknown app"):
            await campaign_audience.audience_size(SYSTEM, "unknown", CampaignAudience())


class TestMissing:
    async def test_a_campaign_that_is_gone_is_not_found(self) -> None:
        _, job = await a_begun_campaign()
        await Campaign.delete_all()
        with pytest.raises(NotFound):
            await do(job)

    async def test_a_run_that_is_over_does_nothing(self) -> None:
        campaign, job = await a_begun_campaign()
        await campaign.set({"run": 2})
        await do(job)
        assert (await sent_to(campaign), await chunk_jobs()) == ({}, [])


async def killed_after(writes: int, job: EmailJob, *, last_arrives: bool) -> bool:
    """Whether it came to that write."""
    try:
        with dying(writes, last_arrives=last_arrives):
            await do(job)
    except Killed:
        return True
    return False


async def assert_whole(campaign: Campaign) -> None:
    """One delivery for each, in as many chunks as there are, each of which has one job."""
    divided, members = await stored(campaign), await members_of(campaign)
    assert (divided.chunks, divided.stats.total) == (3, SIZE)
    assert (await sent_to(campaign)).keys() == {member.email for member in members}
    jobs = await EmailJob.find({"type": CHUNK, "payload.campaignId": str(campaign.id)}).to_list()
    assert sorted(job.payload["chunk"] for job in jobs) == [0, 1, 2]
    await assert_one_event_each(campaign)


async def assert_one_event_each(campaign: Campaign) -> None:
    events = await EmailEvent.find({"type": EmailEventType.QUEUED.value, "campaignId": campaign.id}).to_list()
    deliveries = await Delivery.find({"campaignId": campaign.id}).to_list()
    assert sorted(event.delivery_id or 0 for event in events) == sorted(delivery.id for delivery in deliveries)
    assert {event.dedupe_key for event in events} == {f"queued:{delivery.id}" for delivery in deliveries}
    assert {event.app_id for event in events} <= {campaign.app_id}
