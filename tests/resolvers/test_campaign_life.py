"""What staff do with a campaign that is written: each step is taken once, and from the right status alone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import DomainError, Forbidden, InvalidInput, NotFound
from models.apps import App
from models.campaigns import (
    CANCEL,
    EDITABLE,
    FINISH,
    GIVE_UP,
    PAUSE,
    RESEND,
    RESUME,
    SCHEDULE,
    SEND,
    UNSCHEDULE,
    Campaign,
    CampaignStatus,
    Step,
)
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_jobs import EmailJob
from resolvers import campaign_life, campaigns
from resolvers.campaign_audience import last_member
from resolvers.campaign_jobs import START
from resolvers.campaign_life import CampaignTest
from resolvers.campaigns import CampaignUpdate
from resolvers.suppressions import SuppressionCreate, add_suppression
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, an_audience, sending, sent_to, stored, work
from tests.factories.contacts import a_contact
from tests.factories.mail import HTML, a_campaign
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

Operation = Callable[[Actor, str], Awaitable[object]]
LATER: Final = timedelta(days=1)


async def a_draft(size: int = 3, **fields: Any) -> Campaign:
    """With so many subscribers to send it to."""
    app = await an_app()
    if size:
        await an_audience(app.id, size)
    return await a_campaign(app.id, **fields)


async def schedule(actor: Actor, campaign_id: str) -> Campaign:
    return await campaign_life.schedule_campaign(actor, campaign_id, clock.now() + LATER)


async def resend(actor: Actor, campaign_id: str) -> Campaign:
    return await campaign_life.resend_uncertain(actor, campaign_id)


async def test_mail(actor: Actor, campaign_id: str) -> Delivery:
    return await campaign_life.test_campaign(actor, campaign_id, CampaignTest(email="ada@example.com"))


test_mail.__test__ = False  # type: ignore[attr-defined]  # it is what a test does

OPERATIONS: Final[list[tuple[Operation, Step]]] = [
    (campaign_life.send_campaign, SEND),
    (schedule, SCHEDULE),
    (campaign_life.unschedule_campaign, UNSCHEDULE),
    (campaign_life.pause_campaign, PAUSE),
    (campaign_life.resume_campaign, RESUME),
    (campaign_life.cancel_campaign, CANCEL),
    (resend, RESEND),
]
every_operation = pytest.mark.parametrize(
    "operation", [*(operation for operation, _ in OPERATIONS), test_mail], ids=lambda operation: operation.__name__
)


class TestSending:
    async def test_fixes_audience_and_links_and_leaves_a_job(self) -> None:
        campaign = await a_draft()
        job = await sending(campaign)
        begun = await stored(campaign)
        assert (begun.status, begun.run, begun.open) == (CampaignStatus.SENDING, 1, True)
        assert begun.links == ["https://banners.example.com/news"]
        assert begun.started_at is not None
        assert (job.type, job.payload) == (START, {"campaignId": str(campaign.id), "run": 1})
        await an_audience(campaign.app_id, 2)
        await work()
        done = await stored(campaign)
        assert (done.status, done.stats.total, done.stats.sent) == (CampaignStatus.SENT, 3, 3)
        assert done.completed_at is not None

    async def test_of_a_scheduled_campaign_need_not_wait(self) -> None:
        campaign = await a_draft(status=CampaignStatus.SCHEDULED, scheduled_at=clock.now() + LATER)
        await sending(campaign)
        assert (await stored(campaign)).status is CampaignStatus.SENDING

    async def test_twice_at_once_happens_once(self) -> None:
        campaign = await a_draft()
        attempts = await asyncio.gather(*(sending(campaign) for _ in range(2)), return_exceptions=True)
        assert sorted(type(attempt).__name__ for attempt in attempts) == ["EmailJob", "InvalidInput"]
        assert await EmailJob.find_all().count() == 1
        await work()
        assert set((await sent_to(campaign)).values()) == {DeliveryStatus.SENT}

    async def test_is_of_the_campaign_as_it_is_then(self, monkeypatch: pytest.MonkeyPatch) -> None:
        campaign = await a_draft()
        edits = [CampaignUpdate.model_validate({"html": HTML + HTML})]

        async def edit_meanwhile(seen: Campaign) -> Any:
            while edits:
                await campaigns.update_campaign(SYSTEM, str(campaign.id), edits.pop())
            return await last_member(seen)

        monkeypatch.setattr(campaign_life, "last_member", edit_meanwhile)
        await sending(campaign)
        begun = await stored(campaign)
        assert (begun.status, begun.html) == (CampaignStatus.SENDING, HTML + HTML)

    async def test_to_nobody_is_refused(self) -> None:
        campaign = await a_draft(size=0)
        with pytest.raises(InvalidInput, match="audience: nobody"):
            await sending(campaign)
        assert (await stored(campaign)).status is CampaignStatus.DRAFT

    async def test_what_does_not_compile_is_refused(self) -> None:
        campaign = await a_draft(html="{{ nmae }}")
        with pytest.raises(InvalidInput, match="html, line 1: unknown variables: nmae"):
            await sending(campaign)

    async def test_for_an_app_that_is_switched_off_is_refused(self) -> None:
        campaign = await a_draft()
        await switch_off(campaign)
        with pytest.raises(InvalidInput, match="The app is switched off"):
            await sending(campaign)


class TestStopping:
    async def test_a_paused_campaign_sends_nothing_until_it_is_resumed(self) -> None:
        campaign = await a_draft()
        await sending(campaign)
        await campaign_life.pause_campaign(SYSTEM, str(campaign.id))
        await work()
        assert set((await sent_to(campaign)).values()) == {DeliveryStatus.QUEUED}
        assert (await stored(campaign)).chunks == 1
        resumed = await campaign_life.resume_campaign(SYSTEM, str(campaign.id))
        assert (resumed.status, resumed.run) == (CampaignStatus.SENDING, 2)
        await work()
        assert (await stored(campaign)).status is CampaignStatus.SENT
        assert set((await sent_to(campaign)).values()) == {DeliveryStatus.SENT}

    async def test_a_failed_campaign_is_resumed_without_its_error(self) -> None:
        campaign = await a_draft(status=CampaignStatus.FAILED, run=4, last_error="2 of its jobs ended early")
        resumed = await campaign_life.resume_campaign(SYSTEM, str(campaign.id))
        assert (resumed.run, resumed.last_error) == (5, None)

    async def test_a_campaign_of_an_app_that_is_switched_off_is_not_resumed(self) -> None:
        campaign = await a_draft(status=CampaignStatus.PAUSED)
        await switch_off(campaign)
        with pytest.raises(InvalidInput, match="The app is switched off"):
            await campaign_life.resume_campaign(SYSTEM, str(campaign.id))

    async def test_cancelling_ends_what_waits_and_leaves_what_was_sent(self) -> None:
        campaign = await a_draft()
        await sending(campaign)
        await work(types=[START])
        first = await Delivery.find_one({"campaignId": campaign.id})
        assert first is not None
        await first.set({"status": DeliveryStatus.SENT.value})
        cancelled = await campaign_life.cancel_campaign(SYSTEM, str(campaign.id))
        assert (cancelled.status, cancelled.open) == (CampaignStatus.CANCELLED, False)
        assert (cancelled.stats.total, cancelled.stats.sent, cancelled.stats.cancelled) == (3, 1, 2)
        await work()
        assert (await stored(campaign)).stats == cancelled.stats

    async def test_cancelling_what_was_never_sent_makes_no_deliveries(self) -> None:
        campaign = await a_draft(status=CampaignStatus.SCHEDULED, scheduled_at=clock.now() + LATER)
        cancelled = await campaign_life.cancel_campaign(SYSTEM, str(campaign.id))
        assert (cancelled.status, cancelled.open, cancelled.stats.total) == (CampaignStatus.CANCELLED, False, 0)


class TestScheduling:
    async def test_moves_a_campaign_and_takes_it_back(self) -> None:
        campaign = await a_draft()
        scheduled = await schedule(SYSTEM, str(campaign.id))
        assert scheduled.status is CampaignStatus.SCHEDULED
        with clock.shifted(LATER):
            assert (await schedule(SYSTEM, str(campaign.id))).scheduled_at != scheduled.scheduled_at
        draft = await campaign_life.unschedule_campaign(SYSTEM, str(campaign.id))
        assert (draft.status, draft.scheduled_at) == (CampaignStatus.DRAFT, None)

    async def test_into_the_past_is_refused(self) -> None:
        campaign = await a_draft()
        with pytest.raises(InvalidInput, match="scheduledAt: must be in the future"):
            await campaign_life.schedule_campaign(SYSTEM, str(campaign.id), clock.now())


class TestSendingAgain:
    async def test_what_is_uncertain_goes_out_again_and_the_rest_does_not(self) -> None:
        campaign = await a_draft()
        await sending(campaign)
        lost: list[str] = []

        def first_is_lost(delivery: Delivery) -> DeliveryStatus:
            lost.append(delivery.email)
            return DeliveryStatus.UNCERTAIN if len(lost) == 1 else DeliveryStatus.SENT

        await work(first_is_lost)
        assert (await stored(campaign)).stats.uncertain == 1
        again = await resend(SYSTEM, str(campaign.id))
        assert (again.status, again.completed_at) == (CampaignStatus.SENDING, None)
        tried: list[str] = []

        def note(delivery: Delivery) -> DeliveryStatus:
            tried.append(delivery.email)
            return DeliveryStatus.SENT

        await work(note)
        done = await stored(campaign)
        assert (done.status, done.stats.sent, done.stats.uncertain) == (CampaignStatus.SENT, 3, 0)
        assert tried == lost[:1]

    async def test_is_refused_where_nothing_is_uncertain(self) -> None:
        campaign = await a_draft()
        await sending(campaign)
        await work()
        with pytest.raises(InvalidInput, match="it is known what became of them"):
            await resend(SYSTEM, str(campaign.id))
        assert (await stored(campaign)).status is CampaignStatus.SENT

    async def test_not_what_got_uncertain_since_it_was_asked_for(self) -> None:
        campaign = await a_draft()
        await sending(campaign)
        await work(lambda _: DeliveryStatus.UNCERTAIN)
        with clock.shifted(-LATER):
            await resend(SYSTEM, str(campaign.id))
        await work()
        done = await stored(campaign)
        assert (done.status, done.stats.uncertain, done.resend_before) == (CampaignStatus.SENT, 3, None)


class TestTrials:
    async def test_one_mail_to_an_address_that_does_not_count(self) -> None:
        campaign, ada = await a_draft(), await a_contact("ada@example.com", name="Ada", language="de")
        delivery = await test_mail(await an_actor(Role.MARKETING), str(campaign.id))
        assert (delivery.kind, delivery.category) == (DeliveryKind.TEST, ConsentCategory.TRANSACTIONAL)
        assert (delivery.content, delivery.campaign_id) == (f"campaign:{campaign.id}", None)
        assert (delivery.contact_id, delivery.name, delivery.language) == (ada.id, "Ada", "de")
        assert delivery.source.startswith(f"test:campaign:{campaign.id}:")
        job = await EmailJob.find_one({"type": "mail.deliver"})
        assert job is not None
        assert job.payload == {"deliveryId": str(delivery.id)}
        assert (await stored(campaign)).status is CampaignStatus.DRAFT

    async def test_as_often_as_one_likes(self) -> None:
        campaign = await a_draft()
        assert len({(await test_mail(SYSTEM, str(campaign.id))).id for _ in range(2)}) == 2

    async def test_to_an_address_that_must_not_be_written_to_is_refused(self) -> None:
        campaign = await a_draft()
        await add_suppression(SYSTEM, SuppressionCreate(email="ada@example.com"))
        with pytest.raises(InvalidInput, match="email: The address was put on the suppression list by hand"):
            await test_mail(SYSTEM, str(campaign.id))

    async def test_of_what_does_not_compile_is_refused(self) -> None:
        campaign = await a_draft(html="{{ nmae }}")
        with pytest.raises(InvalidInput, match="unknown variables"):
            await test_mail(SYSTEM, str(campaign.id))


class TestWhoMay:
    @every_operation
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins(self, operation: Operation, role: Role) -> None:
        campaign, actor = await a_draft(), await an_actor(role)
        with pytest.raises(Forbidden):
            await operation(actor, str(campaign.id))

    @pytest.mark.parametrize("role", [Role.MARKETING, Role.ADMIN])
    async def test_they_do(self, role: Role) -> None:
        actor, campaign = await an_actor(role), await a_draft()
        identity = str(campaign.id)
        await schedule(actor, identity)
        await campaign_life.unschedule_campaign(actor, identity)
        await campaign_life.send_campaign(actor, identity)
        await campaign_life.pause_campaign(actor, identity)
        await campaign_life.resume_campaign(actor, identity)
        await campaign_life.cancel_campaign(actor, identity)


class TestTheTable:
    @pytest.mark.parametrize("status", sorted(CampaignStatus))
    @pytest.mark.parametrize(("operation", "step"), OPERATIONS, ids=lambda one: getattr(one, "__name__", ""))
    async def test_a_step_is_possible_from_its_statuses_alone(
        self, operation: Operation, step: Step, status: CampaignStatus
    ) -> None:
        campaign = await a_draft(status=status, run=1)
        if step is RESEND:
            await an_uncertain_delivery(campaign)
        if status in step.sources:
            await operation(SYSTEM, str(campaign.id))
            assert (await stored(campaign)).status is step.target
        else:
            with pytest.raises(InvalidInput) as refusal:
                await operation(SYSTEM, str(campaign.id))
            assert refusal.value.message.startswith(f"The campaign is {status.value}: ")
            assert await stored(campaign) == campaign

    def test_every_status_is_reached_and_only_cancelled_is_for_ever(self) -> None:
        steps = [*(step for _, step in OPERATIONS), FINISH, GIVE_UP]
        reached = {CampaignStatus.DRAFT} | {step.target for step in steps}
        left = {source for step in steps for source in step.sources}
        assert (reached, reached - left) == (set(CampaignStatus), {CampaignStatus.CANCELLED})
        assert set(SCHEDULE.sources) == EDITABLE


class TestMissing:
    @every_operation
    async def test_an_unknown_campaign_is_not_found(self, operation: Operation) -> None:
        with pytest.raises(NotFound, match="Campaign not found"):
            await operation(SYSTEM, "0" * 24)

    async def test_another_app_s_campaign_is_neither_sent_nor_tried(self) -> None:
        campaign, other = await a_draft(), await an_app()
        to_ada = CampaignTest(email="ada@example.com")
        for attempt in (
            campaign_life.send_campaign(SYSTEM, str(campaign.id), app_id=other.id),
            campaign_life.test_campaign(SYSTEM, str(campaign.id), to_ada, app_id=other.id),
        ):
            with pytest.raises(DomainError, match="Campaign not found"):
                await attempt


async def switch_off(campaign: Campaign) -> None:
    await App.find_one({"_id": campaign.app_id}).update({"$set": {"isActive": False}})


async def an_uncertain_delivery(campaign: Campaign) -> None:
    await Delivery(
        app_id=campaign.app_id,
        source=f"campaign:{campaign.id}",
        kind=DeliveryKind.CAMPAIGN,
        category=ConsentCategory.NEWSLETTER,
        campaign_id=campaign.id,
        content=f"campaign:{campaign.id}",
        email="ada@example.com",
        status=DeliveryStatus.UNCERTAIN,
    ).insert()
