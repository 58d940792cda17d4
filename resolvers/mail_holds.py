"""An app that reports far more errors than usual holds its marketing mail until that is over: nobody is invited to what
does not work. Campaigns are paused and go on by themselves; mails of sequences are taken back and planned again;
automations stand still before their mails.

What is held follows from the app, at every look: whoever dies in between leaves nothing held for ever, or going on.
"""

from datetime import datetime, timedelta
from typing import Final

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import Conflict
from models.apps import App, MailHold
from models.base import touched
from models.campaigns import PAUSE, Campaign, CampaignStatus
from models.log_tallies import LogHour
from models.logs import LogEntry, LogLevel
from models.slack_routing import SlackTopic
from resolvers.apps import visible_app
from resolvers.automation_holds import let_automations_go_on
from resolvers.campaign_life import go_on
from resolvers.campaign_progress import announce_progress
from resolvers.slack_messages import tell_slack

HOLDER: Final = Actor.system("mail_holds")
LOOKED_AT: Final = timedelta(minutes=15)
USUALLY: Final = timedelta(days=7)
FEWEST: Final = 50
"""Errors in a quarter of an hour; fewer are no spike, however quiet the app is usually."""
TIMES: Final = 5
"""So often the usual number is a spike."""
CALMER: Final = 0.5
"""Of what is a spike, so little has to be left for it to be over: at the edge it would begin again and again."""


@allow()
async def watch_error_rates(actor: Actor) -> int:
    """Looks at all apps, and returns how many hold their mail."""
    held = 0
    for app in await App.find({"isActive": True}).to_list():
        watched = await _watched(app) if app.mail.holds_on_errors else await _let_go(app)
        await _follow(watched)
        held += watched.holding is not None
    return held


@allow(MARKETING)
async def end_mail_hold(actor: Actor, app_id: str) -> App:
    """Lets an app's mail go on although its errors are not over. It is held again only after they were."""
    app = await visible_app(actor, app_id)
    if app.holding is None:
        raise Conflict("The app holds no mail", "appId")
    ended = touched({"mailHold.endedBy": actor.label})
    app = await App.change({"_id": app_id, "mailHold": {"$ne": None}}, ended) or app
    await _follow(app)
    return app


def threshold(usual: float) -> float:
    """How many errors in a quarter of an hour are a spike, by how many there usually are."""
    return max(FEWEST, TIMES * usual)


def is_spike(errors: int, usual: float, *, already: bool) -> bool:
    """Whether it is one, or still is."""
    return errors >= threshold(usual) * (CALMER if already else 1)


async def usual_errors(app_id: str, now: datetime) -> float:
    """In a quarter of an hour, over the week before this hour."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    week = {"appId": app_id, "hour": {"$gte": this_hour - USUALLY, "$lt": this_hour}}
    hours = await LogHour.aggregate(
        [{"$match": week}, {"$group": {"_id": None, "errors": {"$sum": "$error"}}}]
    ).to_list()
    return (hours[0]["errors"] if hours else 0) / (USUALLY / LOOKED_AT)


async def _watched(app: App) -> App:
    now = clock.now()
    lately = {"appId": app.id, "level": LogLevel.ERROR.value, "createdAt": {"$gte": now - LOOKED_AT}}
    errors, usual = await LogEntry.find(lately).count(), await usual_errors(app.id, now)
    if not is_spike(errors, usual, already=app.mail_hold is not None):
        return await _let_go(app)
    if app.mail_hold is not None:
        return app
    reason = f"{errors} errors in {LOOKED_AT.seconds // 60} minutes, usually {usual:.0f}"
    hold = MailHold(since=now, reason=reason)
    begun = await App.change({"_id": app.id, "mailHold": None}, touched({"mailHold": hold.model_dump(by_alias=True)}))
    if begun is None:
        return await App.get(app.id) or app
    await _tell(app, hold, f"{app.name} holds its marketing mail: {reason}")
    return begun


async def _let_go(app: App) -> App:
    hold = app.mail_hold
    if hold is None:
        return app
    ended = await App.change({"_id": app.id, "mailHold.since": hold.since}, touched({"mailHold": None}))
    if ended is None:
        return await App.get(app.id) or app
    if hold.ended_by is None:
        await _tell(app, hold, f"{app.name} sends its marketing mail again: its errors are over", is_over=True)
    return ended


async def _follow(app: App) -> None:
    """Campaigns are paused while the app holds its mail, and those that were go on afterwards, automations too."""
    if app.holding is not None:
        sending = {"appId": app.id, "status": CampaignStatus.SENDING.value}
        for campaign in await Campaign.find(sending).to_list():
            held = PAUSE.update({"heldSince": clock.now()})
            if await Campaign.change({"_id": campaign.id, **PAUSE.possible}, held):
                await announce_progress(campaign.id)
        return
    waiting = {"appId": app.id, "status": CampaignStatus.PAUSED.value, "heldSince": {"$ne": None}}
    for campaign in await Campaign.find(waiting).to_list():
        await go_on(campaign.id, heldSince={"$ne": None})
    await let_automations_go_on(app.id)


async def _tell(app: App, hold: MailHold, text: str, *, is_over: bool = False) -> None:
    key = f"mail_hold:{app.id}:{hold.since:%Y-%m-%dT%H:%M:%S.%f}:{'over' if is_over else 'begun'}"
    await tell_slack(HOLDER, SlackTopic.ALERTS, app.id, text, key=key)
