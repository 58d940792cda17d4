"""Works received webhooks off."""

from collections.abc import Mapping

from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers.webhook_events import requeue_webhook_events
from resolvers.webhook_processing import process_webhook_event

ACTOR = Actor.system("webhooks")


async def process_webhook(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `webhook.process`."""
    is_last = job.attempts >= job.max_attempts
    event = await process_webhook_event(ACTOR, str(job.payload.get("webhookEventId")), is_last_attempt=is_last)
    return {"status": event.status.value} if event else {}


async def requeue_webhooks() -> None:
    """Finds the webhooks that were stored when a server died before it left their work for somebody."""
    await requeue_webhook_events(ACTOR)
