"""Campaigns are sent by workers: from the job that begins them to the last mail."""

import asyncio

import pytest

from models.campaigns import CampaignStatus
from models.email_jobs import Progress
from resolvers import campaign_division
from resolvers.campaign_jobs import CHUNK, START
from tasks.handlers import HANDLERS
from tasks.jobs import Pace, doing_jobs
from tests.factories.apps import an_app
from tests.factories.campaigns import an_audience, everything_arrives, send_chunk, sending, sent_to, stored
from tests.factories.email_jobs import kept
from tests.factories.mail import a_campaign

pytestmark = pytest.mark.usefixtures("platform")

PACE = Pace(lease=60, heartbeat=60, look=60, grace=1)


async def test_a_worker_divides_the_audience_and_does_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_division, "CHUNK", 10)
    app = await an_app()
    await an_audience(app.id, 35)
    campaign = await a_campaign(app.id)
    handlers = {START: HANDLERS[START], CHUNK: lambda job: send_chunk(job, everything_arrives)}
    async with asyncio.timeout(20), doing_jobs(handlers, pace=PACE):
        job = await sending(campaign)
        while (await stored(campaign)).status is not CampaignStatus.SENT or (await kept(job)).open:
            await asyncio.sleep(0.005)
    done = await stored(campaign)
    assert (done.chunks, done.stats.sent, len(await sent_to(campaign))) == (4, 35, 35)
    ended = await kept(job)
    assert (ended.result["chunks"], ended.progress) == (4, Progress(total=35, done=35))
