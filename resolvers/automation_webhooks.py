"""Webhooks of automations: signed as Standard Webhooks are, never to addresses inside, tried again as jobs."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import orjson
from pydantic import JsonValue
from standardwebhooks.webhooks import Webhook

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.errors import InvalidInput, RateLimited, Unavailable
from core.inputs import iso
from core.outgoing import post
from core.runtime import runtime
from models.automation_trackers import AutomationTracker
from models.automations import AutomationStep
from models.email_jobs import EmailJob
from models.shops import Shop
from resolvers.apps import visible_app
from resolvers.job_leases import enqueue

SYSTEM: Final = Actor.system("automations")
WEBHOOK: Final = "automation.webhook"
"""The type of the jobs that call a webhook. Payload: `appId`, `url`, `id` and `body`."""
ATTEMPTS: Final = 12
"""Over some hours."""
PAUSE: Final = 60
"""Seconds, after a 429."""
PURPOSE: Final = "automation_webhooks"


@allow(ADMINS)
async def automation_webhook_secret(actor: Actor, app_id: str) -> str:
    """What the webhooks of an app's automations are signed with (Standard Webhooks, `whsec_…`)."""
    await visible_app(actor, app_id)
    return _secret(app_id)


async def leave_webhook(tracker: AutomationTracker, step: AutomationStep, shop: Shop, *, key: str) -> EmailJob:
    """Leaves the call to the workers, once per key, by which the receiver tells what came twice."""
    body: Mapping[str, JsonValue] = {
        "type": "automation.step",
        "timestamp": iso(clock.now()),
        "data": {
            "appId": tracker.app_id,
            "automationId": str(tracker.config_id),
            "run": tracker.run,
            "stepId": step.id,
            "shopDomain": tracker.shop_domain,
            "shopStatus": shop.status.value,
            "plan": shop.subscription.plan_handle if shop.subscription else None,
            "trigger": str(tracker.event.get("name", "")),
        },
    }
    payload: Mapping[str, JsonValue] = {
        "appId": tracker.app_id,
        "url": step.url,
        "id": key,
        "body": orjson.dumps(body).decode(),
    }
    return await enqueue(SYSTEM, WEBHOOK, payload, dedupe_key=f"webhook:{key}", max_attempts=ATTEMPTS)


@allow()
async def call_webhook(actor: Actor, app_id: str, url: str, message_id: str, body: str) -> int:
    """Posts a message and returns the status that it was answered with.

    Raises `InvalidInput` where the receiver will never take it, or may not be called; `Unavailable` and `RateLimited`
    where it may be tried again.
    """
    now = clock.now()
    headers = {
        "content-type": "application/json",
        "user-agent": "all-over-apps",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(_secret(app_id)).sign(message_id, now, body),
    }
    answer = await post(url, body.encode(), headers)
    if 200 <= answer.status < 300:
        return answer.status
    said = f"The webhook answers {answer.status}"
    if answer.status == 429:
        raise RateLimited(said, PAUSE)
    if answer.status == 408 or answer.status >= 500:
        raise Unavailable(said)
    raise InvalidInput(f"{said}: it does not take the message")


def _secret(app_id: str) -> str:
    key = hmac.digest(runtime().settings.key(PURPOSE), app_id.encode(), hashlib.sha256)
    return f"whsec_{base64.b64encode(key).decode()}"
