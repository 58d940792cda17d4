"""What staff do with a campaign that is written: send it, now or later, stop it, and let it go on.

Each step is one conditional update, so that of several who take it at once one wins; the job that follows from it is
left afterwards, and left again by the upkeep of campaigns where somebody died in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from beanie import PydanticObjectId
from bson import ObjectId

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Email, Input, Moment, key_of_email
from models.apps import App
from models.campaigns import (
    CANCEL,
    PAUSE,
    RESEND,
    RESUME,
    SEND,
    UNSCHEDULE,
    Campaign,
    CampaignStats,
    Division,
    Step,
)
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_jobs import EmailJob
from resolvers.apps import visible_app
from resolvers.campaign_audience import last_member
from resolvers.campaign_contents import content_of
from resolvers.campaign_jobs import SYSTEM, enqueue_start
from resolvers.campaign_progress import announce_progress
from resolvers.campaign_settling import cancel_queued, settle_campaign
from resolvers.campaigns import CampaignUpdate, refused, update_campaign, visible_campaign
from resolvers.sending import can_send
from resolvers.transactional import Recipient, plan_mail

NEXT_RUN: Final = {"$inc": {"run": 1}}


class CampaignTest(Input):
    email: Email


@dataclass(frozen=True, slots=True)
class Sending:
    """A campaign that is being sent, and the job that began it."""

    campaign: Campaign
    job: EmailJob


@allow(MARKETING)
async def send_campaign(actor: Actor, campaign_id: str, *, app_id: str | None = None) -> Sending:
    """Begins to send a draft or a scheduled campaign to its audience, which is fixed by this."""
    while True:
        campaign = await visible_campaign(actor, campaign_id, app_id)
        if campaign.status not in SEND.sources:
            raise refused(campaign, "it can be sent once")
        if sending := await begin_sending(campaign):
            return sending


async def begin_sending(campaign: Campaign) -> Sending | None:
    """As the campaign was seen: None where it was changed meanwhile. Raises `InvalidInput` where it can't be sent."""
    content = await content_of(await _active_app(campaign), campaign)
    through = await last_member(campaign)
    if through is None:
        raise InvalidInput("audience: nobody who subscribed is in it", "audience")
    fields = {
        "links": list(content.links),
        "audienceThrough": through,
        "division": Division().model_dump(by_alias=True),
        "chunks": None,
        "stats": CampaignStats().model_dump(by_alias=True),
        "startedAt": clock.now(),
        "lastError": None,
        "open": True,
    }
    seen = {"_id": campaign.id, "revision": campaign.revision, **SEND.possible}
    begun = await Campaign.change(seen, SEND.update(fields) | NEXT_RUN)
    return None if begun is None else Sending(begun, await _start(begun))


@allow(MARKETING)
async def schedule_campaign(actor: Actor, campaign_id: str, at: Moment) -> Campaign:
    """Lets a draft be sent at a moment in the future, or a scheduled campaign at another one."""
    return await update_campaign(actor, campaign_id, CampaignUpdate.model_validate({"scheduledAt": at}))


@allow(MARKETING)
async def unschedule_campaign(actor: Actor, campaign_id: str) -> Campaign:
    """Makes a draft of a scheduled campaign."""
    update = UNSCHEDULE.update({"scheduledAt": None}) | {"$inc": {"revision": 1}}
    return await _take(actor, campaign_id, UNSCHEDULE, update, "it is not scheduled")


@allow(MARKETING)
async def pause_campaign(actor: Actor, campaign_id: str) -> Campaign:
    """Stops sending for a while: what is under way is sent, what waits goes on waiting."""
    return await _take(actor, campaign_id, PAUSE, PAUSE.update({}), "only one that is being sent can be paused")


@allow(MARKETING)
async def resume_campaign(actor: Actor, campaign_id: str) -> Campaign:
    """Goes on with a campaign that was paused, or whose jobs died."""
    campaign = await visible_campaign(actor, campaign_id)
    await _active_app(campaign)
    resumed = await go_on(campaign.id)
    if resumed is None:
        raise refused(await visible_campaign(actor, campaign_id), "only what is paused or failed can be resumed")
    return resumed


