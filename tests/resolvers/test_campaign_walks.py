"""The life of a campaign in any order of steps, with workers that die in the middle of them."""

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.errors import InvalidInput
from models.campaigns import (
    CANCEL,
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
)
from models.deliveries import OPEN, Delivery, DeliveryStatus
from models.email_jobs import EmailJob
from models.subscribers import Subscriber, SubscriberStatus
from resolvers import campaign_division, campaign_life, campaigns, email_jobs, job_leases
from resolvers.campaign_jobs import CHUNK, START
from resolvers.campaign_settling import count_deliveries
from resolvers.campaign_upkeep import attend_to_campaigns, start_due_campaigns
from resolvers.campaigns import CampaignUpdate
from resolvers.job_leases import LEASE
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, an_audience, do, stored
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign

pytestmark = pytest.mark.usefixtures("platform")

SIZE: Final = 5
EXAMPLES: Final = int(os.environ.get("ALLOVER_TEST_WALKS", "25"))
TABLE: Final = {
    (source, step.target)
    for step in (SEND, SCHEDULE, UNSCHEDULE, PAUSE, RESUME, CANCEL, RESEND, FINISH, GIVE_UP)
    for source in step.sources
}
ENDS: Final = [DeliveryStatus.SENT, DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN]


class World:
    """One campaign, its audience, and what was handed over to each of them."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.id = str(campaign.id)
        self.passed = timedelta()
        self.handed_over: defaultdict[str, list[DeliveryStatus]] = defaultdict(list)

    def outcome(self, delivery: Delivery) -> DeliveryStatus:
        """In turn one or the other. Nobody gets a mail again, but for those who may not have got it."""
        before = self.handed_over[delivery.email]
        end = ENDS[sum(map(len, self.handed_over.values())) % len(ENDS)]
        before.append(end)
        return end

    async def send(self) -> None:
        await campaign_life.send_campaign(SYSTEM, self.id)

    async def schedule(self) -> None:
        await campaign_life.schedule_campaign(SYSTEM, self.id, clock.now() + LEASE)

    async def unschedule(self) -> None:
        await campaign_life.unschedule_campaign(SYSTEM, self.id)

    async def pause(self) -> None:
        await campaign_life.pause_campaign(SYSTEM, self.id)

    async def resume(self) -> None:
        await campaign_life.resume_campaign(SYSTEM, self.id)

    async def cancel(self) -> None:
        await campaign_life.cancel_campaign(SYSTEM, self.id)

    async def resend(self) -> None:
        await campaign_life.resend_uncertain(SYSTEM, self.id)

    async def edit(self) -> None:
        await campaigns.update_campaign(SYSTEM, self.id, CampaignUpdate.model_validate({"name": "Another"}))

    async def work(self) -> None:
        job = await job_leases.claim(SYSTEM, "worker", [START, CHUNK])
        if job is not None:
            await do(job, self.outcome)
            await job_leases.complete(SYSTEM, job)

    async def bury(self) -> None:
        job = await EmailJob.find_one({"open": True})
        if job is not None:
            await email_jobs.cancel_email_job(SYSTEM, str(job.id))

    async def look(self) -> None:
        await start_due_campaigns(SYSTEM)
        await attend_to_campaigns(SYSTEM)

    async def wait(self) -> None:
        self.passed += 2 * LEASE

    async def leave(self) -> None:
        """Somebody unsubscribes."""
        active = {"appId": self.campaign.app_id, "status": SubscriberStatus.ACTIVE.value}
        await Subscriber.find_one(active).update({"$set": {"status": SubscriberStatus.UNSUBSCRIBED.value}})

    async def come_back(self) -> None:
        left = {"appId": self.campaign.app_id, "status": SubscriberStatus.UNSUBSCRIBED.value}
        await Subscriber.find_one(left).update({"$set": {"status": SubscriberStatus.ACTIVE.value}})


Step = Callable[[World], Awaitable[None]]

STEPS: Final[list[Step]] = [
    World.send,
    World.schedule,
    World.unschedule,
    World.pause,
    World.resume,
    World.cancel,
    World.resend,
    World.edit,
    World.work,
    World.work,
    World.work,
    World.bury,
    World.look,
    World.wait,
    World.leave,
    World.come_back,
]
MORTAL: Final = {World.send, World.pause, World.resume, World.cancel, World.resend, World.work, World.look}


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    is_sent=st.booleans(),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.none() | st.integers(0, 16)), min_size=4, max_size=25),
)
async def test_no_order_of_steps_and_deaths_loses_or_repeats_a_mail(
    is_sent: bool, steps: list[tuple[Step, int | None]]
) -> None:
    world = await a_world()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign_division, "CHUNK", 2)
        if is_sent:
            await take(world, World.send)
        for step, writes in steps:
            await take(world, step, writes if step in MORTAL else None)
        await to_the_end(world)
    for document in (Campaign, Delivery, EmailJob, Subscriber):
        await document.delete_all()


async def a_world() -> World:
    app = await an_app()
    await an_audience(app.id, SIZE)
    return World(await a_campaign(app.id))


async def take(world: World, step: Step, writes: int | None = None) -> None:
    """One step; whoever takes it dies at half that number of writes, before or after the last of them arrives."""
    before = await stored(world.campaign)
    with clock.shifted(world.passed), suppress(InvalidInput, Killed):
        if writes is None:
            await step(world)
        else:
            with dying(writes // 2, last_arrives=bool(writes % 2)):
                await step(world)
    after = await stored(world.campaign)
    assert after.status is before.status or (before.status, after.status) in TABLE
    await assert_consistent(world, after)


async def assert_consistent(world: World, campaign: Campaign) -> None:
    stats, deliveries = campaign.stats, await Delivery.find({"campaignId": campaign.id}).to_list()
    assert stats.total == sum(getattr(stats, status.value) for status in DeliveryStatus)
    assert len({delivery.contact_id for delivery in deliveries}) == len(deliveries) <= SIZE
    if campaign.status is CampaignStatus.SENT:
        assert not any(delivery.status in OPEN for delivery in deliveries)
        assert stats == await count_deliveries(campaign.id)
    for ends in world.handed_over.values():
        assert set(ends[:-1]) <= {DeliveryStatus.UNCERTAIN}


async def to_the_end(world: World) -> None:
    """Nobody dies any more: whatever happened, the campaign is brought to its end, and everybody is accounted for.
    What was given up is resumed."""
    for step in (World.wait, World.look, World.send):
        await take(world, step)
    for _ in range(12):
        if not (await stored(world.campaign)).open:
            break
        for step in (World.wait, World.look, World.resume, World.work, World.work, World.work, World.work):
            await take(world, step)
    campaign = await stored(world.campaign)
    assert campaign.status in (CampaignStatus.SENT, CampaignStatus.CANCELLED, CampaignStatus.DRAFT)
    assert not campaign.open
    assert campaign.stats == await count_deliveries(campaign.id)
    assert campaign.status is CampaignStatus.CANCELLED or not campaign.stats.cancelled
