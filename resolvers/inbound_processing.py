"""Works a received mail off: reads it, finds what it belongs to, and does what follows. Called by its job, as often as
it takes."""

from typing import Any, Final

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import DomainError, RateLimited, Unavailable
from core.ids import object_id
from core.runtime import runtime
from models.base import touched
from models.inbound_messages import UNDER_WAY, InboundMessage, InboundStatus
from resolvers.inbound_effects import Effects, effects_of
from resolvers.inbound_matching import Belonging, belonging_of
from resolvers.inbound_reading import Reading, reading_of

ARRIVED: Final = "inbound_messages.arrived"
"""The topic of word that a mail was read for the first time, and it is known what it belongs to. Message:
`inboundMessageId`."""


@allow()
async def process_inbound_message(
    actor: Actor, message_id: str, *, is_last_attempt: bool = False
) -> InboundMessage | None:
    """The mail as it is afterwards; None where it is gone. One of which all was done is left as it is.

    What would not help to try again is kept as its problem. A passing fault is kept too, and raised; after the last
    attempt the mail has failed.
    """
    identity = object_id(message_id)
    message = await InboundMessage.get(identity) if identity else None
    if message is None or message.status not in UNDER_WAY:
        return message
    noted: dict[str, Any] = {}
    try:
        reading = await reading_of(message)
        found = await belonging_of(message, reading)
        noted = _noted(message, reading, found)
        message = InboundMessage.model_validate(message.model_dump(by_alias=True) | noted)
        effects = await effects_of(message, reading, found)
    except Exception as error:
        lasting = isinstance(error, DomainError) and not isinstance(error, Unavailable | RateLimited)
        said = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
        failed = {"status": InboundStatus.FAILED.value} if lasting or is_last_attempt else {}
        changed = await _leave(message, {**noted, "problem": said, **failed})
        if lasting:
            return changed
        raise
    done = await _leave(message, noted | _done(found, effects))
    if message.run == 1:
        await runtime().topics.publish(ARRIVED, {"inboundMessageId": str(done.id)})
    return done


def _noted(message: InboundMessage, reading: Reading, found: Belonging) -> dict[str, Any]:
    """What was read and found, by stored name; what a person said stays."""
    fields = reading.fields | found.fields
    if message.classified_by is not None:
        for name in ("classification", "confidence", "reasons"):
            del fields[name]
    elif found.by is not None:
        fields["reasons"] = [*fields["reasons"], found.how]
    status = InboundStatus.MATCHED if found.by else InboundStatus.RECEIVED
    return {**fields, "status": status.value}


def _done(found: Belonging, effects: Effects) -> dict[str, Any]:
    """A mail that belonged to nothing may have begun something."""
    is_known = found.by is not None or effects.ticket_id is not None
    begun = {"ticketId": effects.ticket_id} if effects.ticket_id else {}
    return {
        "status": (InboundStatus.PROCESSED if is_known else InboundStatus.UNMATCHED).value,
        "outcomes": effects.outcomes,
        "problem": None,
        "processedAt": clock.now(),
        "lookAt": None,
        **begun,
    }


async def _leave(message: InboundMessage, fields: dict[str, Any]) -> InboundMessage:
    """Unless somebody else did meanwhile."""
    here = {"_id": message.id, "status": {"$in": [status.value for status in UNDER_WAY]}, "run": message.run}
    return await InboundMessage.change(here, touched(fields)) or message