async def go_on(campaign_id: PydanticObjectId, **seen: Any) -> Campaign | None:
    """Resumes a campaign; None where that is not possible (any more), or it is not as it was `seen`."""
    update = RESUME.update({"lastError": None, "heldSince": None}) | NEXT_RUN
    resumed = await Campaign.change({"_id": campaign_id, **RESUME.possible, **seen}, update)
    if resumed is not None:
        await _start(resumed)
    return resumed


@allow(MARKETING)
async def cancel_campaign(actor: Actor, campaign_id: str) -> Campaign:
    """Ends a campaign: what waits is not sent any more, what is under way ends by itself."""
    update = CANCEL.update({"completedAt": clock.now(), "open": True})
    cancelled = await _take(actor, campaign_id, CANCEL, update, "there is nothing to cancel")
    await cancel_queued(cancelled.id)
    await settle_campaign(cancelled.id, at_once=True)
    return await visible_campaign(actor, campaign_id)


@allow(MARKETING)
async def resend_uncertain(actor: Actor, campaign_id: str) -> Campaign:
    """Sends a campaign again to those of whom nobody can say whether they got it: they may get it twice."""
    campaign = await visible_campaign(actor, campaign_id)
    if campaign.status not in RESEND.sources:
        raise refused(campaign, "nothing of it can be sent again")
    await _active_app(campaign)
    if await Delivery.find_one({"campaignId": campaign.id, "status": DeliveryStatus.UNCERTAIN.value}) is None:
        raise InvalidInput("Of all its mails it is known what became of them", "id")
    fresh = {"completedAt": None, "lastError": None, "open": True, "resendBefore": clock.now()}
    again = await Campaign.change({"_id": campaign.id, **RESEND.possible}, RESEND.update(fresh) | NEXT_RUN)
    if again is None:
        raise refused(await visible_campaign(actor, campaign_id), "it was stopped meanwhile")
    await _start(again)
    return again


@allow(MARKETING)
async def test_campaign(actor: Actor, campaign_id: str, data: CampaignTest, *, app_id: str | None = None) -> Delivery:
    """Sends a campaign to one address, as a trial. It does not count."""
    campaign = await visible_campaign(actor, campaign_id, app_id)
    app = await visible_app(actor, campaign.app_id)
    await content_of(app, campaign)
    verdict = await can_send(data.email, ConsentCategory.TRANSACTIONAL, app)
    if not verdict.allowed:
        raise InvalidInput(f"email: {verdict.sentence}", "email")
    contact = await Contact.find_one({"emailKey": key_of_email(data.email)})
    return await plan_mail(
        SYSTEM,
        app,
        f"campaign:{campaign.id}",
        contact or Recipient(data.email),
        values={},
        language=None,
        source=f"test:campaign:{campaign.id}:{ObjectId()}",
        category=ConsentCategory.TRANSACTIONAL,
        kind=DeliveryKind.TEST,
    )


async def _take(actor: Actor, campaign_id: str, step: Step, update: Mapping[str, Any], otherwise: str) -> Campaign:
    campaign = await visible_campaign(actor, campaign_id)
    taken = await Campaign.change({"_id": campaign.id, **step.possible}, update)
    if taken is None:
        raise refused(await visible_campaign(actor, campaign_id), otherwise)
    await announce_progress(taken.id)
    return taken


async def _start(campaign: Campaign) -> EmailJob:
    await announce_progress(campaign.id)
    return await enqueue_start(campaign)


async def _active_app(campaign: Campaign) -> App:
    app = await App.get(campaign.app_id)
    if app is None or not app.is_active:
        raise InvalidInput("The app is switched off: it sends no campaigns", "id")
    if app.holding is not None:
        raise InvalidInput(app.holding.sentence, "id")
    return app
