"""An app with far more errors than usual holds its marketing mail until that is over."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput
from models.apps import App
from models.automation_trackers import TrackerStatus
from models.campaigns import CampaignStatus
from models.deliveries import DeliveryOutreach
from models.log_tallies import LogHour
from models.slack_messages import SlackMessage
from models.slack_routing import SlackTopic
from resolvers.campaign_life import pause_campaign, resume_campaign, send_campaign
from resolvers.campaign_upkeep import start_due_campaigns
from resolvers.mail_holds import FEWEST, LOOKED_AT, end_mail_hold, is_spike, threshold, watch_error_rates
from resolvers.outreach_gate import Gate, gates_of
from tests.factories.apps import an_app
from tests.factories.automations import MAIL, a_mail, an_automation, tracker_of, worked_off
from tests.factories.campaigns import SYSTEM, an_audience, sending, sent_to, stored, work
from tests.factories.contacts import a_contact
from tests.factories.logs import an_error, logged
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor
from tests.factories.sequences import a_sequence, an_enrollment
from tests.factories.shops import a_shop, an_event
from tests.factories.slack import a_rule

APP: Final = "banners"
WATCHER: Final = Actor.system("upkeep")


@given(st.floats(0, 1e6), st.integers(0, 10**7))
def test_a_spike_is_many_errors_and_over_when_half_of_that_is_gone(usual: float, errors: int) -> None:
    begins, goes_on = is_spike(errors, usual, already=False), is_spike(errors, usual, already=True)
    assert begins == (errors >= FEWEST and errors >= 5 * usual)
    assert goes_on or not begins, "what begins does not end at once"
    assert goes_on == (errors >= threshold(usual) / 2)


@pytest.mark.usefixtures("platform")
class TestHolding:
    @pytest.fixture(autouse=True)
    async def app(self, platform: object) -> App:
        return await an_app(APP)

    async def test_campaigns_wait_and_go_on_by_themselves(self) -> None:
        await an_audience(APP, 3)
        campaign = await a_campaign(APP)
        await sending(campaign)
        await many_errors()
        assert await watch_error_rates(WATCHER) == 1
        held = await stored(campaign)
        assert (held.status, held.held_since is not None) == (CampaignStatus.PAUSED, True)
        await work()
        assert set((await sent_to(campaign)).values()) <= {"queued"}
        with clock.shifted(LOOKED_AT + timedelta(minutes=1)):
            assert await watch_error_rates(WATCHER) == 0
            await work()
        done = await stored(campaign)
        assert (done.status, done.held_since) == (CampaignStatus.SENT, None)
        assert set((await sent_to(campaign)).values()) == {"sent"}

    async def test_one_that_a_person_paused_does_not_go_on_by_itself(self) -> None:
        await an_audience(APP, 1)
        campaign = await a_campaign(APP)
        await sending(campaign)
        await pause_campaign(SYSTEM, str(campaign.id))
        await many_errors()
        await watch_error_rates(WATCHER)
        with clock.shifted(LOOKED_AT + timedelta(minutes=1)):
            await watch_error_rates(WATCHER)
        assert (await stored(campaign)).status is CampaignStatus.PAUSED

    async def test_meanwhile_none_begins_and_what_is_scheduled_waits(self) -> None:
        await an_audience(APP, 1)
        draft, due = await a_campaign(APP), await a_scheduled_campaign()
        await many_errors()
        await watch_error_rates(WATCHER)
        with pytest.raises(InvalidInput, match="waits until its errors are over"):
            await send_campaign(SYSTEM, str(draft.id))
        assert await start_due_campaigns(WATCHER) == 0
        assert (await stored(due)).status is CampaignStatus.SCHEDULED
        with clock.shifted(LOOKED_AT + timedelta(minutes=1)):
            await watch_error_rates(WATCHER)
            assert await start_due_campaigns(WATCHER) == 1

    async def test_mails_of_sequences_are_put_off(self) -> None:
        sequence = await a_sequence([{"type": "task"}])
        enrollment = await an_enrollment(sequence, await a_contact())
        today = clock.now().date().isoformat()
        outreach = DeliveryOutreach(sequence_id=sequence.id, enrollment_id=enrollment.id, step=1, day=today)
        mail = await a_delivery(await a_contact(), app_id=APP, outreach=outreach, status="queued")
        before = (await gates_of([mail]))[mail.id]
        await many_errors()
        await watch_error_rates(WATCHER)
        assert (await gates_of([mail]))[mail.id] is (Gate.LATER if before is Gate.OPEN else before)

    async def test_automations_stand_still_and_go_on_by_themselves(self, app: App) -> None:
        await a_mail(app)
        config, shop = await an_automation(app, MAIL), await a_shop(APP, email="ada@tea.example.com")
        await many_errors()
        await watch_error_rates(WATCHER)
        await an_event(APP, "banner-published", shop.domain)
        await worked_off()
        held = await tracker_of(config, shop)
        assert (held.step_id, held.held_since is not None) == ("step-1", True)
        assert held.timeline[-1].sentence.endswith(
            "waits until its errors are over: 50 errors in 15 minutes, usually 0"
        )
        with clock.shifted(LOOKED_AT + timedelta(minutes=1)):
            await watch_error_rates(WATCHER)
            await worked_off()
        assert (await tracker_of(config, shop)).status is TrackerStatus.COMPLETED

    async def test_it_is_told_when_it_begins_and_when_it_is_over_once(self) -> None:
        await a_rule(topic=SlackTopic.ALERTS)
        await many_errors()
        for _ in range(2):
            await watch_error_rates(WATCHER)
        with clock.shifted(LOOKED_AT + timedelta(minutes=1)):
            for _ in range(2):
                await watch_error_rates(WATCHER)
        texts = [str(message.text) for message in await SlackMessage.find_all().sort("place").to_list()]
        told = [text for text in texts if "marketing mail" in text]
        assert [("holds" in text, "again" in text) for text in told] == [(True, False), (False, True)]

    async def test_what_is_usual_is_no_spike(self) -> None:
        await a_week_of(errors_an_hour=FEWEST)
        await many_errors()
        assert await watch_error_rates(WATCHER) == 0

    async def test_an_app_may_not_want_it(self) -> None:
        await App.find_one({"_id": APP}).update({"$set": {"mail.holdsOnErrors": False}})
        await many_errors()
        assert await watch_error_rates(WATCHER) == 0

    async def test_staff_let_it_go_on_until_the_next_time(self) -> None:
        await an_audience(APP, 1)
        campaign = await a_campaign(APP)
        await sending(campaign)
        await many_errors()
        await watch_error_rates(WATCHER)
        with pytest.raises(InvalidInput, match="waits until"):
            await resume_campaign(SYSTEM, str(campaign.id))
        app = await end_mail_hold(await an_actor(Role.MARKETING), APP)
        assert (app.holding, (await stored(campaign)).status) == (None, CampaignStatus.SENDING)
        assert await watch_error_rates(WATCHER) == 0
        with clock.shifted(LOOKED_AT + timedelta(minutes=1)):
            await watch_error_rates(WATCHER)
            await many_errors()
            assert await watch_error_rates(WATCHER) == 1

    async def test_where_nothing_is_held_nothing_can_be_ended_and_not_by_everybody(self) -> None:
        with pytest.raises(Conflict):
            await end_mail_hold(await an_actor(Role.MARKETING), APP)
        with pytest.raises(Forbidden):
            await end_mail_hold(await an_actor(Role.SUPPORT), APP)


async def many_errors() -> None:
    for _ in range(2):
        await logged(APP, *(an_error() for _ in range(FEWEST // 2)))


async def a_week_of(errors_an_hour: int) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    for back in range(1, 24 * 7 + 1):
        at: datetime = hour - timedelta(hours=back)
        tally = LogHour(id=f"{APP}:{at}:x", app_id=APP, hour=at, module="x", error=errors_an_hour, expires_at=hour)
        await tally.insert()


async def a_scheduled_campaign() -> Any:
    at = clock.now() - timedelta(minutes=1)
    return await a_campaign(APP, CampaignStatus.SCHEDULED, scheduled_at=at)
