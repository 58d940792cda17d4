"""Works received mail off."""

from collections.abc import Mapping

from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers.inbound_processing import process_inbound_message
from resolvers.inbound_receiving import forget_old_raw_mail, requeue_inbound_messages

ACTOR = Actor.system("inbound")


async def process_inbound(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `inbound.process`."""
    is_last = job.attempts >= job.max_attempts
    identity = str(job.payload.get("inboundMessageId"))
    message = await process_inbound_message(ACTOR, identity, is_last_attempt=is_last)
    return {"status": message.status.value} if message else {}


async def requeue_inbound() -> None:
    """Finds the mail that was received when a server died before it left its work for somebody."""
    await requeue_inbound_messages(ACTOR)


async def forget_raw_mail() -> None:
    """Deletes received mail as it came that is older than it is kept."""
    await forget_old_raw_mail(ACTOR)
