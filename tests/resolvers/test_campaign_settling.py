"""How far a campaign is, is counted from its deliveries, and it ends when there is nothing left to do."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.actor import Actor, Role
from core.errors import NotFound, Unauthenticated
from core.mongo import Mongo
from core.pages import Page
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory
from models.deliveries import OPEN, SETTLED, Delivery, DeliveryKind, DeliveryStatus
from resolvers import campaign_life, campaign_progress, campaign_settling
from resolvers.campaign_progress import watch_campaign
from resolvers.campaign_settling import settle_campaign
from resolvers.deliveries import DeliveryFilter, list_campaign_deliveries
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, stored
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

PATIENCE_SECONDS: Final = 10.0


async def a_campaign_with(*statuses: DeliveryStatus, **fields: Any) -> Campaign:
    """One that is being sent, with a delivery of each of these statuses."""
    known = {"status": CampaignStatus.SENDING, "chunks": 1, "run": 1, "open": True}
    campaign = await a_campaign((await an_app()).id, **{**known, **fields})
    for status in statuses:
        await delivery_of(campaign, status).insert()
    return campaign


def delivery_of(campaign: Campaign, status: DeliveryStatus) -> Delivery:
    return Delivery(
        app_id=campaign.app_id,
        source=f"campaign:{campaign.id}",
        kind=DeliveryKind.CAMPAIGN,
        category=ConsentCategory.NEWSLETTER,
        contact_id=ObjectId(),
        campaign_id=campaign.id,
        content=f"campaign:{campaign.id}",
        email="ada@example.com",
        status=status,
    )


async def settled(campaign: Campaign, *, at_once: bool = False) -> Campaign:
    await settle_campaign(campaign.id, at_once=at_once)
    return await stored(campaign)


async def set_all(campaign: Campaign, status: DeliveryStatus) -> None:
    await Delivery.find({"campaignId": campaign.id}).update({"$set": {"status": status.value}})


def stages_of(plan: dict[str, Any]) -> list[str]:
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for one in inner for stage in stages_of(one))]


class TestCounting:
    async def test_every_delivery_counts_once(self) -> None:
        campaign = await settled(await a_campaign_with(*DeliveryStatus, DeliveryStatus.SENT))
        counted = campaign.stats.model_dump()
        assert counted == {"total": 8} | {status.value: 1 for status in DeliveryStatus} | {"sent": 2}
        assert (campaign.status, campaign.open) == (CampaignStatus.SENDING, True)

    async def test_while_something_is_left_to_do_it_is_once_a_second(self) -> None:
        campaign = await settled(await a_campaign_with(DeliveryStatus.QUEUED, DeliveryStatus.QUEUED))
        await Delivery.find_one({"campaignId": campaign.id}).update({"$set": {"status": "sent"}})
        assert (await settled(campaign)).stats.sent == 0
        assert (await settled(campaign, at_once=True)).stats.sent == 1
        await set_all(campaign, DeliveryStatus.SENDING)
        with clock.shifted(timedelta(seconds=1)):
            assert (await settled(campaign)).stats.sending == 2

    async def test_of_very_many_it_is_less_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(campaign_settling, "DELIVERIES_A_SECOND", 1)
        campaign = await settled(await a_campaign_with(*[DeliveryStatus.QUEUED] * 3))
        await set_all(campaign, DeliveryStatus.SENDING)
        with clock.shifted(timedelta(seconds=2.5)):
            assert (await settled(campaign)).stats.sending == 0
        with clock.shifted(timedelta(seconds=3)):
            assert (await settled(campaign)).stats.sending == 3

    async def test_an_older_count_never_overwrites_a_newer_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        campaign = await a_campaign_with(DeliveryStatus.SENDING)
        count_deliveries, counted, go_on = campaign_settling.count_deliveries, asyncio.Event(), asyncio.Event()

        async def slowly(*arguments: Any) -> Any:
            stats = await count_deliveries(*arguments)
            counted.set()
            await go_on.wait()
            return stats

        monkeypatch.setattr(campaign_settling, "count_deliveries", slowly)
        older = asyncio.create_task(settle_campaign(campaign.id))
        await counted.wait()
        monkeypatch.setattr(campaign_settling, "count_deliveries", count_deliveries)
        await set_all(campaign, DeliveryStatus.SENT)
        newer = await settled(campaign)
        go_on.set()
        await older
        assert newer.status is CampaignStatus.SENT
        assert await stored(campaign) == newer

    async def test_of_an_unknown_campaign_is_nothing(self) -> None:
        await settle_campaign(ObjectId())  # type: ignore[arg-type]  # as good as any


class TestEnding:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        statuses=st.lists(st.sampled_from(DeliveryStatus), max_size=4),
        status=st.sampled_from([*CampaignStatus]),
        chunks=st.none() | st.just(1),
    )
    async def test_a_campaign_is_sent_when_it_is_divided_and_everything_in_it_is_settled(
        self, statuses: list[DeliveryStatus], status: CampaignStatus, chunks: int | None
    ) -> None:
        before = await a_campaign_with(*statuses, status=status, chunks=chunks)
        after = await settled(before, at_once=True)
        is_over = SETTLED.issuperset(statuses) and chunks is not None
        ends = status is CampaignStatus.SENDING and is_over
        assert after.status is (CampaignStatus.SENT if ends else status)
        stats = after.stats
        assert stats.total == len(statuses)
        assert stats.total == sum(getattr(stats, one.value) for one in DeliveryStatus)
        if ends:
            assert stats.total == stats.sent + stats.failed + stats.suppressed + stats.uncertain + stats.cancelled
            assert (after.completed_at is not None, after.open) == (True, False)

    async def test_as_soon_as_nothing_is_left_it_does_not_wait_for_the_second_to_be_over(self) -> None:
        campaign = await settled(await a_campaign_with(DeliveryStatus.SENDING))
        await set_all(campaign, DeliveryStatus.SENT)
        assert (await settled(campaign)).status is CampaignStatus.SENT

    async def test_a_cancelled_campaign_is_closed_when_what_was_under_way_has_ended(self) -> None:
        campaign = await a_campaign_with(DeliveryStatus.SENDING, status=CampaignStatus.CANCELLED, chunks=None)
        assert (await settled(campaign)).open
        await set_all(campaign, DeliveryStatus.SENT)
        assert not (await settled(campaign)).open

    async def test_many_who_find_the_end_at_once_do_not_get_in_each_other_s_way(self) -> None:
        campaign = await a_campaign_with(*[DeliveryStatus.SENT] * 3)
        await asyncio.gather(*(settle_campaign(campaign.id) for _ in range(8)))
        done = await stored(campaign)
        assert (done.status, done.stats.sent) == (CampaignStatus.SENT, 3)

    async def test_what_becomes_of_a_mail_later_is_counted_too(self) -> None:
        campaign = await settled(await a_campaign_with(DeliveryStatus.UNCERTAIN))
        await set_all(campaign, DeliveryStatus.SENT)
        after = await settled(campaign)
        assert (after.status, after.stats.sent, after.stats.uncertain) == (CampaignStatus.SENT, 1, 0)

    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(2))
    async def test_a_death_in_between_is_made_up_for_by_the_next(self, writes: int, last_arrives: bool) -> None:
        campaign = await a_campaign_with(DeliveryStatus.SENT)
        with pytest.raises(Killed), dying(writes, last_arrives=last_arrives):
            await settle_campaign(campaign.id)
        assert (await settled(campaign)).status is CampaignStatus.SENT


class TestWatching:
    @pytest.fixture(autouse=True)
    def _without_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(campaign_progress, "PAUSE_SECONDS", 0.0)

    async def test_shows_the_campaign_now_and_whenever_it_changed(self) -> None:
        campaign = await a_campaign_with(DeliveryStatus.QUEUED)
        async with asyncio.timeout(PATIENCE_SECONDS):
            shown = await watch_campaign(await an_actor(Role.VIEWER), str(campaign.id))
            assert (await anext(shown)).stats.total == 0
            await settle_campaign(campaign.id)
            assert (await anext(shown)).stats.queued == 1
            await campaign_life.pause_campaign(SYSTEM, str(campaign.id))
            assert (await anext(shown)).status is CampaignStatus.PAUSED
            await shown.aclose()  # type: ignore[attr-defined]  # it is a generator

    async def test_shows_what_changed_although_the_word_of_it_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(campaign_progress, "TICK_SECONDS", 0.01)
        campaign = await a_campaign_with()
        async with asyncio.timeout(PATIENCE_SECONDS):
            shown = await watch_campaign(SYSTEM, str(campaign.id))
            assert (await anext(shown)).name == campaign.name
            await campaign.set({"name": "Changed in silence"})
            assert (await anext(shown)).name == "Changed in silence"
            await shown.aclose()  # type: ignore[attr-defined]  # it is a generator

    async def test_is_for_staff_and_of_campaigns_that_exist(self) -> None:
        campaign = await a_campaign_with()
        with pytest.raises(Unauthenticated):
            await watch_campaign(Actor.anonymous(), str(campaign.id))
        with pytest.raises(NotFound):
            await watch_campaign(SYSTEM, "0" * 24)


class TestDeliveries:
    async def test_are_listed_by_status(self) -> None:
        campaign = await a_campaign_with(*DeliveryStatus)
        await a_campaign_with(DeliveryStatus.FAILED)
        viewer = await an_actor(Role.VIEWER)
        everything = await list_campaign_deliveries(viewer, str(campaign.id), Page(), DeliveryFilter())
        assert len(everything.items) == await everything.count() == len(DeliveryStatus)
        failed = DeliveryFilter(status=DeliveryStatus.FAILED)
        (one,) = (await list_campaign_deliveries(viewer, str(campaign.id), Page(), failed)).items
        assert (one.status, one.campaign_id) == (DeliveryStatus.FAILED, campaign.id)

    @pytest.mark.parametrize("statuses", [list(DeliveryStatus), [DeliveryStatus.FAILED]], ids=["all", "one"])
    async def test_are_read_in_order_by_an_index(self, statuses: list[DeliveryStatus], mongo: Mongo) -> None:
        query = {"campaignId": ObjectId(), "status": {"$in": [status.value for status in statuses]}}
        find = {"find": "deliveries", "filter": query, "sort": {"chunk": 1, "_id": 1}, "limit": 21}
        try:
            plan = await mongo.database.command({"explain": find, "verbosity": "queryPlanner"})
        except NotImplementedError:
            pytest.skip("mongomock explains nothing")
        stages = stages_of(plan["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in stages
        assert not {"SORT", "COLLSCAN"} & set(stages)

    def test_are_open_or_settled(self) -> None:
        assert {*OPEN, *SETTLED} == set(DeliveryStatus)
        assert not SETTLED.intersection(OPEN)
