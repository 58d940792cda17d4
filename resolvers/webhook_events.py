"""Received webhooks as staff see them, and how they are kept: stored first, worked off by a job, never lost between."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import Field, JsonValue

from core import clock
from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.addresses import digest_of_email
from core.errors import Conflict, InvalidInput, found
from core.group_commit import GroupCommit
from core.ids import object_id
from core.inputs import Input, Moment, Text
from core.measurements import count_webhook
from core.mongo import insert_new, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from models.base import touched
from models.email_jobs import EmailJob
from models.webhook_events import IGNORED_KEPT, KEPT, WebhookEvent, WebhookEventStatus, WebhookProvider
from resolvers.job_leases import enqueue, enqueue_many

KEEPER: Final = Actor.system("webhooks")
PROCESS: Final = "webhook.process"
"""The type of the jobs that work events off. Payload: `webhookEventId`."""
ATTEMPTS: Final = 8
"""Over some twenty minutes: a provider may tell of a mail before what it calls the mail is stored."""
LARGEST_PAYLOAD: Final = 256_000
LOOK_AFTER: Final = timedelta(minutes=1)
LOOK_AGAIN_AFTER: Final = timedelta(minutes=10)
BATCH: Final = 500
AT_ONCE: Final = 200
"""Events that are kept with one write, at most."""


class WebhookEventFilter(Input):
    """`topic` is the sender's word for what happened, such as `email.bounced` or `shop/redact`."""

    provider: WebhookProvider | None = None
    status: WebhookEventStatus | None = None
    topic: Text | None = Field(None, min_length=1, max_length=100)
    app_id: str | None = Field(None, max_length=64)
    has_problem: bool | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None


class WebhookEventSortKey(SortKey):
    RECEIVED_AT = "receivedAt", "createdAt"


@allow(STAFF)
async def list_webhook_events(
    actor: Actor, window: Window, filters: WebhookEventFilter, sort: Sort
) -> Slice[WebhookEvent]:
    """What other services told us by webhooks in the last 90 days."""
    query: dict[str, Any] = {}
    if filters.provider is not None:
        query["provider"] = filters.provider.value
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.topic is not None:
        query["topic"] = filters.topic
    if filters.app_id is not None:
        query["appId"] = filters.app_id
    if filters.has_problem is not None:
        query["problem"] = {"$type": "string"} if filters.has_problem else None
    received = {"$gte": filters.received_from, "$lt": filters.received_to}
    if bounds := {operator: moment for operator, moment in received.items() if moment is not None}:
        query["createdAt"] = bounds
    return await slice_of(WebhookEvent, query, sort, window)


@allow(STAFF)
async def get_webhook_event(actor: Actor, event_id: str) -> WebhookEvent:
    """One received webhook."""
    identity = object_id(event_id)
    return found(await WebhookEvent.get(identity) if identity else None, "Webhook event")


@allow(ADMINS)
async def retry_webhook_event(actor: Actor, event_id: str) -> WebhookEvent:
    """Works a failed event off again."""
    event = await get_webhook_event(actor, event_id)
    if event.status is WebhookEventStatus.FAILED and event.payload is None:
        raise Conflict("What this webhook said was erased: nothing can follow from it any more", "id")
    failed = {"_id": event.id, "status": WebhookEventStatus.FAILED.value}
    again = {"status": WebhookEventStatus.RECEIVED.value, "problem": None, "lookAt": clock.now() + LOOK_AFTER}
    retried = await WebhookEvent.change(failed, touched(again) | {"$inc": {"run": 1}})
    if retried is None:
        raise Conflict(f"The webhook event is {event.status.value}: only failed ones can be tried again", "id")
    await _enqueue(retried)
    return retried


@allow()
async def keep_webhook_event(
    actor: Actor,
    provider: WebhookProvider,
    event_id: str,
    topic: str,
    body: bytes,
    *,
    follows: bool,
    app_id: str | None = None,
    shop_domain: str | None = None,
    occurred_at: datetime | None = None,
    addresses: Collection[str] = (),
) -> bool:
    """Whether the event is new. When this returns, a new one is stored and has a job, unless nothing follows from it.

    `addresses` are those in the body. Raises `InvalidInput` for a body that is larger than any that is sent.
    """
    if follows and len(body) > LARGEST_PAYLOAD:
        raise InvalidInput(f"The body must have at most {LARGEST_PAYLOAD:,} bytes")
    now = clock.now()
    event = WebhookEvent(
        provider=provider,
        event_id=event_id,
        app_id=app_id,
        topic=topic,
        shop_domain=shop_domain,
        occurred_at=occurred_at,
        payload=body.decode() if follows else None,
        address_digests=[digest_of_email(runtime().settings, address) for address in addresses] if follows else [],
        status=WebhookEventStatus.RECEIVED if follows else WebhookEventStatus.IGNORED,
        look_at=now + LOOK_AFTER if follows else None,
        created_at=now,
        expires_at=now + (KEPT if follows else IGNORED_KEPT),
    )
    is_new = await _KEEPING.add(event)
    count_webhook(provider.value, "new" if is_new else "known")
    return is_new


@allow()
async def requeue_webhook_events(actor: Actor) -> int:
    """Gives a job to received events that have none, because a server died before it came to that, and sees to those
    whose job ended without a word. Returns at how many it looked."""
    due = {"status": WebhookEventStatus.RECEIVED.value, "lookAt": {"$lte": clock.now()}}
    events = await WebhookEvent.find(due).sort("lookAt").limit(BATCH).to_list()
    for event in events:
        job = await _enqueue(event)
        here = {"_id": event.id, "status": event.status.value, "run": event.run}
        if job.open:
            await WebhookEvent.change(here, {"$set": {"lookAt": clock.now() + LOOK_AGAIN_AFTER}})
        else:
            problem = event.problem or job.last_error or "Its job ended before it was done"
            await WebhookEvent.change(here, touched({"status": WebhookEventStatus.FAILED.value, "problem": problem}))
    return len(events)


async def _keep(events: Sequence[WebhookEvent]) -> Sequence[bool]:
    """Which of them are new. What arrives in a burst shares two writes."""
    new = await insert_new(WebhookEvent, events)
    waiting = [event for event, is_new in zip(events, new, strict=True) if is_new and event.look_at is not None]
    payloads = {_name_of_job(event): _payload_of_job(event) for event in waiting}
    await enqueue_many(KEEPER, PROCESS, payloads, max_attempts=ATTEMPTS)
    return new


_KEEPING: Final = GroupCommit(_keep, AT_ONCE)


async def _enqueue(event: WebhookEvent) -> EmailJob:
    """There is one job per run, however often it is asked for."""
    name, payload = _name_of_job(event), _payload_of_job(event)
    return await enqueue(KEEPER, PROCESS, payload, dedupe_key=name, max_attempts=ATTEMPTS)


def _name_of_job(event: WebhookEvent) -> str:
    return f"webhook:{event.id}:{event.run}"


def _payload_of_job(event: WebhookEvent) -> Mapping[str, JsonValue]:
    return {"webhookEventId": str(event.id)}
