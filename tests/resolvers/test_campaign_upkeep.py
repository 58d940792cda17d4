"""What comes round by the clock for campaigns."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

import pytest

from core import clock
from core.actor import Role
from core.errors import Forbidden
from models.apps import App
from models.campaigns import Campaign, CampaignStatus
from models.deliveries import Delivery, DeliveryStatus
from models.email_jobs import EmailJob, EmailJobStatus
from models.subscribers import Subscriber
from resolvers import campaign_division, campaign_life, campaign_upkeep, email_jobs, job_leases
from resolvers.campaign_jobs import CHUNK, START
from resolvers.campaign_life import begin_sending
from resolvers.campaign_settling import settle_campaign
from resolvers.campaign_upkeep import attend_to_campaigns, start_due_campaigns
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, an_audience, sending, sent_to, stored, work
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

LATER: Final = timedelta(hours=1)
SIZE: Final = 3


async def a_campaign_for_some(status: CampaignStatus = CampaignStatus.DRAFT) -> Campaign:
    app = await an_app()
    await an_audience(app.id, SIZE)
    at = clock.now() + LATER if status is CampaignStatus.SCHEDULED else None
    return await a_campaign(app.id, status, scheduled_at=at)


async def due() -> int:
    with clock.shifted(LATER):
        return await start_due_campaigns(SYSTEM)


async def bury(type: str) -> None:
    """The next job of the type fails for good."""
    job = await job_leases.claim(SYSTEM, "worker", [type])
    assert job is not None
    await job_leases.fail(SYSTEM, job, "The provider is gone")


class TestWhatIsDue:
    async def test_begins_at_its_time_and_once(self) -> None:
        campaign = await a_campaign_for_some(CampaignStatus.SCHEDULED)
        assert await start_due_campaigns(SYSTEM) == 0
        assert [await due(), await due()] == [1, 0]
        with clock.shifted(LATER):
            await work()
        assert (await stored(campaign)).stats.sent == SIZE

    async def test_does_not_begin_when_it_was_put_off_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        campaign = await a_campaign_for_some(CampaignStatus.SCHEDULED)

        async def put_off_first(seen: Campaign) -> object:
            await campaign_life.schedule_campaign(SYSTEM, str(campaign.id), clock.now() + LATER)
            return await begin_sending(seen)

        monkeypatch.setattr(campaign_upkeep, "begin_sending", put_off_first)
        assert await due() == 0
        assert (await stored(campaign)).status is CampaignStatus.SCHEDULED

    async def test_becomes_a_draft_that_says_why_where_it_can_t_be_sent(self) -> None:
        nobody, off = await a_campaign_for_some(CampaignStatus.SCHEDULED), await a_campaign_for_some()
        fine = await a_campaign_for_some(CampaignStatus.SCHEDULED)
        await Subscriber.find({"appId": nobody.app_id}).delete()
        await campaign_life.schedule_campaign(SYSTEM, str(off.id), clock.now() + LATER / 2)
        await App.find_one({"_id": off.app_id}).update({"$set": {"isActive": False}})
        assert await due() == 1
        assert (await stored(fine)).status is CampaignStatus.SENDING
        for campaign, reason in ((nobody, "audience: nobody"), (off, "The app is switched off")):
            draft = await stored(campaign)
            assert (draft.status, draft.scheduled_at) == (CampaignStatus.DRAFT, None)
            assert (draft.last_error or "").startswith(reason)


class TestWhatIsUnderWay:
    async def test_is_counted(self) -> None:
        campaign = await a_campaign_for_some()
        await sending(campaign)
        await work(types=[START])
        await Delivery.find({"campaignId": campaign.id}).update({"$set": {"status": "sending"}})
        await attend_to_campaigns(SYSTEM)
        assert (await stored(campaign)).stats.sending == SIZE

    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(2))
    async def test_begins_although_whoever_sent_it_died(self, writes: int, last_arrives: bool) -> None:
        campaign = await a_campaign_for_some()
        with pytest.raises(Killed), dying(writes, last_arrives=last_arrives):
            await sending(campaign)
        await attend_to_campaigns(SYSTEM)
        await work()
        if writes == 0 and not last_arrives:
            assert (await stored(campaign)).status is CampaignStatus.DRAFT
        else:
            assert (await stored(campaign)).stats.sent == SIZE

    @pytest.mark.parametrize("writes", range(1, 3))
    async def test_goes_on_although_whoever_resumed_it_died(self, writes: int) -> None:
        campaign = await a_campaign_for_some()
        await sending(campaign)
        await campaign_life.pause_campaign(SYSTEM, str(campaign.id))
        await work()
        with dying(writes, last_arrives=False):
            try:
                await campaign_life.resume_campaign(SYSTEM, str(campaign.id))
            except Killed:
                assert writes == 1
        await attend_to_campaigns(SYSTEM)
        await work()
        assert (await stored(campaign)).status is CampaignStatus.SENT

    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(2))
    async def test_is_sent_again_although_whoever_asked_for_it_died(self, writes: int, last_arrives: bool) -> None:
        campaign = await a_campaign_for_some()
        await sending(campaign)
        await work(lambda _: DeliveryStatus.UNCERTAIN)
        with pytest.raises(Killed), dying(writes, last_arrives=last_arrives):
            await campaign_life.resend_uncertain(SYSTEM, str(campaign.id))
        await attend_to_campaigns(SYSTEM)
        await work()
        again = await stored(campaign)
        was_asked_for = writes > 0 or last_arrives
        assert (again.status, again.open) == (CampaignStatus.SENT, False)
        assert (again.stats.sent, again.stats.uncertain) == ((SIZE, 0) if was_asked_for else (0, SIZE))

    async def test_is_sent_again_although_its_worker_died(self) -> None:
        for writes in range(8):
            campaign = await a_campaign_for_some()
            await sending(campaign)
            await work(lambda _: DeliveryStatus.UNCERTAIN)
            await campaign_life.resend_uncertain(SYSTEM, str(campaign.id))
            with suppress(Killed), dying(writes // 2, last_arrives=bool(writes % 2)):
                await work(types=[START])
            with clock.shifted(LATER):
                await attend_to_campaigns(SYSTEM)
                await work()
            again = await stored(campaign)
            assert (again.status, again.stats.sent, again.stats.uncertain) == (CampaignStatus.SENT, SIZE, 0)
            await EmailJob.delete_all()

    async def test_is_cancelled_to_its_end_although_whoever_cancelled_it_died(self) -> None:
        for writes in range(1, 5):
            campaign = await a_campaign_for_some()
            await sending(campaign)
            await work(types=[START])
            try:
                with dying(writes, last_arrives=False):
                    await campaign_life.cancel_campaign(SYSTEM, str(campaign.id))
            except Killed:
                await attend_to_campaigns(SYSTEM)
            cancelled = await stored(campaign)
            assert (cancelled.stats.cancelled, cancelled.open) == (SIZE, False)
            await EmailJob.delete_all()

    async def test_is_left_alone_while_somebody_works_on_it(self) -> None:
        campaign = await a_campaign_for_some()
        await sending(campaign)
        for _ in range(2):
            await attend_to_campaigns(SYSTEM)
            assert await EmailJob.find_all().count() == 1
        await work(types=[START])
        await attend_to_campaigns(SYSTEM)
        assert await EmailJob.find_all().count() == 2
        assert ((await stored(campaign)).status, (await stored(campaign)).run) == (CampaignStatus.SENDING, 1)

    async def test_begins_another_run_where_its_jobs_ended_well_and_left_something(self) -> None:
        campaign = await a_campaign_for_some()
        await sending(campaign)
        await work()
        await Delivery.find_one({"campaignId": campaign.id}).update({"$set": {"status": "queued"}})
        await campaign.set({"status": CampaignStatus.SENDING.value, "open": True})
        await attend_to_campaigns(SYSTEM)
        assert (await stored(campaign)).run == 2
        await work()
        assert (await stored(campaign)).status is CampaignStatus.SENT

    @pytest.mark.parametrize("type", [START, CHUNK])
    async def test_is_given_up_where_its_jobs_died_and_goes_on_when_it_is_resumed(
        self, type: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(campaign_division, "CHUNK", 2)
        campaign = await a_campaign_for_some()
        await sending(campaign)
        if type == CHUNK:
            await work(types=[START])
        await bury(type)
        await work()
        await attend_to_campaigns(SYSTEM)
        failed = await stored(campaign)
        assert failed.status is CampaignStatus.FAILED
        assert failed.last_error == "1 of its jobs ended early. The provider is gone"
        await campaign_life.resume_campaign(SYSTEM, str(campaign.id))
        await work()
        done = await stored(campaign)
        assert (done.status, done.last_error) == (CampaignStatus.SENT, None)
        assert list((await sent_to(campaign)).values()) == [DeliveryStatus.SENT] * SIZE

    async def test_a_job_that_is_put_back_does_the_rest_of_a_resumed_campaign_alone(self) -> None:
        campaign = await a_campaign_for_some()
        await sending(campaign)
        await bury(START)
        await attend_to_campaigns(SYSTEM)
        (dead,) = await EmailJob.find({"status": EmailJobStatus.FAILED.value}).to_list()
        await email_jobs.retry_email_job(SYSTEM, str(dead.id))
        await work()
        waiting = await stored(campaign)
        assert (waiting.status, waiting.stats.queued) == (CampaignStatus.FAILED, SIZE)
        await campaign_life.resume_campaign(SYSTEM, str(campaign.id))
        await work()
        assert (await stored(campaign)).status is CampaignStatus.SENT

    async def test_that_goes_wrong_does_not_keep_the_others_from_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        campaigns = [await a_campaign_for_some() for _ in range(2)]
        for campaign in campaigns:
            await sending(campaign)
        attended: list[object] = []

        async def fail_at_first(campaign_id: object, **options: bool) -> None:
            attended.append(campaign_id)
            if len(attended) == 1:
                raise RuntimeError("boom")
            await settle_campaign(campaign_id, **options)  # type: ignore[arg-type]  # as it came

        monkeypatch.setattr(campaign_upkeep, "settle_campaign", fail_at_first)
        await attend_to_campaigns(SYSTEM)
        assert attended == [campaign.id for campaign in campaigns]


@pytest.mark.parametrize("role", [Role.OWNER, Role.MARKETING])
async def test_the_clock_is_nobody_s(role: Role) -> None:
    for operation in (start_due_campaigns, attend_to_campaigns):
        with pytest.raises(Forbidden):
            await operation(await an_actor(role))
