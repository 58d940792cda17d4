"""Mutations of the company itself: its people, apps, plans, and what they hear of their shops."""

from base64 import b64encode
from typing import Final

from core.errors import found
from core.runtime import runtime
from models.apps import App
from models.base import touched
from models.webhook_events import WebhookEventStatus
from tests.contract.mutations.sample import Sample
from tests.contract.requests.calling import APP, Caller, Parameters
from tests.contract.requests.company import PLAN
from tests.contract.requests.slack_routing import RULE
from tests.factories.apps import mail_held
from tests.factories.attachments import PNG
from tests.factories.end_users import a_stored_end_user, asked
from tests.factories.webhooks import a_webhook_event

PLAN_BY_HANDLE: Final = {"handle" if name == "id" else name: value for name, value in PLAN.items()}
PHOTO: Final = {"filename": "photo.png", "content": b64encode(PNG).decode()}


async def a_mail_hold(_: Caller) -> Parameters:
    await mail_held(APP)
    return {}


async def an_end_user(_: Caller) -> Parameters:
    return {"id": str((await a_stored_end_user(APP)).id)}


async def a_link_to_a_page(_: Caller) -> Parameters:
    """Of the app's: it signs in, once."""
    app = found(await App.change({"_id": APP}, touched({"allowedOrigins": ["https://banners.example.com"]})), "App")
    return {"token": (await asked(app, redirectUrl="https://banners.example.com/welcome")).token}


async def a_rule_of_a_slack_that_answers(caller: Caller) -> Parameters:
    """The one that the platform was told of last: a test that has none takes the fixture `slack`."""
    webhook = f"{runtime().settings.slack_origins[-1]}/services/T0001/B0002/abcdefghijklmnopqrstx7Gf"
    return {"id": (await caller.created("/admin/slack-routing", RULE | {"webhookUrl": webhook}))["_id"]}


async def a_failed_webhook_event(_: Caller) -> Parameters:
    return {"id": str((await a_webhook_event(status=WebhookEventStatus.FAILED, problem="No such mail")).id)}


SAMPLES: Final[dict[str, Sample]] = {
    "signOutEverywhere": Sample(),
    "appCreate": Sample(sent={"input": {"id": "reviews", "name": "Reviews All Over"}}),
    "appUpdate": Sample(sent={"id": APP, "input": {"description": "Banners that sell", "logDays": 14}}),
    "mailHoldEnd": Sample(a_mail_hold),
    "planCreate": Sample(sent={"input": PLAN_BY_HANDLE}),
    "attachmentUpload": Sample(sent={"input": PHOTO}),
    "endUserUpdate": Sample(an_end_user, {"input": {"language": "de"}}),
    "endUserSignOut": Sample(an_end_user),
    "magicLinkFollow": Sample(a_link_to_a_page),
    "metricsRebuild": Sample(),
    "webhookEventRetry": Sample(a_failed_webhook_event),
    "slackRuleTest": Sample(a_rule_of_a_slack_that_answers),
}
