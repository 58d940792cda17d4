"""Mutations of mail: who gets newsletters, campaigns, and the jobs that send them."""

from typing import Final

from core import clock
from core.errors import found
from models.apps import App
from models.campaigns import CampaignStatus
from models.deliveries import DeliveryStatus
from models.email_jobs import EmailJobStatus
from resolvers.campaign_life import pause_campaign
from tests.contract.mutations.sample import Sample
from tests.contract.requests.calling import APP, Caller, Parameters
from tests.contract.requests.mail import CAMPAIGN, READER, a_draft, a_pixel, a_template, a_tracked_link
from tests.factories.campaigns import an_audience, sending
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.email_jobs import KIND, a_job, an_ended_job
from tests.factories.mail import a_campaign, a_delivery, a_subscriber
from tests.factories.newsletters import confirmation_tokens, signed_up

WORDS: Final = {"htmlContent": "html", "textContent": "text"}
LATER: Final = "2099-01-31T09:00:00Z"
ROWS: Final = [{"email": READER, "name": "Ada", "consent": True, "consentText": "Yes, please", "tags": ["fair"]}]


async def a_reader(_: Caller) -> Parameters:
    return {"id": str((await a_subscriber(APP, await a_contact())).id)}


async def a_mail_that_asks_to_confirm(_: Caller) -> Parameters:
    subscriber = await signed_up(found(await App.get(APP), "App"))
    return {"token": (await confirmation_tokens(subscriber))[-1]}


async def a_scheduled_campaign(_: Caller) -> Parameters:
    scheduled = {"scheduled_at": clock.now()}
    return {"id": str((await a_campaign(APP, CampaignStatus.SCHEDULED, **scheduled)).id)}


async def a_campaign_under_way(_: Caller) -> Parameters:
    await an_audience(APP, 2)
    campaign = await a_campaign(APP)
    await sending(campaign)
    return {"id": str(campaign.id)}


async def a_paused_campaign(caller: Caller) -> Parameters:
    known = await a_campaign_under_way(caller)
    await pause_campaign(SYSTEM, known["id"])
    return known


async def an_uncertain_campaign(_: Caller) -> Parameters:
    """Nobody can say whether one of its mails arrived."""
    campaign = await a_campaign(APP, CampaignStatus.SENT, started_at=clock.now(), completed_at=clock.now())
    await a_delivery(await a_contact(), campaign, status=DeliveryStatus.UNCERTAIN)
    return {"id": str(campaign.id)}


async def a_failed_job(_: Caller) -> Parameters:
    return {"id": str((await an_ended_job(EmailJobStatus.FAILED)).id)}


async def a_waiting_job(_: Caller) -> Parameters:
    return {"id": str((await a_job()).id)}


SAMPLES: Final[dict[str, Sample]] = {
    "subscriberUpdate": Sample(a_reader, {"input": {"name": "Ada", "tags": ["beta"]}}),
    "subscribersTag": Sample(a_reader, lambda known: {"input": {"ids": [known["id"]], "add": ["beta"]}}),
    "subscribersImport": Sample(sent={"input": {"rows": ROWS}}),
    "newsletterConfirm": Sample(a_mail_that_asks_to_confirm),
    "campaignCreate": Sample(sent={"input": {WORDS.get(name, name): value for name, value in CAMPAIGN.items()}}),
    "campaignSchedule": Sample(a_draft, {"at": LATER}),
    "campaignUnschedule": Sample(a_scheduled_campaign),
    "campaignPause": Sample(a_campaign_under_way),
    "campaignResume": Sample(a_paused_campaign),
    "campaignCancel": Sample(a_campaign_under_way),
    "campaignResendUncertain": Sample(an_uncertain_campaign),
    "emailOpenRecord": Sample(a_pixel),
    "emailClickRecord": Sample(a_tracked_link),
    "emailRollupsRebuild": Sample(),
    "emailJobRetry": Sample(a_failed_job),
    "emailJobCancel": Sample(a_waiting_job),
    "emailJobsRetry": Sample(a_failed_job, {"input": {"type": KIND}}),
    "templateTestSend": Sample(a_template, {"input": {"email": READER}}),
}
